import { afterEach, describe, expect, it } from '@jest/globals';

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseManifest } from '../../../src/oci/manifest.ts';
import type { RegistryClient } from '../../../src/registry/registry-client.ts';
import { RegistryObserver, type FinishedRequest } from '../../../src/registry/registry-observer.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { htmlPage, jsonStatus, tooManyRequests } from '../../fakes/fake-faults.ts';
import type { FakeOperation } from '../../fakes/fake-operation.ts';
import type { FakeRegistry } from '../../fakes/fake-registry.ts';
import { APP, BASE, RegistryBench, V1 } from './registry-bench.ts';
import { VirtualClock } from './virtual-clock.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const MANIFEST = Buffer.from('{"layers":[]}');
const MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const BLOB = Buffer.from('a layer');

async function startFull(): Promise<FakeRegistry> {
  const registry = await bench.start({ profile: 'zot' });
  registry.storage.putManifest(APP, V1, MANIFEST, MEDIA_TYPE);
  registry.storage.putBlob(APP, BLOB);
  return registry;
}

const TRANSIENT: readonly (readonly [string, Fault])[] = [
  ['408', jsonStatus(408, 'UNKNOWN')],
  ['429', tooManyRequests(null)],
  ['500', jsonStatus(500, 'UNKNOWN')],
  ['502 in HTML', htmlPage(502)],
  ['503', jsonStatus(503, 'UNAVAILABLE')],
  ['504', htmlPage(504)],
  ['a reset', { kind: 'reset' }],
  ['a closed connection', { kind: 'close' }],
];

const repeatable: readonly (readonly [FakeOperation, (client: RegistryClient) => Promise<unknown>])[] = [
  ['ping', (client) => client.ping()],
  ['list-catalog', (client) => client.listRepositories()],
  ['list-tags', (client) => client.listTags(APP)],
  ['head-tag', (client) => client.manifests.resolve(APP, V1)],
  ['get-tag', (client) => client.manifests.get(APP, V1)],
  ['head-manifest', (client) => client.manifests.exists(APP, digestOf(MANIFEST))],
  ['get-manifest', (client) => client.manifests.get(APP, digestOf(MANIFEST))],
  ['put-tag', (client) => client.manifests.put(APP, V1, parseManifest(MANIFEST))],
  ['head-blob', (client) => client.blobs.head(APP, digestOf(BLOB))],
  ['get-blob', async (client) => buffer((await client.blobs.get(APP, digestOf(BLOB))).stream)],
  ['mount-blob', (client) => client.blobs.mount(BASE, digestOf(BLOB), APP)],
  ['open-upload', (client) => client.blobs.startUpload(APP)],
  ['delete-manifest', (client) => client.manifests.deleteManifestAndItsTags(APP, digestOf(MANIFEST))],
  ['list-referrers', (client) => client.listReferrers(APP, digestOf(MANIFEST))],
];

