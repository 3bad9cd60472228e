import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  serviceNameEnvDetector,
  type Resource,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import type { SamplerSettings, TracingSettings } from '../../config/tracing-settings.ts';
import { CycleIdentifiers } from './cycle-identifiers.ts';
import { CycleSpanObserver } from './cycle-span-observer.ts';
import { CycleSpans } from './cycle-spans.ts';
import type { TracingParts } from './tracing-parts.ts';
import { RegistrySpans } from './registry-spans.ts';
import type { Tracing } from './tracing.ts';
import { WatchedExporter } from './watched-exporter.ts';

/** Spans that wait for the collector, some 10 MiB of them; what comes on top is dropped. */
const MOST_WAITING = 8192;

/** A process that ends does not wait longer for a collector. */
const PATIENCE_SECONDS = 2;

/** Sends traces by OTLP. Registers nothing globally: libraries in this process that trace by themselves are not touched. */
export function openOtlpTracing(
  { endpoint, sampler: kept }: Extract<TracingSettings, { kind: 'on' }>,
  { version, clock, log }: TracingParts,
): Tracing {
  const exporter = new WatchedExporter(new OTLPTraceExporter(), endpoint, log);
  const root = rootSamplerOf(kept);
  const identifiers = new CycleIdentifiers(root);
  const provider = new TracerProvider({
    resource: resourceOf(version),
    sampler: new ParentBasedSampler({ root }),
    idGenerator: identifiers,
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: MOST_WAITING })],
  });
  const means = {
    tracer: provider.getTracer('geo-reconciler', version),
    contexts: new AsyncLocalStorageContextManager(),
    identifiers,
  };
  return {
    tracer: new CycleSpans(means),
    cycles: new CycleSpanObserver(means),
    registries: new RegistrySpans(means),
    close: async () => {
      const patience = new AbortController();
      const sent = provider.shutdown().then(
        () => 'sent' as const,
        () => 'abandoned' as const,
      );
      const late = clock.sleep(PATIENCE_SECONDS, patience.signal).then(
        () => 'abandoned' as const,
        () => 'sent' as const,
      );
      const end = await Promise.race([sent, late]);
      patience.abort();
      if (end === 'abandoned') exporter.giveUp();
      return end;
    },
  };
}

/** The standard variables win over what this program says of itself. */
function resourceOf(version: string): Resource {
  const own = resourceFromAttributes({ 'service.name': 'geo-reconciler', 'service.version': version });
  const told = detectResources({
    detectors: [serviceInstanceIdDetector, resourceAttributesEnvDetector, serviceNameEnvDetector],
  });
  return defaultResource().merge(own).merge(told);
}

function rootSamplerOf({ kind, ratio }: SamplerSettings): Sampler {
  switch (kind) {
    case 'always-on':
      return new AlwaysOnSampler();
    case 'always-off':
      return new AlwaysOffSampler();
    case 'ratio':
      return new TraceIdRatioBasedSampler(ratio);
  }
}
