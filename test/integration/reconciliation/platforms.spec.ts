import { afterEach, describe, expect, it } from '@jest/globals';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import { contentOf, descriptorOf, type BuiltContent } from '../../builders/built-content.ts';
import { amd64, arm64, ociImage } from '../../builders/image-content.ts';
import {
  attestationFor,
  buildkitCacheIndex,
  dockerManifestList,
  indexOver,
  indexWithDuplicates,
  indexWithoutMediaType,
  nestedIndex,
  ociIndex,
} from '../../builders/index-content.ts';
import { findPullProblems } from '../../builders/pull-witness.ts';
import { pushContent } from '../../builders/push-content.ts';
import { cosignTagOf, imageWithCosignSignature } from '../../builders/referrer-content.ts';
import { fakeProfile } from '../../fakes/fake-profiles.ts';
import type { FakeProfile, FakeProfileName } from '../../fakes/fake-profile.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import { reconcile, stepLines, stepsOf } from './reconcile.ts';

const running: FakeRegistry[] = [];

async function start(profile: FakeProfileName | FakeProfile): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start({ profile });
  running.push(registry);
  return registry;
}

afterEach(async () => {
  for (const registry of running.splice(0)) await registry.stop();
});

interface Child {
  readonly digest: string;
  readonly platform?: { readonly architecture: string };
}

function indexOf(
  registry: FakeRegistry,
  tag: string,
): { readonly manifests: Child[]; readonly [field: string]: unknown } {
  const bytes = registry.storage.manifest('team/app', tag)?.bytes.toString() ?? '{}';
  return JSON.parse(bytes) as ReturnType<typeof indexOf>;
}

function textOf(registry: FakeRegistry, reference: string): string {
  return registry.storage.manifest('team/app', reference)?.bytes.toString() ?? '';
}

async function pair(contents: Readonly<Record<string, BuiltContent>>) {
  const [primary, secondary] = [await start('distribution-2.8'), await start('distribution-2.8')];
  for (const [tag, content] of Object.entries(contents))
    await pushContent(primary.url, 'team/app', content, { tag });
  const options = { primary: primary.url, secondary: [secondary.url], platform: ['linux/arm64'] };
  return { primary, secondary, options };
}

describe('a platform filter', () => {
  it.each<[string, (seed: string) => BuiltContent, number]>([
    ['an OCI index', ociIndex, 1],
    ['a Docker manifest list', dockerManifestList, 1],
    ['an index without a media type', indexWithoutMediaType, 1],
    ['an index that lists each child twice', indexWithDuplicates, 2],
  ])('pushes %s that lists only what it copied', async (_title, build, children) => {
    const { secondary, options } = await pair({ v1: build('seed') });

    const report = await reconcile({ options });

    expect(stepLines(report)).toEqual(['copy-tag v1 done']);
    const { manifests } = indexOf(secondary, 'v1');
    expect(manifests.map(({ platform }) => platform?.architecture)).toEqual(
      new Array(children).fill('arm64'),
    );
    expect(await findPullProblems(secondary.url, 'team/app', 'v1', 'content')).toEqual([]);
  });

  it('keeps every other field of the index, in its order', async () => {
    const parts = [ociImage('a', amd64), ociImage('b', arm64)];
    const index = indexOver(
      parts,
      parts.map((part, position) =>
        descriptorOf(part.root, { platform: [amd64, arm64][position], data: 'x' }),
      ),
    );
    const body = {
      artifactType: 'application/vnd.example',
      ...JSON.parse(index.root.bytes.toString()),
      annotations: { b: '1', a: '2' },
    };
    const bytes = Buffer.from(
      JSON.stringify(body).replace('"schemaVersion":2', '"schemaVersion":2,"number":1e400'),
    );
    const { primary, secondary, options } = await pair({ v0: index });
    primary.storage.putManifest('team/app', 'v1', bytes, index.root.mediaType);

    await reconcile({ options });

    const pushed = textOf(secondary, 'v1');
    expect(Object.keys(JSON.parse(pushed) as object)).toEqual([
      'artifactType',
      'schemaVersion',
      'number',
      'mediaType',
      'manifests',
      'annotations',
    ]);
    expect(pushed).toContain('"number":1e400');
    expect(pushed).toContain('"data":"x"');
  });

  it('filters a nested index, too', async () => {
    const nested = nestedIndex('seed');
    const { secondary, options } = await pair({ v1: nested });

    await reconcile({ options });

    const { manifests } = indexOf(secondary, 'v1');
    expect(manifests).toHaveLength(1);
    expect(await findPullProblems(secondary.url, 'team/app', 'v1', 'content')).toEqual([]);
    expect(JSON.parse(textOf(secondary, manifests[0]!.digest))).toMatchObject({
      manifests: [{ platform: { architecture: 'arm64' } }],
    });
  });

  it('lets an attestation follow the image that it is about', async () => {
    const images = [ociImage('amd', amd64), ociImage('arm', arm64)] as const;
    const attestations = images.map((image) => attestationFor(image.root.digest, image.root));
    const about = (content: BuiltContent, position: number) =>
      descriptorOf(content.root, {
        platform: { architecture: 'unknown', os: 'unknown' },
        annotations: { 'vnd.docker.reference.digest': images[position]!.root.digest },
      });
    const index = indexOver(
      [...images, ...attestations],
      [
        descriptorOf(images[0].root, { platform: amd64 }),
        descriptorOf(images[1].root, { platform: arm64 }),
        ...attestations.map(about),
      ],
    );
    const { secondary, options } = await pair({ v1: index });

    await reconcile({ options });

    const kept = indexOf(secondary, 'v1').manifests.map(({ digest }) => digest);
    expect(kept).toEqual([images[1].root.digest, attestations[1]!.root.digest]);
  });

  it('copies what is on no platform as it is: caches, and signatures where their image goes', async () => {
    const [wanted, unwanted] = [
      imageWithCosignSignature('wanted', arm64),
      imageWithCosignSignature('unwanted', amd64),
    ];
    const { primary, secondary, options } = await pair({
      cache: buildkitCacheIndex('cache'),
      v1: wanted,
      v2: unwanted,
    });

    await reconcile({ options });

    const [held, copied] = [primary.storage.tags('team/app'), secondary.storage.tags('team/app')];
    expect([...copied.keys()].sort()).toEqual(['cache', cosignTagOf(wanted.root, 'sig'), 'v1'].sort());
    expect([...copied].every(([tag, digest]) => held.get(tag) === digest)).toBe(true);
  });

  it('ignores tags without a wanted platform on both sides, and says which', async () => {
    const { secondary, options } = await pair({ amd: ociImage('amd', amd64), arm: ociImage('arm', arm64) });
    await pushContent(secondary.url, 'team/app', ociImage('other', amd64), { tag: 'amd' });

    const report = await reconcile({ options: { ...options, deleteOrphans: true } });

    expect(stepLines(report)).toEqual(['copy-tag arm done']);
    const skipped = stepsOf(report).filter(({ kind }) => kind === 'skip-tag');
    expect(skipped.map(({ tag, reason }) => [tag, reason])).toEqual([['amd', 'FILTERED_PLATFORM']]);
    expect(secondary.storage.tags('team/app').has('amd')).toBe(true);
    expect(report.outcome).toBe('in-sync');
  });

  it('makes the next cycle a no-op of one HEAD per tag and side, without reading the index again', async () => {
    const { primary, secondary, options } = await pair({ v1: ociIndex('one'), v2: ociIndex('two') });
    const store = new MemoryStateStore(new SystemClock());
    await reconcile({ options, store });
    primary.history.clear();
    secondary.history.clear();

    const report = await reconcile({ options, store });

    expect(report.outcome).toBe('in-sync');
    expect(primary.history.count({ operation: 'head-tag' })).toBe(2);
    expect(secondary.history.count({ operation: 'head-tag' })).toBe(2);
    expect(primary.history.count({ operation: ['get-tag', 'get-manifest'] })).toBe(0);
    expect(secondary.history.writes()).toEqual([]);
  });

  it('reconciles what is there when it changes', async () => {
    const index = ociIndex('seed');
    const { secondary, options } = await pair({ v1: index });
    await reconcile({ options });

    const wider = await reconcile({ options: { ...options, platform: ['linux/arm64', 'linux/amd64'] } });

    expect(stepLines(wider)).toEqual(['move-tag v1 done']);
    expect(secondary.storage.tags('team/app').get('v1')).toBe(index.root.digest);
  });

  it('fails the tag whose index lists a child that the primary does not have, and names the child', async () => {
    const index = ociIndex('seed');
    const { primary, options } = await pair({ v1: index });
    const child = index.manifests[1]!.digest;
    primary.storage.deleteManifest('team/app', child);

    const report = await reconcile({ options });

    expect(stepLines(report)).toEqual(['copy-tag v1 failed MISSING_CONTENT']);
    expect(stepsOf(report)[0]?.message).toContain(child);
  });
});

