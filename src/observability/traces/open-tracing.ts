import type { TracingSettings } from '../../config/tracing-settings.ts';
import type { TracingParts } from './tracing-parts.ts';
import { NO_TRACING, type Tracing } from './tracing.ts';

/** Begins to trace where the environment asks for it; the libraries are loaded then, and only then. */
export async function openTracing(settings: TracingSettings, parts: TracingParts): Promise<Tracing> {
  switch (settings.kind) {
    case 'off':
      return NO_TRACING;
    case 'unusable':
      parts.log.warn({}, `no traces are sent: ${settings.message}`);
      return NO_TRACING;
    case 'on': {
      const { openOtlpTracing } = await import('./otlp-tracing.ts');
      return openOtlpTracing(settings, parts);
    }
  }
}
