import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type BuiltContent } from '../../test/builders/built-content.ts';
import * as index from '../../test/builders/index-content.ts';
import { schema1Image } from '../../test/builders/schema1-content.ts';
import { digestOf, type Digest } from './digest.ts';
import { parseManifest } from './manifest.ts';
import { OCI_ARTIFACT, OCI_INDEX, OCI_MANIFEST, SCHEMA1 } from './media-type.ts';
import { successorsOf, type Successors } from './successors.ts';

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const CONFIG = 'application/vnd.oci.image.config.v1+json';

function digest(name: string): Digest {
  return digestOf(Buffer.from(name));
}

function successors(body: unknown): Successors {
  return successorsOf(parseManifest(Buffer.from(JSON.stringify(body))));
}

function successorsOfRoot({ root }: BuiltContent): Successors {
  return successorsOf(parseManifest(root.bytes, { contentType: root.mediaType }));
}

function required(name: string, sizeBytes?: number): unknown {
  return { digest: digest(name), sizeBytes, demand: 'required' };
}

const nothing: Successors = { manifests: [], blobs: [], undecided: [], subject: undefined };

describe('the successors of an image', () => {
  it('are its configuration and its layers, in this order', () => {
    const body = {
      layers: [
        { mediaType: LAYER, digest: digest('one'), size: 1 },
        { mediaType: LAYER, digest: digest('two'), size: 2 },
      ],
      config: { mediaType: CONFIG, digest: digest('config'), size: 3 },
    };
    expect(successors(body)).toEqual({
      ...nothing,
      blobs: [required('config', 3), required('one', 1), required('two', 2)],
    });
  });

  it.each([
    ['empty', []],
    ['null', null],
    ['absent', undefined],
  ])('are its configuration alone where its layers are %s', (_what, layers) => {
    expect(successors({ config: { digest: digest('config') }, layers })).toEqual({
      ...nothing,
      blobs: [required('config')],
    });
  });

  it.each([[null], [undefined]])('are its layers alone where its configuration is %p', (config) => {
    expect(successors({ config, layers: [{ digest: digest('one') }] })).toEqual({
      ...nothing,
      blobs: [required('one')],
    });
  });

  it('name a layer once that is listed twice, also one that is the configuration', () => {
    const layers = ['one', 'config', 'two', 'one'].map((name) => ({ digest: digest(name) }));
    expect(successors({ config: { digest: digest('config') }, layers }).blobs).toEqual([
      required('config'),
      required('one'),
      required('two'),
    ]);
  });

  it('say of a foreign layer that it may be missing', () => {
    const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    const layers = [{ mediaType, digest: digest('base'), size: 9, urls: ['https://example.com/base'] }];
    expect(successors({ layers }).blobs).toEqual([
      { digest: digest('base'), sizeBytes: 9, demand: 'foreign' },
    ]);
  });

  it('are nothing for an image that is empty', () => {
    expect(successors({ mediaType: OCI_MANIFEST })).toEqual(nothing);
  });
});

describe('the successors of an artifact manifest', () => {
  it('are its blobs, each once', () => {
    const blobs = ['one', 'two', 'one'].map((name) => ({ digest: digest(name), size: 4 }));
    expect(successors({ mediaType: OCI_ARTIFACT, blobs })).toEqual({
      ...nothing,
      blobs: [required('one', 4), required('two', 4)],
    });
  });

  it.each([[null], [undefined]])('are none where its blobs are %p', (blobs) => {
    expect(successors({ mediaType: OCI_ARTIFACT, blobs })).toEqual(nothing);
  });
});

describe('the successors of a schema 1 manifest', () => {
  it('are the blobs of its layers, each once: its empty layer comes again and again', () => {
    const fsLayers = ['top', 'empty', 'base', 'empty'].map((name) => ({ blobSum: digest(name) }));
    expect(successors({ fsLayers })).toEqual({
      ...nothing,
      blobs: [required('top'), required('empty'), required('base')],
    });
  });

  it('are those of the signed document', () => {
    const content = schema1Image('successors');
    const blobs = content.blobs.map((blob) => blob.digest).sort();
    expect(
      successorsOfRoot(content)
        .blobs.map((blob) => blob.digest)
        .sort(),
    ).toEqual(blobs);
  });

  it('are none where it has no layers', () => {
    expect(successors({ mediaType: SCHEMA1, fsLayers: null })).toEqual(nothing);
  });
});

