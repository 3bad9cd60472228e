import { afterEach, describe, expect, it } from '@jest/globals';

import { createHash } from 'node:crypto';
import { ociImage } from '../../builders/image-content.ts';
import { ociIndex } from '../../builders/index-content.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { htmlPage, jsonStatus, plainMethodNotAllowed, replacedHeader } from '../../fakes/fake-faults.ts';
import type { FakeOperation } from '../../fakes/fake-operation.ts';
import type { FakeProfileName } from '../../fakes/fake-profile.ts';
import { incompleteTags } from '../../faults/incomplete-tags.ts';
import { APP, BASE } from '../registry/registry-bench.ts';
import { CopyBench, seed } from './copy-bench.ts';

let bench: CopyBench;

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const index = ociIndex('index');

async function openWithIndex(secondary: FakeProfileName = 'distribution-3.1'): Promise<void> {
  bench = await CopyBench.open({ secondary: { profile: secondary } });
  seed(bench.primary.storage, APP, index, 'v1');
}

const tagOnSecondary = (): string | undefined => bench.secondary.storage.tags(APP).get('v1');

describe('a tag that was put', () => {
  it('is read back', async () => {
    await openWithIndex();

    await bench.copy(['v1']);

    const [put, look] = bench.secondary.history.all.slice(-2);
    expect([put?.operation, look?.operation]).toEqual(['put-tag', 'head-tag']);
  });

  it('is read back from its bytes where the registry states no digest', async () => {
    await openWithIndex('no-digest-header');

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);
  });

  it('is right also where the registry calls it by another algorithm', async () => {
    await openWithIndex();
    bench.secondary.faults.add({
      operation: 'head-tag',
      fault: replacedHeader('Docker-Content-Digest', sha512Of(index.root.bytes)),
    });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);
  });

  it('is not copied where the secondary acknowledges it and does not serve it (a stale cache after garbage collection)', async () => {
    await openWithIndex();
    bench.secondary.storage.loseContent(index.root.digest);

    const [outcome] = await bench.copy(['v1']);

    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'ACKED_NOT_READABLE' });
    expect(outcome?.message).toContain('restarting that registry');
    expect(bench.secondary.history.count({ operation: 'put-tag' })).toBe(1);
  });

  it('is looked for three times, for a registry whose readers lag behind', async () => {
    await openWithIndex();
    const before = bench.secondary.storage.snapshot();
    bench.secondary.faults.add({
      operation: ['head-tag', 'get-tag'],
      fault: { kind: 'stale-read', storage: before },
      times: 4,
    });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);
  });

  it('is not copied where it reads back as something else', async () => {
    await openWithIndex();
    const other = ociImage('other');
    bench.secondary.faults.add({
      operation: 'head-tag',
      fault: { kind: 'change', change: (storage) => void seed(storage, APP, other, 'v1') },
    });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'failed', reason: 'VERIFY_FAILED' }]);
  });

  it.each<[string, Fault, string]>([
    ['500', jsonStatus(500, 'UNKNOWN'), 'SERVER_ERROR'],
    ['403', jsonStatus(403, 'DENIED'), 'FORBIDDEN'],
    ['an HTML page', htmlPage(), 'MALFORMED_RESPONSE'],
  ])('is not copied where the question for it is answered by %s', async (_what, fault, reason) => {
    await openWithIndex();
    bench.secondary.faults.add({ operation: ['head-tag', 'get-tag'], fault });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'failed', reason }]);
  });

  it.each<[FakeProfileName, string]>([
    ['ecr', 'TAG_IMMUTABLE'],
    ['harbor', 'TAG_IMMUTABLE'],
    ['distribution-2.8-readonly', 'TARGET_READ_ONLY'],
  ])('is refused by %s with %s, and stays what it was', async (profile, reason) => {
    await openWithIndex(profile);
    const old = seed(bench.secondary.storage, APP, ociImage('old'), 'v1');

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'failed', reason }]);
    expect(tagOnSecondary()).toBe(old);
  });

  it('is refused by a registry that makes no repositories', async () => {
    await openWithIndex('ecr');

    await expect(bench.copy(['v1'])).resolves.toMatchObject([
      { outcome: 'failed', reason: 'REPOSITORY_MISSING' },
    ]);
  });
});

function sha512Of(bytes: Buffer): string {
  return `sha512:${createHash('sha512').update(bytes).digest('hex')}`;
}

/** The writes of a copy, each with what its effect is on the secondary. */
const WRITES: readonly FakeOperation[] = [
  'open-upload',
  'mount-blob',
  'commit-upload',
  'put-manifest',
  'put-tag',
];

const UNKNOWN_RESULTS: readonly (readonly [string, Fault])[] = [
  ['the request got lost', { kind: 'reset' }],
  ['the answer got lost', { kind: 'answer-lost' }],
  ['it was applied twice', { kind: 'applied-twice' }],
  ['a proxy lost patience', htmlPage(504)],
];

describe('a write of which nobody knows whether it took effect', () => {
  const cells = WRITES.flatMap((operation) =>
    UNKNOWN_RESULTS.map(([what, fault]) => ({ operation, what, fault })),
  );

  async function openForMounts(): Promise<void> {
    await openWithIndex();
    seed(bench.primary.storage, BASE, index, 'v1');
  }

  it.each(cells)('ends in the right state: $operation, $what, once', async ({ operation, fault }) => {
    await openForMounts();
    bench.secondary.faults.add({ operation, fault, nth: 1 });

    const outcomes = [...(await bench.copy(['v1'])), ...(await bench.copy(['v1'], BASE))];

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);
    expect(bench.secondary.history.peakUploadsOfOneBlob()).toBe(1);
  });

  it.each(cells)('is either done or reported: $operation, $what, always', async ({ operation, fault }) => {
    await openForMounts();
    const always = bench.secondary.faults.add({ operation, fault });

    const outcomes = [...(await bench.copy(['v1'])), ...(await bench.copy(['v1'], BASE))];

    const repositories = [APP, BASE];
    outcomes.forEach(({ outcome }, place) => {
      const isThere = bench.secondary.storage.tags(repositories[place]!).get('v1') === index.root.digest;
      // A tag whose every acknowledgement got lost is there and yet reported; the next cycle finds it in sync.
      expect(outcome === 'done' ? isThere : true).toBe(true);
    });
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);

    always.remove();
    await bench.copy(['v1']);
    await bench.copy(['v1'], BASE);
    expect(tagOnSecondary()).toBe(index.root.digest);
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);
  });

  it('is not repeated by the manifest of a registry in maintenance', async () => {
    await openWithIndex();
    bench.secondary.faults.add({ operation: 'put-tag', fault: plainMethodNotAllowed() });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ reason: 'TARGET_READ_ONLY' }]);
    expect(bench.secondary.history.count({ operation: 'put-tag' })).toBe(1);
  });
});