describe('a request that may be repeated', () => {
  it.each(
    repeatable.flatMap(([operation, ask]) =>
      TRANSIENT.map(([what, fault]) => ({ operation, ask, what, fault })),
    ),
  )('is sent six times before it succeeds: $operation after $what', async ({ operation, ask, fault }) => {
    const registry = await startFull();
    registry.faults.add({ operation, fault, times: 5 });

    await expect(ask(bench.client(registry))).resolves.not.toBeInstanceOf(Error);
    expect(registry.history.count({ operation })).toBe(6);
  });

  it('is given up in the end, with what the last answer said', async () => {
    const registry = await startFull();
    const clock = new VirtualClock();
    registry.faults.add({ operation: 'list-tags', fault: htmlPage(502) });

    await expect(bench.client(registry, { clock }).listTags(APP)).rejects.toMatchObject({
      code: 'SERVER_ERROR',
      status: 502,
    });
    expect(registry.history.count()).toBe(7);
    expect(clock.waits).toHaveLength(6);
  });

  it('is kept back longer from one attempt to the next, and never by the same time', async () => {
    const registry = await startFull();
    const clock = new VirtualClock();
    registry.faults.add({ operation: 'list-tags', fault: htmlPage(502) });

    await expect(bench.client(registry, { clock }).listTags(APP)).rejects.toThrow();

    const bounds = [0.25, 0.5, 1, 2, 4, 8];
    clock.waits.forEach((wait, index) => {
      expect(wait).toBeGreaterThanOrEqual(bounds[index]! / 2);
      expect(wait).toBeLessThanOrEqual(bounds[index]!);
    });
    expect(clock.waits.map((wait, index) => wait / bounds[index]!)).not.toEqual(Array(6).fill(0.5));
  });

  it('ends when its time is up, although attempts are left', async () => {
    const registry = await startFull();
    registry.faults.add({ operation: 'list-tags', fault: tooManyRequests('60') });

    await expect(bench.client(registry).listTags(APP)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(registry.history.count()).toBe(4);
  });

  it.each<[string, Fault]>([
    ['400', jsonStatus(400, 'UNKNOWN')],
    ['403', jsonStatus(403, 'DENIED')],
    ['404', jsonStatus(404, 'UNKNOWN')],
    ['405', jsonStatus(405, 'UNSUPPORTED')],
    ['416', jsonStatus(416, 'RANGE_INVALID')],
    ['501', jsonStatus(501, 'UNKNOWN')],
  ])('is not repeated after %s', async (_what, fault) => {
    const registry = await startFull();
    registry.faults.add({ operation: 'list-tags', fault });

    await expect(bench.client(registry).listTags(APP)).rejects.toThrow();
    expect(registry.history.count()).toBe(1);
  });

  it('survives a connection that the registry closed while nobody used it', async () => {
    const registry = await startFull();
    registry.faults.add({ fault: { kind: 'reset-reused-connection' } });
    const client = bench.client(registry);

    for (let round = 0; round < 5; round += 1) {
      await expect(client.listTags(APP)).resolves.toMatchObject({ names: ['v1'] });
    }
  });

  it('survives a registry that is away for a moment', async () => {
    const registry = await startFull();
    const client = bench.client(registry);
    await registry.refuseConnections();

    const listing = client.listTags(APP);
    setTimeout(() => void registry.acceptConnections(), 1);

    await expect(Promise.race([listing, listing.catch(() => client.listTags(APP))])).resolves.toMatchObject({
      names: ['v1'],
    });
  });

  it('is counted and told of, each attempt by itself', async () => {
    const finished: FinishedRequest[] = [];
    let retried = 0;
    class Watching extends RegistryObserver {
      override requestFinished(request: FinishedRequest): void {
        finished.push(request);
      }
      override requestRetried(): void {
        retried += 1;
      }
    }
    const registry = await startFull();
    registry.faults.add({ operation: 'list-tags', fault: jsonStatus(500, 'UNKNOWN'), times: 1 });
    registry.faults.add({ operation: 'list-tags', fault: { kind: 'reset' }, times: 1 });
    const client = bench.client(registry, { observer: new Watching() });

    await client.listTags(APP);

    expect(finished.map(({ operation, status }) => [operation, status])).toEqual([
      ['tags', 500],
      ['tags', 0],
      ['tags', 200],
    ]);
    expect(retried).toBe(2);
    expect(client.meter.requests).toBe(3);
  });
});

describe('a request that may have taken effect', () => {
  it.each(TRANSIENT)('is never sent again after %s: an upload', async (_what, fault) => {
    const registry = await startFull();
    const { blobs } = bench.client(registry);
    const session = await blobs.startUpload(APP);
    const content = Buffer.from('new');
    registry.faults.add({ operation: 'commit-upload', fault });
    const body = { sizeBytes: content.length, open: () => Promise.resolve(Readable.from([content])) };

    await expect(
      blobs.upload(session, digestOf(content), { body, slot: await blobs.reserveSlot() }),
    ).rejects.toThrow();
    expect(registry.history.count({ operation: 'commit-upload' })).toBe(1);
  });

  it.each(TRANSIENT)('is never sent again after %s: a deletion', async (_what, fault) => {
    const registry = await startFull();
    registry.faults.add({ operation: 'delete-tag', fault });

    await expect(bench.client(registry).manifests.deleteTag(APP, V1)).rejects.toThrow();
    expect(registry.history.count({ operation: 'delete-tag' })).toBe(1);
  });
});

describe('a Retry-After', () => {
  const NOW = new VirtualClock().now();

  it.each<[string, string, number]>([
    ['seconds', '7', 7],
    ['a date', new Date(NOW.getTime() + 9000).toUTCString(), 9],
    ['far too much', '100000', 60],
    ['a moment in seconds since 1970', String(NOW.getTime() / 1000 + 11), 11],
  ])('of %s keeps every request to the host back', async (_what, value, seconds) => {
    const registry = await startFull();
    const clock = new VirtualClock('stopped');
    registry.faults.add({ operation: 'list-catalog', fault: tooManyRequests(value), times: 1 });
    const client = bench.client(registry, { clock });
    const first = client.listRepositories();
    await until(() => clock.asleep === 1);

    const others = [client.listTags(APP), client.manifests.resolve(APP, V1), client.ping()];
    await until(() => clock.asleep === 4);
    expect(registry.history.count()).toBe(1);

    clock.advance(seconds - 0.01);
    expect(clock.asleep).toBe(4);
    clock.advance(0.01);
    await Promise.all([first, ...others]);
    expect(registry.history.count()).toBe(5);
  });

  it.each(['0', '-1', 'soon', ''])('of %p changes nothing', async (value) => {
    const registry = await startFull();
    const clock = new VirtualClock();
    registry.faults.add({ operation: 'list-tags', fault: tooManyRequests(value), times: 1 });

    await bench.client(registry, { clock }).listTags(APP);

    expect(clock.waits).toHaveLength(1);
    expect(clock.waits[0]).toBeLessThanOrEqual(0.25);
  });

  it('keeps an upload back that has its place already, and tells how long', async () => {
    const throttled: number[] = [];
    class Watching extends RegistryObserver {
      override throttled(_registry: string, seconds: number): void {
        throttled.push(seconds);
      }
    }
    const registry = await startFull();
    const clock = new VirtualClock('stopped');
    const client = bench.client(registry, { clock, observer: new Watching() });
    const session = await client.blobs.startUpload(APP);
    const slot = await client.blobs.reserveSlot();
    registry.faults.add({ operation: 'list-tags', fault: tooManyRequests('30'), times: 1 });
    const listing = client.listTags(APP);
    await until(() => clock.asleep === 1);

    const content = Buffer.from('new');
    const body = { sizeBytes: content.length, open: () => Promise.resolve(Readable.from([content])) };
    const upload = client.blobs.upload(session, digestOf(content), { body, slot });
    await until(() => clock.asleep === 2);
    expect(registry.history.count({ operation: 'commit-upload' })).toBe(0);

    clock.advance(30);
    await Promise.all([upload, listing]);
    expect(throttled).toEqual([30]);
  });

  it('of another host keeps nobody back', async () => {
    const [registry, other] = [await startFull(), await startFull()];
    const clock = new VirtualClock('stopped');
    registry.faults.add({ operation: 'list-tags', fault: tooManyRequests('30'), times: 1 });
    const listing = bench.client(registry, { clock }).listTags(APP);
    await until(() => clock.asleep === 1);

    await expect(bench.client(other, { clock }).listTags(APP)).resolves.toMatchObject({ names: ['v1'] });

    clock.advance(30);
    await listing;
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
