import { afterEach, describe, expect, it } from '@jest/globals';

import { parseDigest } from '../../../src/oci/digest.ts';
import {
  blobOf,
  contentOf,
  descriptorOf,
  manifestOf,
  type BuiltContent,
} from '../../builders/built-content.ts';
import { imageParts, imageWithForeignLayer, ociImage } from '../../builders/image-content.ts';
import {
  buildkitCacheIndex,
  indexOver,
  indexWithDuplicates,
  indexWithMissingChild,
  indexWithWrongSize,
  nestedIndex,
  ociIndex,
} from '../../builders/index-content.ts';
import { mediaTypes } from '../../builders/media-types.ts';
import {
  referrerOf,
  referrerWithDanglingSubject,
  referrerWithSubject,
} from '../../builders/referrer-content.ts';
import { withBody, type FakeAnswer } from '../../fakes/fake-answer.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { bitFlip, htmlPage, jsonStatus, plainNotFound, replacedHeader } from '../../fakes/fake-faults.ts';
import type { FakeProfile, FakeProfileName } from '../../fakes/fake-profile.ts';
import { distribution31 } from '../../fakes/fake-distribution-profiles.ts';
import { zot } from '../../fakes/fake-vendor-profiles.ts';
import { incompleteTags } from '../../faults/incomplete-tags.ts';
import { APP } from '../registry/registry-bench.ts';
import { CopyBench, seed } from './copy-bench.ts';

let bench: CopyBench;

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

interface Profiles {
  readonly primary?: FakeProfileName | FakeProfile;
  readonly secondary?: FakeProfileName | FakeProfile;
}

async function openWith(
  content: BuiltContent,
  { primary = zot, secondary = 'distribution-3.1' }: Profiles = {},
) {
  bench = await CopyBench.open({ primary: { profile: primary }, secondary: { profile: secondary } });
  seed(bench.primary.storage, APP, content, 'v1');
}

const index = ociIndex('index');
const child = index.manifests[0]!;

/** Wraps content into indexes, one inside the other. */
function wrapped(content: BuiltContent, levels: number): BuiltContent {
  let inner = content;
  for (let level = 0; level < levels; level += 1) inner = indexOver([inner], [descriptorOf(inner.root)]);
  return inner;
}

describe('copying a graph', () => {
  it.each<[string, BuiltContent]>([
    ['an index', index],
    ['an index in an index', nestedIndex('nested')],
    ['an index that names its children twice', indexWithDuplicates('twice')],
    ['a cache of BuildKit', buildkitCacheIndex('cache')],
    ['an artifact with its subject', referrerWithSubject('signed')],
    ['an artifact whose subject is nowhere', referrerWithDanglingSubject('dangling')],
    ['eight levels of indexes', wrapped(ociImage('deep'), 8)],
  ])('puts everything below a manifest before the manifest: %s', async (_what, content) => {
    await openWith(content);

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);

    expect(bench.secondary.storage.tags(APP).get('v1')).toBe(content.root.digest);
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);
    const puts = bench.secondary.history.matching({ operation: ['put-manifest', 'put-tag'] });
    expect(puts.every(({ status }) => status === 201)).toBe(true);
    expect(puts.at(-1)).toMatchObject({ operation: 'put-tag', reference: 'v1' });
  });

  it('reads and puts a child once that two tags share', async () => {
    await openWith(index);
    seed(bench.primary.storage, APP, indexOver([index], [descriptorOf(index.root)]), 'v2');

    await bench.copy(['v1', 'v2']);

    expect(bench.primary.history.count({ operation: 'get-manifest', reference: child.digest })).toBe(1);
    expect(bench.secondary.history.count({ operation: 'put-manifest', reference: child.digest })).toBe(1);
  });

  it('reads nothing of a child that the secondary has', async () => {
    await openWith(index);
    seed(bench.secondary.storage, APP, index, 'old');

    await bench.copy(['v1']);

    expect(bench.primary.history.count({ operation: 'get-manifest', reference: child.digest })).toBe(0);
    expect(bench.secondary.history.writes().map(({ operation }) => operation)).toEqual(['put-tag']);
  });
});

