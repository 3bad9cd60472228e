import { afterEach, describe, expect, it } from '@jest/globals';

import { DEFAULT_PATIENCE } from '../../../src/registry/transport/watchdog.ts';
import { imageWithWrongSize, ociImage } from '../../builders/image-content.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import {
  bitFlip,
  entityTooLarge,
  htmlPage,
  jsonStatus,
  otherContent,
  oversize,
  replacedHeader,
  tooManyRequests,
} from '../../fakes/fake-faults.ts';
import { incompleteTags } from '../../faults/incomplete-tags.ts';
import { APP, BASE } from '../registry/registry-bench.ts';
import { CopyBench, seed } from './copy-bench.ts';

let bench: CopyBench;

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const image = ociImage('image');
const layer = image.blobs.at(-1)!;

async function openWithImage(): Promise<CopyBench> {
  bench = await CopyBench.open();
  seed(bench.primary.storage, APP, image, 'v1');
  return bench;
}

const uploadsOf = (digest: string): number =>
  bench.secondary.history.count({ operation: 'commit-upload', reference: digest });

describe('copying blobs', () => {
  it('sends each once for many tags that share them, at the same time', async () => {
    await openWithImage();
    const tags = Array.from({ length: 20 }, (_, index) => `t${index}`);
    for (const tag of tags) seed(bench.primary.storage, APP, image, tag);

    const outcomes = await bench.copy(tags);

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(tags.map(() => 'done'));
    expect(bench.secondary.history.count({ operation: 'commit-upload' })).toBe(image.blobs.length);
    expect(bench.secondary.history.peakUploadsOfOneBlob()).toBe(1);
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);
  });

  it('sends each once for many repositories at the same time, and mounts it everywhere else', async () => {
    await openWithImage();
    seed(bench.primary.storage, BASE, image, 'v1');

    await Promise.all([bench.copy(['v1']), bench.copy(['v1'], BASE)]);

    expect(bench.secondary.history.count({ operation: 'commit-upload' })).toBe(image.blobs.length);
    expect(bench.secondary.history.peakUploadsOfOneBlob()).toBe(1);
    expect(bench.secondary.history.count({ operation: 'mount-blob', status: 201 })).toBe(image.blobs.length);
    expect(bench.tally.totals).toMatchObject({
      blobsCopied: image.blobs.length,
      blobsMounted: image.blobs.length,
    });
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);
  });

  it('sends nothing that the secondary has', async () => {
    await openWithImage();
    for (const { bytes } of image.blobs) bench.secondary.storage.putBlob(APP, bytes);

    await bench.copy(['v1']);

    expect(bench.secondary.history.count({ operation: 'open-upload' })).toBe(0);
    expect(bench.tally.totals).toEqual({ blobsCopied: 0, blobsMounted: 0, blobsPresent: 3, bytesCopied: 0 });
  });

  it('uses the upload that a registry opened instead of mounting', async () => {
    await openWithImage();
    seed(bench.primary.storage, BASE, image, 'v1');
    await bench.copy(['v1']);
    bench.secondary.faults.add({
      operation: 'mount-blob',
      fault: {
        kind: 'change',
        change: (storage) => image.blobs.forEach(({ digest }) => storage.deleteBlob(APP, digest)),
      },
    });

    await expect(bench.copy(['v1'], BASE)).resolves.toMatchObject([{ outcome: 'done' }]);
    expect(bench.secondary.history.count({ operation: 'open-upload' })).toBe(image.blobs.length);
  });

  it.each<[string, Fault]>([
    ['500', jsonStatus(500, 'UNKNOWN')],
    ['429', tooManyRequests('2')],
    ['502 in HTML', htmlPage(502)],
    ['a broken connection', { kind: 'reset', afterRequestBytes: 10 }],
    ['a lost answer', { kind: 'answer-lost' }],
    ['a session that is gone', jsonStatus(404, 'BLOB_UPLOAD_UNKNOWN')],
    ['a bit that flipped on its way', jsonStatus(400, 'DIGEST_INVALID')],
    ['another writer of the same blob, as Nexus', jsonStatus(400, 'UNKNOWN')],
  ])('opens another upload after %s', async (_what, fault) => {
    await openWithImage();
    bench.secondary.faults.add({ operation: 'commit-upload', reference: layer.digest, times: 3, fault });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);
    expect(bench.secondary.history.peakUploadsOfOneBlob()).toBe(1);
  });

  it('sends nothing again where only the answer was lost', async () => {
    await openWithImage();
    bench.secondary.faults.add({ operation: 'commit-upload', fault: { kind: 'answer-lost' } });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);
    expect(bench.secondary.history.count({ operation: 'commit-upload' })).toBe(image.blobs.length);
  });

  it.each<[string, Fault, string, number]>([
    ['500', jsonStatus(500, 'UNKNOWN'), 'SERVER_ERROR', 4],
    ['413 of a proxy', entityTooLarge(), 'SERVER_ERROR', 1],
    ['403', jsonStatus(403, 'DENIED'), 'FORBIDDEN', 1],
    ['a full disk', jsonStatus(507, 'UNKNOWN'), 'TARGET_FULL', 1],
  ])('gives up in the end after %s, and leaves no session open', async (_what, fault, reason, times) => {
    await openWithImage();
    bench.secondary.faults.add({ operation: 'commit-upload', reference: layer.digest, fault });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'failed', reason }]);
    expect(uploadsOf(layer.digest)).toBe(times);
    expect(bench.secondary.storage.known(APP)?.uploads.size).toBe(0);
    expect(bench.secondary.storage.tags(APP)).toEqual(new Map());
  });
});