describe('the successors of an index', () => {
  it.each([
    OCI_MANIFEST,
    OCI_INDEX,
    OCI_ARTIFACT,
    SCHEMA1,
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
  ])('are manifests where they are called %s', (mediaType) => {
    const child = { mediaType, digest: digest('child'), size: 5 };
    expect(successors({ manifests: [child] })).toEqual({
      ...nothing,
      manifests: [{ mediaType, digest: digest('child'), sizeBytes: 5 }],
    });
  });

  it.each([
    LAYER,
    CONFIG,
    'application/vnd.docker.image.rootfs.diff.tar.gzip',
    'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
    'application/x.tar',
  ])('are blobs where they are called %s', (mediaType) => {
    expect(successors({ manifests: [{ mediaType, digest: digest('child'), size: 5 }] })).toEqual({
      ...nothing,
      blobs: [required('child', 5)],
    });
  });

  it.each([
    undefined,
    'application/octet-stream',
    'application/vnd.example.bundle.v1+json',
    'application/vnd.docker.container.image.v1+json',
    'application/vnd.oci.image.manifest.v2+json',
  ])('are asked for as a manifest first where they are called %p', (mediaType) => {
    expect(successors({ manifests: [{ mediaType, digest: digest('child') }] })).toEqual({
      ...nothing,
      undecided: [{ mediaType, digest: digest('child'), sizeBytes: undefined }],
    });
  });

  it('are named once for the index that lists each of its four children twice (Quay broke on it)', () => {
    // The digests of ghcr.io/berriai/litellm-non_root, litellm_rc_branch-v1.80.9.dev5.
    const digests = [
      'sha256:082e5af6d1b1e58521fa97f8f212a189cd415103db1936dd57c0b2e8dfa7dad8',
      'sha256:4da897392752d9b624f0bccac293ed8b2567fcc5c3be56a917a40d5b57d01b55',
      'sha256:9ea73ef1405bf04ec737edd37b6c7dda2bdbbab262804f9babfc34f33e9c090e',
      'sha256:f64613434b1e79f7ae3e9b840c5592305c0e01a1f5b83ba27e2d752ce61cd2fd',
    ];
    const manifests = [...digests, ...digests].map((child) => ({
      mediaType: OCI_MANIFEST,
      digest: child,
      size: 5629,
    }));
    expect(successors({ mediaType: OCI_INDEX, manifests }).manifests.map((child) => child.digest)).toEqual(
      digests,
    );
  });

  it('keep what the first of two entries says of a child', () => {
    const manifests = [
      { mediaType: OCI_MANIFEST, digest: digest('child'), size: 1 },
      { mediaType: OCI_INDEX, digest: digest('child'), size: 2 },
    ];
    expect(successors({ manifests }).manifests).toEqual([
      { mediaType: OCI_MANIFEST, digest: digest('child'), sizeBytes: 1 },
    ]);
  });

  it('are blobs throughout in a cache of BuildKit, whatever their types', () => {
    const types = ['application/octet-stream', LAYER, 'application/vnd.buildkit.cacheconfig.v0'];
    const manifests = types.map((mediaType) => ({ mediaType, digest: digest(mediaType), size: 8 }));
    expect(successors({ manifests })).toEqual({ ...nothing, blobs: types.map((type) => required(type, 8)) });
    expect(successorsOfRoot(index.buildkitCacheIndex('cache'))).toMatchObject({
      manifests: [],
      undecided: [],
    });
  });

  it('may be a manifest even in a cache of BuildKit', () => {
    const types = [OCI_MANIFEST, 'application/vnd.buildkit.cacheconfig.v0'];
    const manifests = types.map((mediaType) => ({ mediaType, digest: digest(mediaType) }));
    expect(successors({ manifests }).manifests.map((child) => child.digest)).toEqual([digest(OCI_MANIFEST)]);
  });

  it("are not taken for a cache by a type that only resembles BuildKit's", () => {
    const manifests = [
      { mediaType: 'application/vnd.buildkit.cacheconfig.v1', digest: digest('a') },
      { mediaType: 'application/octet-stream', digest: digest('b') },
    ];
    expect(successors({ manifests }).undecided).toHaveLength(2);
  });

  it('include the attestation beside the image', () => {
    const content = index.indexWithAttestation('attested');
    const children = content.manifests.filter((each) => each.digest !== content.root.digest);
    expect(successorsOfRoot(content).manifests.map((child) => child.digest)).toEqual(
      children.map((child) => child.digest),
    );
  });

  it('include an index inside an index', () => {
    const found = successorsOfRoot(index.nestedIndex('nested')).manifests;
    expect(found.map((child) => child.mediaType)).toEqual([OCI_INDEX, OCI_MANIFEST]);
  });

  it.each([
    [[], undefined],
    [null, OCI_INDEX],
    [undefined, OCI_INDEX],
  ])('are none where its manifests are %p', (manifests, mediaType) => {
    expect(successors({ manifests, mediaType })).toEqual(nothing);
  });

  it('are each child once and in order, however the entries repeat', () => {
    const types = fc.constantFrom(OCI_MANIFEST, LAYER, 'application/octet-stream', undefined);
    const entry = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), mediaType: types });
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const manifests = entries.map(({ name, mediaType }) => ({ mediaType, digest: digest(name) }));
        const found = successors({ manifests });
        const all = [...found.manifests, ...found.blobs, ...found.undecided].map((child) => child.digest);
        expect(new Set(all)).toEqual(new Set(manifests.map((child) => child.digest)));
        expect(all).toHaveLength(new Set(all).size);
        const order = manifests.map((child) => child.digest);
        for (const list of [found.manifests, found.blobs, found.undecided]) {
          const positions = list.map((child) => order.indexOf(child.digest));
          expect(positions).toEqual(positions.toSorted((a, b) => a - b));
        }
      }),
    );
  });
});

describe('the subject of a manifest', () => {
  const subject = { mediaType: OCI_MANIFEST, digest: digest('subject'), size: 6 };
  const expected = { mediaType: OCI_MANIFEST, digest: digest('subject'), sizeBytes: 6 };

  it.each([
    ['an image', { layers: [] }],
    ['an index', { manifests: [] }],
    ['an artifact manifest', { blobs: [] }],
  ])('is told apart from the content of %s', (_what, body) => {
    expect(successors({ ...body, subject })).toEqual({ ...nothing, subject: expected });
  });

  it.each([[null], [undefined]])('may be %p', (none) => {
    expect(successors({ layers: [], subject: none }).subject).toBeUndefined();
  });
});
