import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ociIndex } from '../builders/index-content.ts';
import { ociImage } from '../builders/image-content.ts';
import { pushContent } from '../builders/push-content.ts';
import { FakeRegistry } from '../fakes/fake-registry.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runCommandLine, runForReport } from './command-line.ts';
import type { ReceivedSpan } from './otlp-message.ts';
import { OtlpReceiver } from './otlp-receiver.ts';
import { between, startPair, type RegistryPair } from './registry-pair.ts';
import { unusedAddress } from './stub-servers.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;

const SECRET = 'the-collector-key-8c1f';

/** An exit that waited for a collector would take the ten seconds of its time-out. */
const SOON_MILLISECONDS = 8_000;

describeReal(real.titleOf('traces of a sync'), () => {
  let pair: RegistryPair;
  let receiver: OtlpReceiver;

  beforeAll(async () => {
    pair = await startPair(real.provider);
    await pushContent(pair.primary, 'team/app', ociIndex('traced'), { tag: 'v1' });
    await pushContent(pair.primary, 'team/web', ociImage('traced'), { tag: 'v2' });
  }, 60_000);

  afterAll(async () => {
    await pair.stop();
  });

  beforeEach(async () => {
    receiver = await OtlpReceiver.start();
  });

  afterEach(async () => {
    await receiver.stop();
  });

  const selection = (): string[] => [...between(pair.primary, pair.secondary), '--repository', 'team/*'];

  it('go from the cycle to the repositories to the requests, under the id of the cycle', async () => {
    const { exitCode, report } = await runForReport(['sync', ...selection()], {
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_HEADERS: `api-key=${SECRET}`,
        OTEL_SERVICE_NAME: 'mirror',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=lab',
      },
    });

    expect(exitCode).toBe(0);
    const { spans } = receiver;
    const traceId = report.cycleId.replaceAll('-', '');
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    const root = spans.filter(({ parentSpanId }) => parentSpanId === '');
    expect(root).toMatchObject([
      {
        name: 'sync',
        status: 0,
        attributes: { 'geo_reconciler.cycle': report.cycleId, 'geo_reconciler.outcome': 'in-sync' },
        resource: { 'service.name': 'mirror', 'deployment.environment.name': 'lab' },
      },
    ]);
    const parts = below(spans, root[0]);
    expect(parts.map(partOf).sort()).toEqual([
      'list repositories',
      'read primary team/app',
      'read primary team/web',
      'repository team/app',
      'repository team/web',
    ]);
    const secondary = new URL(pair.secondary.url).host;
    const requests = below(
      spans,
      parts.find((span) => partOf(span) === 'repository team/app'),
    );
    expect(requests.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        `tags ${secondary}`,
        `blob-get ${new URL(pair.primary.url).host}`,
        `upload-put ${secondary}`,
        `manifest-put ${secondary}`,
      ]),
    );
    expect(requests.find(({ name }) => name === `manifest-put ${secondary}`)).toMatchObject({
      kind: 3,
      attributes: {
        'geo_reconciler.registry': secondary,
        'geo_reconciler.repository': 'team/app',
        'geo_reconciler.attempt': 1,
        'http.request.method': 'PUT',
        'http.response.status_code': 201,
      },
    });
    expect(spans.filter(({ kind }) => kind === 3)).toHaveLength(
      report.links.reduce((sum, { totals }) => sum + totals.requestsPrimary + totals.requestsSecondary, 0),
    );
    expect(receiver.exports.map(({ path, headers }) => [path, headers['api-key']])).toContainEqual([
      '/v1/traces',
      SECRET,
    ]);
  }, 60_000);

  it('show a failed step, and the error of its request', async () => {
    await pair.secondary.kill();

    const { exitCode } = await runCommandLine(['sync', ...selection()], {
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
    });
    await pair.secondary.restart();

    expect(exitCode).toBe(4);
    expect(receiver.spans.find(({ name }) => name === 'sync')).toMatchObject({ status: 2 });
    const pings = receiver.spans.filter(({ name }) => name === `ping ${new URL(pair.secondary.url).host}`);
    expect(pings.map(({ attributes, status }) => [attributes['geo_reconciler.attempt'], status])).toEqual(
      pings.map((_, index) => [index + 1, 2]),
    );
    expect(pings.length).toBeGreaterThan(1);
  }, 90_000);

  it.each([
    ['are not sent where no endpoint is named', {}],
    ['are not sent where the SDK is disabled', { OTEL_SDK_DISABLED: 'true' }],
    ['are not sent where there is no exporter', { OTEL_TRACES_EXPORTER: 'none' }],
    ['are not sent where the sampler takes none', { OTEL_TRACES_SAMPLER: 'always_off' }],
  ] as const)('%s', async (_what, variables) => {
    const environment =
      Object.keys(variables).length === 0 ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };

    const { exitCode, stderr } = await runCommandLine(['sync', ...selection()], {
      environment: { ...environment, ...variables },
    });

    expect(exitCode).toBe(0);
    expect(stderr).not.toContain('traces');
    expect(receiver.exports).toEqual([]);
  });

  it.each(['refuses', 'hangs'] as const)(
    'change neither the result nor the exit where the collector %s, and that is said once',
    async (mood) => {
      receiver.mood = mood;
      const begun = performance.now();

      const { exitCode, stderr, report } = await runForReport(['sync', ...selection()], {
        environment: {
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
          OTEL_EXPORTER_OTLP_HEADERS: `api-key=${SECRET}`,
        },
      });

      expect(performance.now() - begun).toBeLessThan(SOON_MILLISECONDS);
      expect({ exitCode, outcome: report.outcome }).toEqual({ exitCode: 0, outcome: 'in-sync' });
      expect(receiver.exports.length).toBeGreaterThan(0);
      expect(stderr.split('\n').filter((line) => line.includes('traces'))).toEqual([
        'traces are not taken and are dropped; cycles go on',
      ]);
      expect(stderr).not.toContain(SECRET);
    },
    60_000,
  );

  it.each([
    ['nobody listens', async () => (await unusedAddress()).url, 'traces are not taken'],
    ['the address is none', () => Promise.resolve(`collector-${SECRET}`), 'is no http or https address'],
  ] as const)(
    'change nothing where %s',
    async (_what, address, complaint) => {
      const { exitCode, stderr } = await runCommandLine(['sync', ...selection()], {
        environment: { OTEL_EXPORTER_OTLP_ENDPOINT: await address() },
      });

      expect(exitCode).toBe(0);
      expect(stderr.split('\n').filter((line) => line.includes('traces'))).toEqual([
        expect.stringContaining(complaint),
      ]);
      expect(stderr).not.toContain(SECRET);
    },
    60_000,
  );
});

