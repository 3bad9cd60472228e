import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { BuiltContent } from '../builders/built-content.ts';
import { dockerImage, ociImage } from '../builders/image-content.ts';
import { nestedIndex, ociIndex } from '../builders/index-content.ts';
import { findPullProblems } from '../builders/pull-witness.ts';
import { pushContent } from '../builders/push-content.ts';
import { hasBlob, readTagMap } from '../builders/registry-witness.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runForReport, type ReportedResult } from './command-line.ts';
import { DistributionStorage } from './distribution-storage.ts';
import { RecordingProxy } from './recording-proxy.ts';
import { between, startPair, tagsOf, type RegistryPair } from './registry-pair.ts';
import { linkOf, stepsOf, summaryOf } from './report-document.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;

let pair: RegistryPair;

async function run(command: 'sync' | 'verify', repository: string): Promise<ReportedResult> {
  return await runForReport([
    command,
    ...between(pair.primary, pair.secondary),
    ...['--repository', repository],
  ]);
}

/** A layer of a single image, or of the first image of an index. */
function layerOf(content: BuiltContent): string {
  return content.blobs[1]!.digest;
}

describeReal(real.titleOf('content that is damaged on the disk of the primary'), () => {
  let primary: DistributionStorage;

  beforeAll(async () => {
    pair = await startPair(real.provider);
    primary = new DistributionStorage(pair.primary);
  });

  afterAll(async () => {
    await pair.stop();
  });

  it.each([
    {
      damage: 'has a flipped bit',
      reason: 'SOURCE_CORRUPT',
      harm: (digest: string) => primary.flipBit(digest),
    },
    {
      damage: 'was cut off',
      reason: 'SOURCE_CORRUPT',
      harm: (digest: string) => primary.truncateBlob(digest),
    },
    { damage: 'is gone', reason: 'MISSING_CONTENT', harm: (digest: string) => primary.removeBlob(digest) },
  ])(
    'fails the tag of which a blob $damage with $reason, and copies the others',
    async ({ damage, reason, harm }) => {
      const repository = `blob/${damage.replaceAll(/[^a-z]+/g, '-')}`;
      const [broken, image, index] = [
        ociImage(`${repository}/broken`),
        dockerImage(`${repository}/image`),
        ociIndex(`${repository}/index`),
      ];
      await pushContent(pair.primary, repository, broken, { tag: 'broken' });
      await pushContent(pair.primary, repository, image, { tag: 'image' });
      await pushContent(pair.primary, repository, index, { tag: 'index' });
      await harm(layerOf(broken));
      const { exitCode, report } = await run('sync', repository);

      expect(exitCode).toBe(1);
      expect(report.outcome).toBe('partial');
      expect(summaryOf(stepsOf(report, repository))).toEqual([
        `broken: copy-tag failed ${reason}`,
        'image: copy-tag done',
        'index: copy-tag done',
      ]);
      expect(stepsOf(report, repository).find(({ tag }) => tag === 'broken')?.message).toContain(
        layerOf(broken),
      );
      expect(await readTagMap(pair.secondary, repository)).toEqual(
        new Map([
          ['image', image.root.digest],
          ['index', index.root.digest],
        ]),
      );
      // Half of it would be worse than none.
      expect(await hasBlob(pair.secondary, repository, layerOf(broken))).toBe(false);
    },
  );

  it('names the child that an index misses', async () => {
    const repository = 'child/app';
    const index = ociIndex('child/app');
    const [firstChild, missing] = index.manifests;
    await pushContent(pair.primary, repository, index, { tag: 'multi' });
    await pushContent(pair.primary, repository, ociImage('child/other'), { tag: 'single' });
    await primary.forgetManifest(repository, missing!.digest);
    const { exitCode, report } = await run('sync', repository);
    const step = stepsOf(report, repository).find(({ tag }) => tag === 'multi');

    expect(exitCode).toBe(1);
    expect(summaryOf(stepsOf(report, repository))).toEqual([
      'multi: copy-tag failed MISSING_CONTENT',
      'single: copy-tag done',
    ]);
    expect(step?.message).toContain(missing!.digest);
    expect(step?.message).not.toContain(firstChild!.digest);
    expect(await tagsOf(pair.secondary, repository)).toEqual(['single']);
  });

  it('takes a tag whose manifest is gone for a failure and for no orphan', async () => {
    const repository = 'dangling/app';
    const image = ociImage('dangling/app');
    await pushContent(pair.primary, repository, image, { tag: 'v1' });
    await pushContent(pair.primary, repository, ociImage('dangling/other'), { tag: 'v2' });
    await pushContent(pair.secondary, repository, image, { tag: 'v1' });
    await primary.forgetManifest(repository, image.root.digest);
    const { exitCode, report } = await runForReport([
      ...['sync', ...between(pair.primary, pair.secondary), '--repository', repository],
      ...['--delete-orphans', '--delete-fallback', 'tombstone'],
    ]);

    expect(exitCode).toBe(1);
    expect(summaryOf(stepsOf(report, repository))).toEqual([
      'v1: copy-tag failed MISSING_CONTENT',
      'v2: copy-tag done',
    ]);
    expect(await tagsOf(pair.secondary, repository)).toEqual(['v1', 'v2']);
  });

  it('goes on from where it stopped once the primary is repaired', async () => {
    const repository = 'repaired/app';
    const image = ociImage('repaired/app');
    await pushContent(pair.primary, repository, image, { tag: 'v1' });
    await primary.flipBit(layerOf(image));
    const broken = await run('sync', repository);
    await primary.flipBit(layerOf(image));
    const repaired = await run('sync', repository);

    expect([broken.exitCode, repaired.exitCode]).toEqual([1, 0]);
    expect(linkOf(repaired.report).totals).toMatchObject({ copied: 1, blobsCopied: 1, blobsPresent: 2 });
    expect(await findPullProblems(pair.secondary, repository, 'v1', 'content')).toEqual([]);
  });
});

