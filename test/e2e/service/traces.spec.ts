import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ociImage } from '../../builders/image-content.ts';
import { pushContent } from '../../builders/push-content.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import type { RunningRegistry } from '../../registries/registry-provider.ts';
import { OtlpReceiver } from '../otlp-receiver.ts';
import { WorkDirectory } from '../work-directory.ts';
import { RunningService, type LogLine } from './running-service.ts';

const registry = await registryForTests();

(registry.isAvailable ? describe : describe.skip)(registry.titleOf('traces of the service'), () => {
  let primary: RunningRegistry;
  let secondaries: readonly RunningRegistry[];
  let receiver: OtlpReceiver;
  let directory: WorkDirectory;
  let service: RunningService;

  beforeAll(async () => {
    [primary, receiver, directory] = await Promise.all([
      registry.provider.start(),
      OtlpReceiver.start(),
      WorkDirectory.create(),
    ]);
    secondaries = await Promise.all([registry.provider.start(), registry.provider.start()]);
    await pushContent(primary, 'team/app', ociImage('traced'), { tag: 'v1' });
    const [us, au] = secondaries;
    const file = await directory.write(
      'geo-reconciler.yaml',
      `registries: { eu: { url: "${primary.url}" }, us: { url: "${us?.url}" }, au: { url: "${au?.url}" } }
links: [{ name: eu-out, primary: eu, secondaries: [us, au], schedule: "*/10 * * * * *" }]
server: { port: 0 }
`,
    );
    service = RunningService.start('service', file, {
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
      workingDirectory: directory.path,
    });
  }, 90_000);

  afterAll(async () => {
    await service.stop();
    await Promise.all([primary, ...secondaries].map((each) => each.stop()));
    await Promise.all([receiver.stop(), directory.remove()]);
  }, 60_000);

  it('hang what the jobs of a cycle do below the cycle, the reading of the primary once for all secondaries', async () => {
    const { cycle } = await service.line(isEnd);
    const traceId = String(cycle).replaceAll('-', '');
    await receiver.until((all) => all.some((span) => span.traceId === traceId && span.parentSpanId === ''));

    const spans = receiver.spans.filter((span) => span.traceId === traceId);
    const root = spans.find(({ parentSpanId }) => parentSpanId === '');
    expect(root).toMatchObject({
      name: 'sync',
      attributes: { 'geo_reconciler.links': ['eu-out'], 'geo_reconciler.secondaries': ['us', 'au'] },
      resource: { 'service.name': 'geo-reconciler' },
    });
    const parts = spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId);
    expect(
      parts.map(({ name, attributes }) => [name, attributes['geo_reconciler.secondary']]).sort(),
    ).toEqual([
      ['list repositories', undefined],
      ['read primary', undefined],
      ['repository', 'au'],
      ['repository', 'us'],
    ]);
    const known = new Set(parts.map(({ spanId }) => spanId));
    const requests = spans.filter(({ kind }) => kind === 3);
    expect(requests.filter(({ parentSpanId }) => !known.has(parentSpanId))).toEqual([]);
    expect(new Set(requests.map(({ attributes }) => attributes['geo_reconciler.registry']))).toEqual(
      new Set(['eu', 'us', 'au']),
    );
  }, 60_000);

  it('leave cycles and the end alone when the collector hangs', async () => {
    receiver.mood = 'hangs';
    const told = service.lines.length;
    await pushContent(primary, 'team/app', ociImage('untraced'), { tag: 'v2' });
    const copied = await service.line(({ tag, outcome }) => tag === 'v2' && outcome === 'done');
    await service.line((line) => isEnd(line) && line.cycle === copied.cycle, { after: told });
    const begun = performance.now();

    service.signal('SIGTERM');

    expect(await service.ended).toBe(0);
    expect(performance.now() - begun).toBeLessThan(8000);
    expect(service.lines.filter(({ msg }) => msg.includes('traces'))).toMatchObject([
      { level: 'warn', endpoint: receiver.url, code: 'TIMEOUT' },
    ]);
    expect(service.lines.at(-1)?.msg).toBe('the service has stopped');
  }, 60_000);
});

function isEnd({ msg, outcome }: LogLine): boolean {
  return msg === 'a cycle ended' && outcome === 'in-sync';
}