describe('a sparse index', () => {
  const asSparse = (
    configuration: Parameters<NonNullable<Parameters<typeof reconcile>[0]['change']>>[0],
  ) => ({
    ...configuration,
    links: configuration.links.map((link) => ({
      ...link,
      policy: {
        ...link.policy,
        platforms: { ...link.policy.platforms, mode: 'sparse' } as typeof link.policy.platforms,
      },
    })),
  });

  it('keeps its bytes where the secondary takes it, and still pulls on the wanted platform', async () => {
    const index = ociIndex('seed');
    const profile = fakeProfile('distribution-3.1');
    const lenient = { ...profile, manifests: { ...profile.manifests, children: 'unchecked' } } as const;
    const primary = await start('distribution-2.8');
    const secondary = await start(lenient);
    await pushContent(primary.url, 'team/app', index, { tag: 'v1' });
    const options = { primary: primary.url, secondary: [secondary.url], platform: ['linux/arm64'] };

    const report = await reconcile({ options, change: asSparse });
    const verified = await reconcile({
      options,
      change: asSparse,
      work: { command: 'verify', depth: 'content' },
    });

    expect(stepLines(report)).toEqual(['copy-tag v1 done']);
    expect(secondary.storage.tags('team/app').get('v1')).toBe(index.root.digest);
    expect(secondary.storage.manifestDigests('team/app')).not.toContain(index.manifests[0]!.digest);
    expect(verified.outcome).toBe('in-sync');
  });

  it('fails with SPARSE_REFUSED where the secondary wants whole indexes', async () => {
    const { options, secondary } = await pair({ v1: ociIndex('seed') });

    const report = await reconcile({ options, change: asSparse });

    expect(stepLines(report)).toEqual(['copy-tag v1 failed SPARSE_REFUSED']);
    expect(secondary.storage.tags('team/app').size).toBe(0);
  });
});

describe('content that has two readings', () => {
  it('is refused under a filter as without one', async () => {
    const image = ociImage('image');
    const body = { ...JSON.parse(image.root.bytes.toString()), manifests: [descriptorOf(image.root)] };
    const { primary, options } = await pair({ v1: contentOf(image.root, image.blobs) });
    primary.storage.putManifest('team/app', 'v2', JSON.stringify(body), image.root.mediaType);

    const report = await reconcile({ options });

    expect(stepLines(report)).toEqual(['copy-tag v2 failed AMBIGUOUS_MANIFEST']);
  });
});
