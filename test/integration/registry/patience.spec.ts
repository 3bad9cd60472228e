import { afterEach, describe, expect, it } from '@jest/globals';

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { digestOf, parseDigest } from '../../../src/oci/digest.ts';
import type { BlobClient } from '../../../src/registry/blob-client.ts';
import { DEFAULT_PATIENCE, type Patience } from '../../../src/registry/transport/watchdog.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { APP, RegistryBench, V1 } from './registry-bench.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const KIB = 1024;
/** Long for a connection on loopback, short for a test. */
const SHORT: Patience = { ...DEFAULT_PATIENCE, silenceMilliseconds: 150 };

function stallWithin(framing: 'length' | 'chunked'): Fault {
  return { kind: 'cut-body', framing, afterBytes: 5, end: 'stall' };
}

describe('a registry that says nothing', () => {
  it.each<[string, Fault]>([
    ['before its answer', { kind: 'stall' }],
    ['within the body', stallWithin('length')],
    ['between two chunks of the body', stallWithin('chunked')],
  ])('%s is left, and asked again', async (_where, fault) => {
    const registry = await bench.start();
    registry.storage.putManifest(APP, V1, '{"layers":[]}', 'application/vnd.oci.image.manifest.v1+json');
    registry.faults.add({ operation: 'list-tags', fault, times: 1 });

    await expect(bench.client(registry, { patience: SHORT }).listTags(APP)).resolves.toMatchObject({
      names: ['v1'],
    });
    expect(registry.history.count()).toBe(2);
  });

  it('for ever is a TIMEOUT', async () => {
    const registry = await bench.start();
    registry.faults.add({ fault: { kind: 'stall' } });
    const patience = { ...SHORT, silenceMilliseconds: 30 };

    await expect(bench.client(registry, { patience }).ping()).rejects.toMatchObject({
      code: 'TIMEOUT',
      detail: 'no progress for 0.03 s',
    });
  });

  it('in the middle of a blob breaks the stream', async () => {
    const registry = await bench.start();
    registry.storage.putBlob(APP, 'a layer');
    registry.faults.add({ operation: 'get-blob', fault: stallWithin('length') });
    const { blobs } = bench.client(registry, { patience: SHORT });

    const { stream } = await blobs.get(APP, digestOf(Buffer.from('a layer')));

    await expect(buffer(stream)).rejects.toMatchObject({ name: 'RegistryError', code: 'TIMEOUT' });
  });

  it('in the middle of an upload fails it, and it is not sent again', async () => {
    const registry = await bench.start();
    const { blobs } = bench.client(registry, { patience: SHORT });
    registry.faults.add({ operation: 'commit-upload', fault: { kind: 'stall', afterRequestBytes: 10 } });

    await expect(upload(blobs, Readable.from([Buffer.alloc(100 * KIB)]), 100 * KIB)).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    expect(registry.history.count({ operation: 'commit-upload' })).toBe(1);
  });

  it('holds no token back: the endpoint is asked again', async () => {
    const registry = await bench.start();
    registry.faults.add({ operation: 'ping', fault: { kind: 'stall' }, times: 2 });

    await expect(bench.client(registry, { patience: SHORT }).ping()).resolves.toBeUndefined();
  });
});

describe('a registry that says a byte now and then', () => {
  it('is left when that is too little', async () => {
    const registry = await bench.start();
    registry.storage.putGeneratedBlob(APP, 100 * KIB);
    const digest = parseDigest(registry.storage.blobDigests(APP)[0]!);
    registry.faults.add({ operation: 'get-blob', fault: { kind: 'drip', bytes: 1, everyMs: 10 } });
    const patience = { ...DEFAULT_PATIENCE, windowMilliseconds: 200, leastBytesPerWindow: 10 * KIB };
    const { blobs } = bench.client(registry, { patience });

    const { stream } = await blobs.get(APP, digest);

    await expect(buffer(stream)).rejects.toMatchObject({
      code: 'TIMEOUT',
      detail: expect.stringContaining('less than 10240 bytes in'),
    });
  });

  it('is borne as long as it brings enough', async () => {
    const registry = await bench.start();
    const digest = parseDigest(registry.storage.putBlob(APP, Buffer.alloc(60, 1)));
    registry.faults.add({ operation: 'get-blob', fault: { kind: 'drip', bytes: 1, everyMs: 10 } });
    const patience = { ...DEFAULT_PATIENCE, windowMilliseconds: 200, leastBytesPerWindow: 2 };
    const { blobs } = bench.client(registry, { patience });

    const { stream } = await blobs.get(APP, digest);

    expect(await buffer(stream)).toHaveLength(60);
  });
});

describe('what is slow because of us', () => {
  it('is no fault of the registry: a reader that takes its time', async () => {
    const registry = await bench.start();
    const digest = parseDigest(registry.storage.putGeneratedBlob(APP, 2048 * KIB));
    const patience = { silenceMilliseconds: 60, windowMilliseconds: 60, leastBytesPerWindow: 4096 * KIB };
    const { blobs } = bench.client(registry, { patience: { ...DEFAULT_PATIENCE, ...patience } });
    const { stream } = await blobs.get(APP, digest);

    await wait(400);

    expect(await buffer(stream)).toHaveLength(2048 * KIB);
  });

  it('is no fault of the registry: the source of an upload', async () => {
    const registry = await bench.start();
    const { blobs } = bench.client(registry, { patience: SHORT });
    const content = Buffer.alloc(4 * KIB, 7);
    const source = Readable.from(slowly([content.subarray(0, 2 * KIB), content.subarray(2 * KIB)], 400));

    await upload(blobs, source, content.length, digestOf(content));

    expect(registry.storage.blob(APP, digestOf(content))).toEqual(content);
  });
});

describe('a registry that needs time to store what it was sent', () => {
  it('gets the more of it the more that was', async () => {
    const registry = await bench.start();
    const patience = { ...SHORT, commitBytesPerSecond: 100 * KIB };
    const { blobs } = bench.client(registry, { patience });
    registry.faults.add({ operation: 'commit-upload', fault: { kind: 'hold', until: wait(600) } });
    const content = Buffer.alloc(200 * KIB, 7);

    await upload(blobs, Readable.from([content]), content.length, digestOf(content));

    expect(registry.storage.blobDigests(APP)).toEqual([digestOf(content)]);
  });
});

async function* slowly(pieces: readonly Buffer[], milliseconds: number): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    await wait(milliseconds);
    yield piece;
  }
}

async function upload(
  blobs: BlobClient,
  source: Readable,
  sizeBytes: number,
  digest = digestOf(Buffer.alloc(sizeBytes)),
): Promise<void> {
  const session = await blobs.startUpload(APP);
  const slot = await blobs.reserveSlot();
  await blobs.upload(session, digest, { body: { sizeBytes, open: () => Promise.resolve(source) }, slot });
}
