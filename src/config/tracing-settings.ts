import type { Environment } from './environment.ts';

/** Which traces are kept, by the names of OpenTelemetry; `ratio` is 0 to 1. */
export interface SamplerSettings {
  readonly kind: 'always-on' | 'always-off' | 'ratio';
  readonly ratio: number;
}

/** Whether traces are sent, as the standard variables of OpenTelemetry say it. What else they say, its library reads itself. */
export type TracingSettings =
  | { readonly kind: 'off' }
  /** `endpoint` is for people: no path, no user information. */
  | { readonly kind: 'on'; readonly endpoint: string; readonly sampler: SamplerSettings }
  /** They are wanted, and cannot be sent; `message` says why. */
  | { readonly kind: 'unusable'; readonly message: string };

const OFF: TracingSettings = { kind: 'off' };

/** @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
export function tracingSettingsOf(environment: Environment): TracingSettings {
  const valueOf = (name: string): string => environment[name]?.trim() ?? '';
  const ofTraces = valueOf('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  const variable = ofTraces === '' ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
  const address = ofTraces === '' ? valueOf('OTEL_EXPORTER_OTLP_ENDPOINT') : ofTraces;
  const isSwitchedOff =
    valueOf('OTEL_SDK_DISABLED').toLowerCase() === 'true' || valueOf('OTEL_TRACES_EXPORTER') === 'none';
  if (address === '' || isSwitchedOff) return OFF;
  const endpoint = originOf(address);
  if (endpoint === undefined) return unusable(`${variable} is no http or https address`);
  const protocol = valueOf('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') || valueOf('OTEL_EXPORTER_OTLP_PROTOCOL');
  if (protocol !== '' && protocol !== 'http/protobuf')
    return unusable('traces are sent as http/protobuf only (port 4318 of most collectors)');
  const sampler = samplerOf(valueOf('OTEL_TRACES_SAMPLER'), valueOf('OTEL_TRACES_SAMPLER_ARG'));
  if (sampler === undefined)
    return unusable(
      'OTEL_TRACES_SAMPLER is none of always_on, always_off and traceidratio, or its argument is no ratio',
    );
  return { kind: 'on', endpoint, sampler };
}

function unusable(message: string): TracingSettings {
  return { kind: 'unusable', message };
}

function originOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, origin } = new URL(address);
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined;
}

/** Cycles begin here and have no parent elsewhere, so `parentbased_` makes no difference. */
function samplerOf(name: string, argument: string): SamplerSettings | undefined {
  switch (name.replace(/^parentbased_/, '')) {
    case '':
    case 'always_on':
      return { kind: 'always-on', ratio: 1 };
    case 'always_off':
      return { kind: 'always-off', ratio: 0 };
    case 'traceidratio': {
      const ratio = argument === '' ? 1 : Number(argument);
      return ratio >= 0 && ratio <= 1 ? { kind: 'ratio', ratio } : undefined;
    }
    default:
      return undefined;
  }
}