describe('a primary that lacks a part', () => {
  it.each<[string, Fault | undefined]>([
    ['in the words of the specification', undefined],
    ['with a page that is not its own', plainNotFound()],
  ])('fails the tag with the name of the child: %s', async (_how, fault) => {
    const content = indexWithMissingChild('broken');
    await openWith(content);
    const absent = JSON.parse(content.root.bytes.toString()).manifests[1].digest as string;
    if (fault !== undefined) bench.primary.faults.add({ reference: absent, fault });

    const [outcome] = await bench.copy(['v1']);

    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'MISSING_CONTENT' });
    expect(outcome?.message).toContain(absent);
    expect(bench.secondary.storage.tags(APP)).toEqual(new Map());
  });

  it('fails the tag whose manifest itself is gone', async () => {
    await openWith(index);
    const step = bench.step('v1');
    bench.primary.storage.deleteManifestKeepingTag(APP, 'v1');

    const [outcome] = await bench.copySteps([step]);

    expect(outcome).toMatchObject({ reason: 'MISSING_CONTENT' });
    expect(outcome?.message).toContain(index.root.digest);
  });

  it('says TAG_MOVED where the tag stands for something else by now', async () => {
    await openWith(index);
    const step = bench.step('v1');
    bench.primary.storage.deleteManifest(APP, index.root.digest);
    seed(bench.primary.storage, APP, ociImage('newer'), 'v1');

    await expect(bench.copySteps([step])).resolves.toMatchObject([
      { outcome: 'failed', reason: 'TAG_MOVED' },
    ]);
    expect(bench.secondary.storage.tags(APP)).toEqual(new Map());
  });

  it('copies what the plan saw where the tag has moved and the content is still there', async () => {
    await openWith(index);
    const step = bench.step('v1');
    seed(bench.primary.storage, APP, ociImage('newer'), 'v1');

    await expect(bench.copySteps([step])).resolves.toMatchObject([{ outcome: 'done' }]);
    expect(bench.secondary.storage.tags(APP).get('v1')).toBe(index.root.digest);
  });

  it('lets a foreign layer be away', async () => {
    const content = imageWithForeignLayer('windows');
    const own = {
      ...content,
      blobs: content.blobs.filter(({ mediaType }) => mediaType !== mediaTypes.dockerForeignLayer),
    };
    await openWith(own, { secondary: { ...zot, manifests: { ...zot.manifests, children: 'unchecked' } } });
    bench.secondary.faults.add({ operation: ['put-tag', 'put-manifest'], fault: acknowledged(content) });

    await bench.copy(['v1']);

    expect(bench.primary.history.count({ operation: 'get-blob' })).toBe(own.blobs.length);
  });
});

/** Registries that take foreign layers answer like this; the fake refuses them, as distribution does by default. */
function acknowledged({ root }: BuiltContent): Fault {
  return {
    kind: 'change',
    change: (storage) => void storage.putManifestAs(APP, 'v1', root),
  };
}

describe('a foreign layer', () => {
  const parts = imageParts('windows');
  const foreign = blobOf(mediaTypes.dockerForeignLayer, Buffer.from('a base layer of Windows'));
  const body = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf(parts.config),
    layers: [descriptorOf(foreign), ...parts.layers.map((layer) => descriptorOf(layer))],
  };
  const content = contentOf(manifestOf(mediaTypes.ociManifest, body), [
    parts.config,
    ...parts.layers,
    foreign,
  ]);

  it('comes along where the primary keeps it', async () => {
    await openWith(content);

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);
    expect(bench.secondary.storage.blob(APP, foreign.digest)).toEqual(foreign.bytes);
  });

  it('that is nowhere is the only thing that the secondary misses, and nothing is sent twice for it', async () => {
    await openWith(content);
    bench.primary.storage.deleteBlob(APP, foreign.digest);

    const [outcome] = await bench.copy(['v1']);

    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'MISSING_CONTENT' });
    expect(outcome?.message).toContain(foreign.digest);
    expect(bench.secondary.history.count({ operation: 'commit-upload' })).toBe(parts.layers.length + 1);
  });
});