describeReal(real.titleOf('content that is damaged on the disk of the secondary'), () => {
  let secondary: DistributionStorage;

  beforeAll(async () => {
    pair = await startPair(real.provider);
    secondary = new DistributionStorage(pair.secondary);
  });

  afterAll(async () => {
    await pair.stop();
  });

  /** An index of which the secondary has the images, one of them without a layer, and not the index itself. */
  async function pushHalf(repository: string, index: BuiltContent): Promise<void> {
    await pushContent(pair.primary, repository, index, { tag: 'multi' });
    const children: BuiltContent = { ...index, manifests: index.manifests.slice(0, -1), tags: [] };
    await pushContent(pair.secondary, repository, { ...children, root: children.manifests.at(-1)! });
    await secondary.removeBlob(layerOf(index));
  }

  it('brings back the layer of an image that is there by its digest', async () => {
    const repository = 'untagged/app';
    const image = ociImage('untagged/app');
    await pushContent(pair.primary, repository, image, { tag: 'v1' });
    await pushContent(pair.secondary, repository, image);
    await secondary.removeBlob(layerOf(image));
    const { exitCode, report } = await run('sync', repository);

    expect(exitCode).toBe(0);
    expect(linkOf(report).totals).toMatchObject({ copied: 1, blobsCopied: 1, blobsPresent: 2 });
    expect(await findPullProblems(pair.secondary, repository, 'v1', 'content')).toEqual([]);
  });

  it.each([
    { name: 'an index', build: ociIndex },
    { name: 'an index in an index', build: nestedIndex },
  ])(
    'walks $name again and heals a child without a layer, where the registry calls a blob unknown',
    async ({ name, build }) => {
      const repository = `half/${name.replaceAll(' ', '-')}`;
      await pushHalf(repository, build(repository));
      // Distribution looks one level deep only; others look at everything below, and this is how they say it.
      const strict = await RecordingProxy.start(pair.secondary, {
        on: /^PUT .*\/manifests\/multi$/,
        times: 1,
        answer: { status: 404, code: 'MANIFEST_BLOB_UNKNOWN' },
      });
      const { exitCode, report } = await runForReport([
        ...['sync', ...between(pair.primary, strict), '--repository', repository],
      ]);
      await strict.stop();
      const puts = strict.takeRequests().filter(({ path }) => path.endsWith('/manifests/multi'));

      expect(puts.map(({ method, status }) => `${method} ${status}`)).toEqual([
        'PUT 404',
        'PUT 201',
        'HEAD 200',
      ]);
      expect(exitCode).toBe(0);
      expect(summaryOf(stepsOf(report, repository))).toEqual(['multi: copy-tag done']);
      expect(linkOf(report).totals.blobsCopied).toBe(1);
      expect(await findPullProblems(pair.secondary, repository, 'multi', 'content')).toEqual([]);
    },
  );

  it('finds by verify what no digest shows: an index whose child lost a layer', async () => {
    const repository = 'hidden/app';
    const index = ociIndex('hidden/app');
    await pushHalf(repository, index);
    const synced = await run('sync', repository);
    const verified = await run('verify', repository);

    expect(synced.exitCode).toBe(0);
    expect(verified.exitCode).toBe(1);
    expect(summaryOf(stepsOf(verified.report, repository))).toEqual([
      'multi: verify-tag failed MISSING_CONTENT',
    ]);
    expect(stepsOf(verified.report, repository)[0]?.message).toContain(layerOf(index));
  });
});
