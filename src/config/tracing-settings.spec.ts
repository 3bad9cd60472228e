import { describe, expect, it } from '@jest/globals';
import { tracingSettingsOf } from './tracing-settings.ts';

const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const OF_TRACES = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const URL = 'http://collector:4318';

describe('the settings of traces', () => {
  it.each([
    ['nothing is said', {}],
    ['the endpoint is empty', { [ENDPOINT]: ' ' }],
    ['the SDK is disabled', { [ENDPOINT]: URL, OTEL_SDK_DISABLED: 'True' }],
    ['there is no exporter', { [ENDPOINT]: URL, OTEL_TRACES_EXPORTER: 'none' }],
  ])('are off where %s', (_what, environment) => {
    expect(tracingSettingsOf(environment)).toEqual({ kind: 'off' });
  });

  it.each([
    [{ [ENDPOINT]: URL }, URL],
    [{ [ENDPOINT]: 'https://key:secret@collector/base' }, 'https://collector'],
    [{ [ENDPOINT]: 'http://elsewhere:4318', [OF_TRACES]: `${URL}/v1/traces?key=secret` }, URL],
    [{ [ENDPOINT]: URL, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }, URL],
  ])('of %j name the origin only', (environment, endpoint) => {
    expect(tracingSettingsOf(environment)).toMatchObject({ kind: 'on', endpoint });
  });

  it.each([
    ['', '', { kind: 'always-on', ratio: 1 }],
    ['parentbased_always_on', '', { kind: 'always-on', ratio: 1 }],
    ['always_off', '', { kind: 'always-off', ratio: 0 }],
    ['traceidratio', '', { kind: 'ratio', ratio: 1 }],
    ['parentbased_traceidratio', '0.25', { kind: 'ratio', ratio: 0.25 }],
  ])('with the sampler "%s" and its argument "%s" keep that part', (name, argument, sampler) => {
    const environment = { [ENDPOINT]: URL, OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: argument };

    expect(tracingSettingsOf(environment)).toMatchObject({ kind: 'on', sampler });
  });

  it.each([
    [{ [ENDPOINT]: 'collector:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT is no http or https address'],
    [{ [OF_TRACES]: 'grpc://collector' }, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is no http or https address'],
    [{ [ENDPOINT]: URL, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'http/protobuf only'],
    [{ [ENDPOINT]: URL, OTEL_TRACES_SAMPLER: 'jaeger_remote' }, 'OTEL_TRACES_SAMPLER'],
    [{ [ENDPOINT]: URL, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, 'no ratio'],
    [{ [ENDPOINT]: URL, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: 'x' }, 'no ratio'],
  ])('of %j are refused', (environment, complaint) => {
    expect(tracingSettingsOf(environment)).toMatchObject({
      kind: 'unusable',
      message: expect.stringContaining(complaint),
    });
  });
});