describe('a blob that is not what its descriptor says', () => {
  const CORRUPT: readonly (readonly [string, Fault])[] = [
    ['with its first bit flipped', bitFlip(0)],
    ['with a bit flipped in the middle', bitFlip(Math.floor(layer.bytes.length / 2))],
    ['with its last bit flipped', bitFlip(layer.bytes.length - 1)],
    ['of the same length', otherContent(Buffer.alloc(layer.bytes.length, 'x'))],
    ['that is empty', otherContent('')],
    ['that is too short', otherContent(layer.bytes.subarray(0, -1))],
    ['that is too long', otherContent(Buffer.concat([layer.bytes, Buffer.from('x')]))],
    ['that is much too long', oversize(5 * 1024 * 1024)],
    ['of another announced length', replacedHeader('Content-Length', String(layer.bytes.length - 1))],
  ];

  it.each(CORRUPT)('never becomes whole on the secondary: %s', async (_what, fault) => {
    await openWithImage();
    bench.primary.faults.add({ operation: 'get-blob', reference: layer.digest, fault });

    const [outcome] = await bench.copy(['v1']);

    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'SOURCE_CORRUPT' });
    expect(outcome?.message).toContain(layer.digest);
    expect(bench.secondary.storage.blobDigests(APP)).not.toContain(layer.digest);
    expect(bench.secondary.storage.tags(APP)).toEqual(new Map());
    expect(bench.secondary.storage.known(APP)?.uploads.size).toBe(0);
  });

  it.each(CORRUPT.filter(([what]) => !/announced|empty/.test(what)))(
    'is found out also without a length in the answer: %s',
    async (_what, fault) => {
      await openWithImage();
      const chunked: Fault = {
        kind: 'edit',
        edit: (given, request) => ({
          ...given,
          ...(fault.kind === 'edit' ? fault.edit(given, request) : {}),
          headers: new Map([['Transfer-Encoding', 'chunked']]),
        }),
      };
      bench.primary.faults.add({ operation: 'get-blob', reference: layer.digest, fault: chunked });

      await expect(bench.copy(['v1'])).resolves.toMatchObject([
        { outcome: 'failed', reason: 'SOURCE_CORRUPT' },
      ]);
      expect(bench.secondary.storage.blobDigests(APP)).not.toContain(layer.digest);
    },
  );

  it('stops no other tag', async () => {
    await openWithImage();
    const other = ociImage('other');
    seed(bench.primary.storage, APP, other, 'v2');
    bench.primary.storage.corruptBlob(layer.digest, 3);

    const outcomes = await bench.copy(['v1', 'v2']);

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['failed', 'done']);
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);
  });

  it.each([
    ['before the tag that is right', ['lie', 'v1']],
    ['after the tag that is right', ['v1', 'lie']],
  ])('by its size alone fails the one tag that lies, and no other: %s', async (_when, tags) => {
    await openWithImage();
    seed(bench.primary.storage, APP, imageWithWrongSize('image'), 'lie');

    const outcomes = [...(await bench.copy(tags.slice(0, 1))), ...(await bench.copy(tags.slice(1)))];

    expect(outcomes.map(({ tag, reason }) => [tag, reason])).toEqual(
      tags.map((tag) => [tag, tag === 'lie' ? 'SOURCE_CORRUPT' : null]),
    );
  });
});

describe('a primary that breaks off', () => {
  it.each<[string, Fault]>([
    ['in the middle of a blob', { kind: 'cut-body', framing: 'length', afterBytes: 10, end: 'close' }],
    ['with a reset', { kind: 'cut-body', framing: 'chunked', afterBytes: 10, end: 'reset' }],
    ['before its answer', { kind: 'reset' }],
    ['with an error', jsonStatus(503, 'UNAVAILABLE')],
  ])('is asked again: %s', async (_how, fault) => {
    await openWithImage();
    bench.primary.faults.add({ operation: 'get-blob', reference: layer.digest, times: 3, fault });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);
  });

  it('for ever is named as the side that failed', async () => {
    await openWithImage();
    const cut: Fault = { kind: 'cut-body', framing: 'length', afterBytes: 10, end: 'close' };
    bench.primary.faults.add({ operation: 'get-blob', reference: layer.digest, fault: cut });

    const [outcome] = await bench.copy(['v1']);

    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'NETWORK' });
    expect(outcome?.message).toMatch(/^primary: blob-get/);
  });

  it('by silence is named as the side that failed, too', async () => {
    bench = await CopyBench.open({
      connection: { patience: { ...DEFAULT_PATIENCE, silenceMilliseconds: 100 } },
    });
    seed(bench.primary.storage, APP, image, 'v1');
    const stall: Fault = { kind: 'cut-body', framing: 'length', afterBytes: 10, end: 'stall' };
    bench.primary.faults.add({ operation: 'get-blob', reference: layer.digest, fault: stall });

    const [outcome] = await bench.copy(['v1']);

    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'TIMEOUT' });
    expect(outcome?.message).toMatch(/^primary: blob-get/);
  });

  it('is not asked in vain for what it does not have', async () => {
    await openWithImage();
    bench.primary.storage.deleteBlob(APP, layer.digest);

    const [outcome] = await bench.copy(['v1']);

    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'MISSING_CONTENT' });
    expect(outcome?.message).toBe(`the primary does not have blob ${layer.digest} in ${APP}`);
    expect(uploadsOf(layer.digest)).toBe(0);
  });
});