describe('a child whose type nobody knows', () => {
  const opaque = blobOf('application/vnd.example.thing', Buffer.from('{"not":"a manifest"}'));
  const body = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [descriptorOf(opaque)] };
  const ofBlob = contentOf(manifestOf(mediaTypes.ociIndex, body), [opaque]);

  it.each<FakeProfileName>(['zot', 'quay', 'distribution-2.8', 'distribution-3.1'])(
    'is a blob where %s knows it as one only',
    async (primary) => {
      await openWith(ofBlob, { primary });

      await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);
      expect(bench.secondary.storage.blob(APP, opaque.digest)).toEqual(opaque.bytes);
    },
  );

  it('is a blob also where the secondary has it already, and answers 500 to the question for a manifest', async () => {
    await openWith(ofBlob, { secondary: 'distribution-3.1' });
    bench.secondary.storage.putBlob(APP, opaque.bytes);

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);
  });

  it('is a manifest where the primary has it as one', async () => {
    const image = ociImage('inside');
    const descriptor = descriptorOf(image.root, { mediaType: 'application/vnd.example.thing' });
    await openWith(indexOver([image], [descriptor]));

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);
    expect(bench.secondary.storage.manifestDigests(APP)).toContain(image.root.digest);
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);
  });

  it('is not taken for a blob because the question for it failed', async () => {
    const image = ociImage('inside');
    const descriptor = descriptorOf(image.root, { mediaType: 'application/vnd.example.thing' });
    await openWith(indexOver([image], [descriptor]), { primary: 'distribution-3.1' });
    bench.primary.faults.add({ reference: image.root.digest, fault: jsonStatus(503, 'UNAVAILABLE') });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'failed', reason: 'SERVER_ERROR' }]);
    expect(bench.secondary.history.count({ operation: 'commit-upload' })).toBe(0);
  });
});

describe('a graph that is too large', () => {
  it('is refused where it is deeper than eight levels', async () => {
    await openWith(wrapped(ociImage('deep'), 9));

    const [outcome] = await bench.copy(['v1']);

    expect(outcome).toMatchObject({ outcome: 'failed', reason: 'MANIFEST_INVALID' });
    expect(bench.secondary.storage.tags(APP)).toEqual(new Map());
  });

  it('is refused where it has more than ten thousand manifests', async () => {
    const manifests = Array.from({ length: 10_001 }, (_, number) => ({
      mediaType: mediaTypes.ociManifest,
      digest: `sha256:${number.toString(16).padStart(64, '0')}`,
      size: 1,
    }));
    const bomb = manifestOf(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests,
    });
    await openWith(contentOf(bomb, []));
    const controller = { refused: 0 };
    bench.secondary.faults.add({
      operation: 'head-manifest',
      when: () => {
        controller.refused += 1;
        return true;
      },
      fault: jsonStatus(403, 'DENIED'),
    });

    const [outcome] = await bench.copy(['v1']);

    expect(outcome).toMatchObject({ outcome: 'failed' });
    expect(controller.refused).toBeLessThanOrEqual(10_000);
  });

  it('may be a child with a wrong size', async () => {
    await openWith(indexWithWrongSize('wrong'));

    await expect(bench.copy(['v1'])).resolves.toMatchObject([
      { outcome: 'failed', reason: 'SOURCE_CORRUPT' },
    ]);
    expect(bench.secondary.storage.tags(APP)).toEqual(new Map());
  });

  it.each([0, 50, child.bytes.length - 1])('may be a child with a flipped bit at byte %i', async (offset) => {
    await openWith(index);
    bench.primary.faults.add({ reference: child.digest, fault: bitFlip(offset) });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([
      { outcome: 'failed', reason: 'DIGEST_MISMATCH' },
    ]);
    expect(bench.secondary.storage.manifestDigests(APP)).not.toContain(child.digest);
  });
});

