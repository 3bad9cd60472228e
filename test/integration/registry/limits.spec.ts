import { afterEach, describe, expect, it } from '@jest/globals';

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { parseDigest, digestOf } from '../../../src/oci/digest.ts';
import { FakeTokenServer } from '../../fakes/fake-token-server.ts';
import { APP, BASE, BASIC_CREDENTIALS, PASSWORD, RegistryBench, USER, V1 } from './registry-bench.ts';
import { VirtualClock } from './virtual-clock.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const KIB = 1024;

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe('the number of requests under way', () => {
  it('reaches the limit and stays there', async () => {
    const registry = await bench.start();
    let resolve: () => void = () => undefined;
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    registry.faults.add({ fault: { kind: 'hold', until: promise } });
    const client = bench.client(registry, { limits: { concurrency: 3 } });

    const pings = Array.from({ length: 10 }, () => client.ping());
    await until(() => registry.history.inFlight() === 3);
    await new Promise((done) => setTimeout(done, 20));
    expect(registry.history.count()).toBe(3);

    resolve();
    await Promise.all(pings);
    expect(registry.history.peakInFlight()).toBe(3);
  });

  it.each([1, 3])('never exceeds the limit of %i, whatever they are', async (concurrency) => {
    const tokens = new FakeTokenServer({ users: { [USER]: PASSWORD } });
    const registry = await bench.start({ auth: { kind: 'bearer', tokens }, blobs: 'blob-origin' });
    registry.storage.putManifest(APP, V1, '{"layers":[]}', 'application/vnd.oci.image.manifest.v1+json');
    const blob = parseDigest(registry.storage.putGeneratedBlob(APP, 300 * KIB));
    const client = bench.client(registry, { limits: { concurrency }, credentials: BASIC_CREDENTIALS });
    const content = Buffer.alloc(200 * KIB, 1);
    const upload = async (): Promise<void> => {
      const session = await client.blobs.startUpload(BASE);
      const slot = await client.blobs.reserveSlot();
      const body = { sizeBytes: content.length, open: () => Promise.resolve(Readable.from([content])) };
      await client.blobs.upload(session, digestOf(content), { body, slot });
      slot.release();
    };
    const download = async (): Promise<void> => {
      const slot = await client.blobs.reserveSlot();
      await buffer((await client.blobs.get(APP, blob, slot)).stream);
      slot.release();
    };

    await Promise.all([
      ...Array.from({ length: 20 }, () => client.manifests.resolve(APP, V1)),
      ...Array.from({ length: 5 }, () => client.listTags(APP)),
      ...Array.from({ length: 4 }, download),
      ...Array.from({ length: 4 }, upload),
    ]);

    expect(registry.history.peakInFlight({ server: 'registry' })).toBeLessThanOrEqual(concurrency);
    expect(registry.history.peakInFlight({ server: 'blob-origin' })).toBeLessThanOrEqual(concurrency);
  });
});

describe('the rate of requests', () => {
  it.each([
    { requestsPerSecond: 10, burst: 1 },
    { requestsPerSecond: 50, burst: 5 },
    { requestsPerSecond: 0.5, burst: 1 },
  ])(
    'is kept at $requestsPerSecond per second, after a burst of $burst',
    async ({ requestsPerSecond, burst }) => {
      const registry = await bench.start();
      const clock = new VirtualClock('stopped');
      const client = bench.client(registry, { clock, limits: { concurrency: 100, requestsPerSecond } });

      const pings = Array.from({ length: 20 }, () => client.ping());
      await until(() => clock.asleep === 20 - burst);

      for (let left = 20 - burst; left > 0; left -= 1) {
        clock.advance(0.99 / requestsPerSecond);
        expect(clock.asleep).toBe(left);
        clock.advance(0.01 / requestsPerSecond + 1e-6);
        await until(() => clock.asleep === left - 1);
      }
      await Promise.all(pings);
    },
  );

  it('counts every attempt, those with a place of their own as well', async () => {
    const tokens = new FakeTokenServer({ users: { [USER]: PASSWORD } });
    const registry = await bench.start({ auth: { kind: 'bearer', tokens } });
    registry.storage.putBlob(APP, 'layer');
    const clock = new VirtualClock();
    const limits = { concurrency: 4, requestsPerSecond: 1 };
    const { blobs } = bench.client(registry, { clock, limits, credentials: BASIC_CREDENTIALS });
    const startedAt = clock.monotonicSeconds();
    const slot = await blobs.reserveSlot();

    await blobs.head(APP, digestOf(Buffer.from('layer')));
    await buffer((await blobs.get(APP, digestOf(Buffer.from('layer')), slot)).stream);

    expect(registry.history.count({ server: 'registry' })).toBe(3);
    expect(clock.monotonicSeconds() - startedAt).toBeCloseTo(2, 3);
  });
});

describe('the rate of bytes', () => {
  it('is shared by everything that goes over one connection', async () => {
    const registry = await bench.start();
    const digests = [1, 2].map((seed) =>
      parseDigest(registry.storage.putGeneratedBlob(APP, 500 * KIB, seed)),
    );
    const clock = new VirtualClock();
    const limits = { concurrency: 4, bytesPerSecond: 100 * KIB };
    const { blobs } = bench.client(registry, { clock, limits });
    const startedAt = clock.monotonicSeconds();

    await Promise.all(digests.map(async (digest) => buffer((await blobs.get(APP, digest)).stream)));

    // 1000 KiB, of which the first second's worth is had at once.
    expect(clock.monotonicSeconds() - startedAt).toBeCloseTo(9, 1);
  });

  it('holds for what is sent as well', async () => {
    const registry = await bench.start();
    const clock = new VirtualClock();
    const limits = { concurrency: 4, bytesPerSecond: 100 * KIB };
    const { blobs } = bench.client(registry, { clock, limits });
    const content = Buffer.alloc(500 * KIB, 3);
    const session = await blobs.startUpload(APP);
    const startedAt = clock.monotonicSeconds();
    const pieces = Array.from({ length: 10 }, (_, index) =>
      content.subarray(index * 50 * KIB, (index + 1) * 50 * KIB),
    );
    const body = { sizeBytes: content.length, open: () => Promise.resolve(Readable.from(pieces)) };

    await blobs.upload(session, digestOf(content), { body, slot: await blobs.reserveSlot() });

    expect(clock.monotonicSeconds() - startedAt).toBeCloseTo(4, 1);
  });

  it('keeps nobody waiting who has gone away', async () => {
    const registry = await bench.start();
    const digest = parseDigest(registry.storage.putGeneratedBlob(APP, 500 * KIB));
    const clock = new VirtualClock('stopped');
    const { blobs } = bench.client(registry, { clock, limits: { concurrency: 4, bytesPerSecond: KIB } });
    const { stream } = await blobs.get(APP, digest);
    stream.resume();
    await until(() => clock.asleep === 1);

    stream.destroy();

    await until(() => clock.asleep === 0);
    expect(clock.asleep).toBe(0);
  });
});
