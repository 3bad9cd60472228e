import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { emptyBlob } from '../builders/artifact-content.ts';
import { contentOf, type BuiltBlob, type BuiltContent } from '../builders/built-content.ts';
import { configOf, imageManifest, layerOf, ociImage } from '../builders/image-content.ts';
import { buildkitCacheIndex } from '../builders/index-content.ts';
import { findPullProblems } from '../builders/pull-witness.ts';
import { pushBlob, pushContent } from '../builders/push-content.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { runForReport } from './command-line.ts';
import { RecordingProxy, type RecordedRequest } from './recording-proxy.ts';
import { between, startPair, type RegistryPair } from './registry-pair.ts';
import { linkOf, stepsOf, summaryOf } from './report-document.ts';
import { signal } from './signal.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;
const third = await registryForTests('distribution3');
const describeThird = third.isAvailable ? describe : describe.skip;

/** An image with a configuration of its own over a layer that others have too. */
function imageOver(layer: { readonly blob: BuiltBlob; readonly diffId: string }, seed: string): BuiltContent {
  const config = configOf(seed, [layer]);
  return contentOf(imageManifest({ config, layers: [layer.blob] }), [config, layer.blob]);
}

/** Finished uploads and mounts of one blob. */
function arrivalsOf(
  digest: string,
  requests: readonly RecordedRequest[],
): { uploads: number; mounts: number } {
  const done = requests.filter(
    ({ path, status }) => status === 201 && decodeURIComponent(path).includes(digest),
  );
  return {
    uploads: done.filter(({ method }) => method === 'PUT').length,
    mounts: done.filter(({ method, path }) => method === 'POST' && path.includes('mount=')).length,
  };
}

/** Downloads of one blob. */
function readsOf(digest: string, requests: readonly RecordedRequest[]): number {
  return requests.filter(({ method, path }) => method === 'GET' && path.includes(digest)).length;
}

describeReal(real.titleOf('a blob that several repositories have'), () => {
  let pair: RegistryPair;

  beforeAll(async () => {
    pair = await startPair(real.provider);
  });

  afterAll(async () => {
    await pair.stop();
  });

  it('is uploaded once, and mounted everywhere else', async () => {
    const layer = layerOf('shared', 300_000);
    const repositories = ['a', 'b', 'c', 'd', 'e'].map((name) => `five/${name}`);
    for (const repository of repositories) {
      await pushContent(pair.primary, repository, imageOver(layer, repository), { tag: 'v1' });
      await pushContent(pair.primary, repository, imageOver(layer, `${repository}/2`), { tag: 'v2' });
    }
    const before = await RecordingProxy.start(pair.primary);
    const behind = await RecordingProxy.start(pair.secondary);
    const { exitCode, report } = await runForReport([
      ...['sync', ...between(before, behind), '--repository', 'five/*'],
    ]);
    await Promise.all([before.stop(), behind.stop()]);
    const downloads = readsOf(layer.blob.digest, before.takeRequests());

    expect(exitCode).toBe(0);
    expect(arrivalsOf(layer.blob.digest, behind.takeRequests())).toEqual({ uploads: 1, mounts: 4 });
    expect(downloads).toBe(1);
    // Ten configurations and the layer.
    expect(linkOf(report).totals).toMatchObject({ copied: 10, blobsCopied: 11, blobsMounted: 4 });
    expect(linkOf(report).totals.bytesCopied).toBeLessThan(310_000);
    for (const repository of repositories) {
      expect(await findPullProblems(pair.secondary, repository, 'v2', 'content')).toEqual([]);
    }
  });

  // A repository that was told "absent" while another one's upload began and ended sent the blob a second time.
  it('is mounted where it arrived elsewhere while the registry was asked for it', async () => {
    const layer = layerOf('raced', 1_000);
    for (const repository of ['raced/fast', 'raced/slow']) {
      await pushContent(pair.primary, repository, imageOver(layer, repository), { tag: 'v1' });
    }
    const arrival = signal();
    const slow = await RecordingProxy.start(
      pair.secondary,
      { on: /^PUT \/v2\/raced\/fast\/manifests\//, tell: arrival.give },
      // What was true when it was asked, told after the other repository is done.
      {
        on: /^HEAD \/v2\/raced\/slow\/blobs\//,
        after: arrival.given,
        answer: { status: 404, code: 'BLOB_UNKNOWN' },
      },
    );
    const { exitCode } = await runForReport([
      ...['sync', ...between(pair.primary, slow), '--repository', 'raced/*'],
    ]);
    await slow.stop();

    expect(exitCode).toBe(0);
    expect(arrivalsOf(layer.blob.digest, slow.takeRequests())).toEqual({ uploads: 1, mounts: 1 });
  });

  it('is uploaded from nowhere where the secondary has it already', async () => {
    const image = ociImage('present');
    await pushContent(pair.primary, 'present/new', image, { tag: 'v1' });
    for (const blob of image.blobs) await pushBlob(pair.secondary, 'present/new', blob);
    const { exitCode, report } = await runForReport([
      ...['sync', ...between(pair.primary, pair.secondary), '--repository', 'present/new'],
    ]);

    expect(exitCode).toBe(0);
    expect(linkOf(report).totals).toMatchObject({ blobsCopied: 0, blobsPresent: 3, bytesCopied: 0 });
  });
});

describeThird(third.titleOf("a BuildKit cache whose layers are another repository's"), () => {
  let pair: RegistryPair;

  beforeAll(async () => {
    // With its cache of descriptors: without one it knows no blob as the child of an index.
    const options = { extraConfiguration: {} };
    pair = await startPair(third.provider, { primary: options, secondary: options });
  });

  afterAll(async () => {
    await pair.stop();
  });

  // distribution 3.1.1 calls a mounted blob unknown there until it is asked for that blob in that repository.
  it('is copied although its layers are mounted', async () => {
    const cache = buildkitCacheIndex('cache');
    await pushBlob(pair.primary, 'cache/app', emptyBlob);
    await pushContent(pair.primary, 'cache/app', cache, { tag: 'buildcache' });
    // The layers of this image are those of its cache.
    await pushContent(pair.primary, 'cache/image', ociImage('cache'), { tag: 'v1' });
    const image = signal();
    const ordering = await RecordingProxy.start(
      pair.secondary,
      { on: /^PUT \/v2\/cache\/image\/manifests\//, tell: image.give },
      { on: /\/v2\/cache\/app\/tags\/list/, after: image.given },
    );
    const { exitCode, report } = await runForReport([
      ...['sync', ...between(pair.primary, ordering), '--repository', 'cache/*'],
    ]);
    await ordering.stop();

    expect(arrivalsOf(cache.blobs[0]!.digest, ordering.takeRequests())).toEqual({ uploads: 1, mounts: 1 });
    expect(summaryOf(stepsOf(report, 'cache/app'))).toEqual(['buildcache: copy-tag done']);
    expect(exitCode).toBe(0);
    expect(await findPullProblems(pair.secondary, 'cache/app', 'buildcache', 'content')).toEqual([]);
  });
});