describe('a secondary that has a node and not what is below it', () => {
  it('is healed where it says so when the manifest above is put', async () => {
    await openWith(index);
    seed(bench.secondary.storage, APP, index, 'old');
    for (const digest of bench.secondary.storage.manifestDigests(APP)) {
      if (digest !== index.root.digest) bench.secondary.storage.deleteManifest(APP, digest);
    }
    bench.secondary.faults.add({
      operation: 'head-manifest',
      fault: { kind: 'stale-read', storage: snapshotWith(index) },
      times: 2,
    });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);
  });

  it.each<[string, Fault]>([
    ['and says what it misses', { kind: 'edit', edit: (given) => given }],
    ['and does not say what it misses', { kind: 'edit', edit: withoutDetails }],
  ])('is healed where a blob is gone that was sent in this very cycle, %s', async (_how, fault) => {
    await openWith(index);
    seed(bench.primary.storage, APP, indexOver([index], [descriptorOf(index.root)]), 'v2');
    await bench.copy(['v1']);
    const storage = bench.secondary.storage;
    for (const digest of storage.blobDigests(APP)) storage.deleteBlob(APP, digest);
    for (const digest of storage.manifestDigests(APP)) storage.deleteManifest(APP, digest);
    bench.secondary.faults.add({ operation: ['put-manifest', 'put-tag'], fault });

    await expect(bench.copy(['v2'])).resolves.toMatchObject([{ outcome: 'done' }]);
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);
  });

  it('is healed where it claims to have a blob that it names as missing', async () => {
    const image = ociImage('image');
    await openWith(image);
    const claim: Fault = {
      kind: 'edit',
      edit: (given, { reference }) => ({
        ...given,
        status: 200,
        headers: new Map([
          ['Docker-Content-Digest', reference],
          ['Content-Length', String(image.blobs.find(({ digest }) => digest === reference)?.bytes.length)],
        ]),
      }),
    };
    bench.secondary.faults.add({ operation: 'head-blob', fault: claim });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);
    expect(bench.secondary.history.count({ operation: 'commit-upload' })).toBe(image.blobs.length);
  });

  it.each<[string, Fault]>([
    ['an HTML page', htmlPage()],
    ['another manifest', replacedHeader('Docker-Content-Digest', `sha256:${'1'.repeat(64)}`)],
  ])('does not exist there because the question for it is answered by %s', async (_what, fault) => {
    const lenient = {
      ...distribution31,
      manifests: { ...distribution31.manifests, children: 'unchecked' },
    } as const;
    await openWith(index, { secondary: lenient });
    bench.secondary.faults.add({ operation: 'head-manifest', fault });

    await expect(bench.copy(['v1'])).resolves.toMatchObject([{ outcome: 'done' }]);
    expect(incompleteTags(bench.secondary.storage)).toEqual([]);
  });
});

describe('a subject', () => {
  it('comes with its referrer, and with all that is below it', async () => {
    const subject = ociImage('subject');
    const signature = referrerOf('signature', subject.root);
    await openWith(signature);
    seed(bench.primary.storage, APP, subject, 'image');

    await bench.copy(['v1']);

    expect(bench.secondary.storage.manifestDigests(APP)).toContain(subject.root.digest);
    expect(bench.secondary.storage.tags(APP).has('image')).toBe(false);
  });

  it('that is damaged fails the tag, as it may be legal only to be away', async () => {
    const subject = ociImage('subject');
    await openWith(referrerOf('signature', subject.root));
    seed(bench.primary.storage, APP, subject, 'image');
    bench.primary.storage.deleteBlob(APP, subject.blobs[0]!.digest);

    await expect(bench.copy(['v1'])).resolves.toMatchObject([
      { outcome: 'failed', reason: 'MISSING_CONTENT' },
    ]);
  });
});

function withoutDetails(given: FakeAnswer): FakeAnswer {
  if (given.status !== 400) return given;
  return withBody(given, JSON.stringify({ errors: [{ code: 'MANIFEST_BLOB_UNKNOWN', message: 'unknown' }] }));
}

/** A storage that has the index, to answer for one that has lost it. */
function snapshotWith(content: BuiltContent) {
  const storage = bench.primary.storage.snapshot();
  seed(storage, APP, content, 'x');
  expect(parseDigest(content.root.digest)).toBe(content.root.digest);
  return storage;
}