describe('a trace', () => {
  it('is named to the registries, so that theirs can join, and not to where they redirect', async () => {
    const [primary, secondary, receiver] = await Promise.all([
      FakeRegistry.start({ blobs: 'blob-origin' }),
      FakeRegistry.start(),
      OtlpReceiver.start(),
    ]);
    await pushContent(primary, 'team/app', ociImage('named'), { tag: 'v1' });
    const before = primary.history.all.length;

    const { exitCode } = await runCommandLine(
      ['sync', ...between(primary, secondary), '--repository', 'team/app'],
      { environment: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/custom` } },
    );
    await Promise.all([primary.stop(), secondary.stop(), receiver.stop()]);

    expect(exitCode).toBe(0);
    const asked = [...primary.history.all.slice(before), ...secondary.history.all];
    const named = asked.filter(({ server }) => server === 'registry');
    const sent = new Set(receiver.spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`));
    expect(named.filter(({ headers }) => !sent.has(String(headers.traceparent)))).toEqual([]);
    const redirected = asked.filter(({ server }) => server === 'blob-origin');
    expect(redirected.length).toBeGreaterThan(0);
    expect(redirected.filter(({ headers }) => headers.traceparent !== undefined)).toEqual([]);
    expect(new Set(receiver.exports.map(({ path }) => path))).toEqual(new Set(['/custom']));
  }, 60_000);
});

function below(spans: readonly ReceivedSpan[], parent: ReceivedSpan | undefined): readonly ReceivedSpan[] {
  return spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId);
}

function partOf({ name, attributes }: ReceivedSpan): string {
  const repository = attributes['geo_reconciler.repository'];
  return typeof repository === 'string' ? `${name} ${repository}` : name;
}
