import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { shapeCatalog } from '../../test/builders/shape-catalog.ts';
import { digestOf } from './digest.ts';
import { hasDigest, parseManifest, type ManifestHints } from './manifest.ts';
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  manifestKindOf,
  OCI_ARTIFACT,
  OCI_INDEX,
  OCI_MANIFEST,
  SCHEMA1,
  SCHEMA1_SIGNED,
} from './media-type.ts';

const blob = { mediaType: 'application/octet-stream', digest: digestOf(Buffer.from('blob')), size: 4 };
const child = { mediaType: OCI_MANIFEST, digest: digestOf(Buffer.from('child')), size: 5 };

/** Bodies of each shape, none with a media type. */
const indexBody = { schemaVersion: 2, manifests: [child] };
const imageBody = { schemaVersion: 2, config: blob, layers: [blob] };
const artifactBody = { artifactType: 'application/vnd.example', blobs: [blob] };
const schema1Body = { schemaVersion: 1, fsLayers: [{ blobSum: blob.digest }] };
const shapelessBody = { schemaVersion: 2 };
const bodies = { indexBody, imageBody, artifactBody, schema1Body, shapelessBody };

type BodyName = keyof typeof bodies;

function bytesOf(body: unknown): Buffer {
  return Buffer.from(JSON.stringify(body));
}

function refusal(code: string): unknown {
  return expect.objectContaining({ name: 'OciError', code });
}

function endOf(raw: Uint8Array): string {
  try {
    return parseManifest(raw).raw === raw ? 'read' : 'changed';
  } catch (error) {
    return error instanceof Error ? error.name : 'thrown';
  }
}

describe('the media type of a manifest', () => {
  it.each<[string, BodyName, string]>([
    ['the index', 'indexBody', OCI_INDEX],
    ['the index', 'indexBody', DOCKER_LIST],
    ['the image', 'imageBody', OCI_MANIFEST],
    ['the image', 'imageBody', DOCKER_MANIFEST],
    ['the artifact', 'artifactBody', OCI_ARTIFACT],
    ['schema 1', 'schema1Body', SCHEMA1],
    ['schema 1', 'schema1Body', SCHEMA1_SIGNED],
    ['a body without a shape', 'shapelessBody', OCI_INDEX],
    ['a body without a shape', 'shapelessBody', DOCKER_MANIFEST],
  ])('is what the body of %s says, before anything else (%s, %s)', (_what, name, mediaType) => {
    const document = parseManifest(bytesOf({ ...bodies[name], mediaType }), {
      descriptorMediaType: 'application/vnd.example.parent+json',
      contentType: 'application/vnd.example.response+json',
    });
    expect(document.mediaType).toBe(mediaType);
  });

  it.each<[string, BodyName, ManifestHints, string]>([
    ['descriptor', 'imageBody', { descriptorMediaType: DOCKER_MANIFEST }, DOCKER_MANIFEST],
    ['descriptor', 'indexBody', { descriptorMediaType: DOCKER_LIST }, DOCKER_LIST],
    [
      'descriptor before Content-Type',
      'imageBody',
      { descriptorMediaType: OCI_MANIFEST, contentType: DOCKER_MANIFEST },
      OCI_MANIFEST,
    ],
    ['Content-Type', 'imageBody', { contentType: DOCKER_MANIFEST }, DOCKER_MANIFEST],
    ['Content-Type', 'indexBody', { contentType: DOCKER_LIST }, DOCKER_LIST],
    ['Content-Type', 'artifactBody', { contentType: OCI_ARTIFACT }, OCI_ARTIFACT],
    ['Content-Type', 'schema1Body', { contentType: SCHEMA1_SIGNED }, SCHEMA1_SIGNED],
    ['Content-Type', 'shapelessBody', { contentType: OCI_INDEX }, OCI_INDEX],
    [
      'Content-Type without its parameters',
      'indexBody',
      { contentType: `${DOCKER_LIST}; charset=utf-8` },
      DOCKER_LIST,
    ],
    [
      'Content-Type where the descriptor names no manifest',
      'imageBody',
      { descriptorMediaType: 'application/octet-stream', contentType: DOCKER_MANIFEST },
      DOCKER_MANIFEST,
    ],
    ['shape: manifests', 'indexBody', {}, OCI_INDEX],
    ['shape: config and layers', 'imageBody', {}, OCI_MANIFEST],
    ['shape: blobs', 'artifactBody', {}, OCI_ARTIFACT],
    ['shape: fsLayers', 'schema1Body', {}, SCHEMA1],
    ['shape, for application/json', 'indexBody', { contentType: 'application/json' }, OCI_INDEX],
    [
      'shape, for types that name no manifest',
      'imageBody',
      { descriptorMediaType: 'application/vnd.x+json', contentType: 'text/plain' },
      OCI_MANIFEST,
    ],
    ['shape, for an index called schema 1', 'indexBody', { contentType: SCHEMA1_SIGNED }, OCI_INDEX],
    ['shape, for an image called schema 1', 'imageBody', { contentType: SCHEMA1 }, OCI_MANIFEST],
    [
      'shape, for an index whose parent calls it schema 1',
      'indexBody',
      { descriptorMediaType: SCHEMA1 },
      OCI_INDEX,
    ],
    [
      'Content-Type, for an index whose parent calls it schema 1',
      'indexBody',
      { descriptorMediaType: SCHEMA1, contentType: DOCKER_LIST },
      DOCKER_LIST,
    ],
  ])('comes from the %s where the body says nothing (%s, %j: %s)', (_from, name, hints, mediaType) => {
    const kind = manifestKindOf(mediaType);
    expect(parseManifest(bytesOf(bodies[name]), hints)).toMatchObject({ mediaType, kind });
  });

  it.each([[null], ['']])('may be %j in the body, which says nothing', (mediaType) => {
    expect(
      parseManifest(bytesOf({ ...imageBody, mediaType }), { contentType: DOCKER_MANIFEST }).mediaType,
    ).toBe(DOCKER_MANIFEST);
  });

  it('is the one the body gives even where nobody knows it: the shape says how to walk it', () => {
    const mediaType = 'application/vnd.example.bundle.v1+json';
    expect(parseManifest(bytesOf({ ...indexBody, mediaType }))).toMatchObject({ mediaType, kind: 'index' });
    expect(parseManifest(bytesOf({ ...imageBody, mediaType }))).toMatchObject({ mediaType, kind: 'image' });
  });

  it.each([
    [{ config: blob }, 'image'],
    [{ layers: [] }, 'image'],
    [{ config: blob, layers: null }, 'image'],
    [{ config: blob, manifests: null, fsLayers: null, blobs: null }, 'image'],
    [{ manifests: [], config: null, layers: null }, 'index'],
    [{ manifests: [], blobs: [blob] }, 'index'],
    [{ config: blob, blobs: [blob] }, 'image'],
    [{ fsLayers: [], blobs: [blob] }, 'schema1'],
    [{ blobs: [] }, 'artifact'],
  ])('takes %j for an %s', (body, kind) => {
    expect(parseManifest(bytesOf(body)).kind).toBe(kind);
  });

  it('says signed only of a schema 1 manifest with signatures', () => {
    expect(parseManifest(bytesOf({ ...schema1Body, signatures: [] })).mediaType).toBe(SCHEMA1_SIGNED);
    expect(parseManifest(bytesOf({ ...schema1Body, signatures: null })).mediaType).toBe(SCHEMA1);
  });

  it('is that of an index for the index that GitLab took for schema 1', () => {
    // The sample of the report about buildah's indexes without a media type (found behind gitlab#301398).
    const sample = `{
  "schemaVersion": 2,
  "manifests": [
    {
      "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "digest": "sha256:3c941fdcdaf20de3e7482b593fd09e8275c366a6bfe43f0f45334d858cc4703e",
      "size": 123,
      "platform": { "architecture": "arm64", "os": "linux", "variant": "v8" }
    },
    {
      "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "digest": "sha256:e0c4475d341e6363c4d4a7c77a0f71c00c25f4b0ade8c4b4ea093001a135803d",
      "size": 456,
      "platform": { "architecture": "amd64", "os": "linux" }
    }
  ]
}`;
    const index = { kind: 'index', mediaType: OCI_INDEX };
    expect(parseManifest(Buffer.from(sample))).toMatchObject(index);
    expect(parseManifest(Buffer.from(sample), { contentType: SCHEMA1_SIGNED })).toMatchObject(index);
    expect(parseManifest(Buffer.from(sample), { contentType: SCHEMA1 })).toMatchObject(index);
  });

  it("is the descriptor's for a child that says nothing (gitlab#600486: BuildKit leaves the field out)", () => {
    const document = parseManifest(bytesOf(imageBody), { descriptorMediaType: child.mediaType });
    expect(document.mediaType).toBe(OCI_MANIFEST);
  });
});

describe('a manifest with two readings', () => {
  it.each([
    ['index and image', { ...indexBody, ...imageBody }],
    ['index and image, declared as an index', { ...indexBody, ...imageBody, mediaType: OCI_INDEX }],
    ['index and image, declared as an image', { ...indexBody, ...imageBody, mediaType: OCI_MANIFEST }],
    ['index and image with empty lists', { manifests: [], layers: [] }],
    ['index with a configuration', { ...indexBody, config: blob }],
    ['index and schema 1', { ...indexBody, ...schema1Body }],
    ['image and schema 1', { ...imageBody, ...schema1Body }],
    ['all at once', { ...indexBody, ...imageBody, ...schema1Body }],
  ])('is refused: %s (CVE-2021-41190)', (_what, body) => {
    expect(() => parseManifest(bytesOf(body))).toThrow(refusal('AMBIGUOUS_MANIFEST'));
  });

  it.each<[BodyName, string]>([
    ['indexBody', OCI_MANIFEST],
    ['indexBody', DOCKER_MANIFEST],
    ['indexBody', OCI_ARTIFACT],
    ['indexBody', SCHEMA1],
    ['imageBody', OCI_INDEX],
    ['imageBody', DOCKER_LIST],
    ['imageBody', OCI_ARTIFACT],
    ['imageBody', SCHEMA1_SIGNED],
    ['artifactBody', OCI_MANIFEST],
    ['artifactBody', OCI_INDEX],
    ['schema1Body', DOCKER_MANIFEST],
    ['schema1Body', OCI_INDEX],
  ])('is refused: %s that calls itself %s', (name, mediaType) => {
    expect(() => parseManifest(bytesOf({ ...bodies[name], mediaType }))).toThrow(
      refusal('AMBIGUOUS_MANIFEST'),
    );
  });

  it.each<[BodyName, ManifestHints]>([
    ['indexBody', { contentType: OCI_MANIFEST }],
    ['indexBody', { descriptorMediaType: OCI_MANIFEST }],
    ['indexBody', { descriptorMediaType: DOCKER_MANIFEST, contentType: OCI_INDEX }],
    ['imageBody', { contentType: OCI_INDEX }],
    ['imageBody', { descriptorMediaType: DOCKER_LIST }],
    ['schema1Body', { contentType: DOCKER_MANIFEST }],
    ['artifactBody', { contentType: OCI_MANIFEST }],
  ])('is refused: %s that others call %j', (name, hints) => {
    expect(() => parseManifest(bytesOf(bodies[name]), hints)).toThrow(refusal('AMBIGUOUS_MANIFEST'));
  });

  it.each<[string, string]>([
    [OCI_INDEX, OCI_MANIFEST],
    [OCI_INDEX, SCHEMA1_SIGNED],
    [DOCKER_LIST, DOCKER_MANIFEST],
  ])('is refused: a body that says %s in a response that says %s', (mediaType, contentType) => {
    expect(() => parseManifest(bytesOf({ ...indexBody, mediaType }), { contentType })).toThrow(
      refusal('AMBIGUOUS_MANIFEST'),
    );
    expect(() => parseManifest(bytesOf({ mediaType }), { contentType })).toThrow(
      refusal('AMBIGUOUS_MANIFEST'),
    );
  });

  it.each([
    [OCI_INDEX, DOCKER_LIST],
    [OCI_INDEX, 'application/json'],
    [OCI_INDEX, 'text/plain; charset=utf-8'],
    ['application/vnd.example.bundle.v1+json', OCI_MANIFEST],
  ])('is not seen in a body that says %s in a response that says %s', (mediaType, contentType) => {
    expect(parseManifest(bytesOf({ ...indexBody, mediaType }), { contentType })).toMatchObject({
      kind: 'index',
      mediaType,
    });
  });

  it('names both readings', () => {
    expect(() => parseManifest(bytesOf(indexBody), { contentType: OCI_MANIFEST })).toThrow(
      `the media type "${OCI_MANIFEST}" says image, the body is shaped like index`,
    );
    expect(() => parseManifest(bytesOf({ mediaType: OCI_INDEX }), { contentType: OCI_MANIFEST })).toThrow(
      `the manifest calls itself ${OCI_INDEX}, the registry calls it ${OCI_MANIFEST}`,
    );
    expect(() => parseManifest(bytesOf({ ...indexBody, ...imageBody }))).toThrow('more than one reading');
  });
});

describe('a manifest that is none', () => {
  it.each([
    ['nothing', ''],
    ['half a document', '{"schemaVersion":2,"manifests":['],
    ['a login page', '<!DOCTYPE html><html></html>'],
    ['two documents', '{"manifests":[]}{"manifests":[]}'],
    ['a number that JSON does not have', '{"config":{"size":NaN}}'],
    ['null', 'null'],
    ['a list', '[{"manifests":[]}]'],
    ['a text', '"manifests"'],
    ['manifests that are no list', '{"manifests":{}}'],
    ['an entry that is null', '{"manifests":[null]}'],
    ['a configuration that is a text', '{"config":"sha256"}'],
    ['a media type that is no text', '{"mediaType":7,"manifests":[]}'],
    ['an artifact type that is no text', '{"artifactType":[],"config":null,"layers":[]}'],
    ['annotations that are a list', '{"annotations":["a"],"layers":[]}'],
    ['a subject without a digest', '{"layers":[],"subject":{"size":1}}'],
    ['a schema 1 layer without its blob', '{"fsLayers":[{}]}'],
    ['a blob of an artifact without a digest', '{"blobs":[{"size":1}]}'],
  ])('is refused: %s', (_what, text) => {
    expect(() => parseManifest(Buffer.from(text), { contentType: OCI_INDEX })).toThrow(
      refusal('MANIFEST_INVALID'),
    );
  });

  it.each(['-1', '1.5', '"4"', 'null', '9223372036854775808', '9007199254740993', '1e400', '[4]'])(
    'is refused: a descriptor with a size of %s',
    (size) => {
      const text = `{"manifests":[{"digest":"${blob.digest}","size":${size}}]}`;
      expect(() => parseManifest(Buffer.from(text))).toThrow(refusal('MANIFEST_INVALID'));
    },
  );

  it.each(['0', '4', '4.0', '4e0', '9007199254740991'])('is not seen in a size of %s', (size) => {
    const text = `{"manifests":[{"digest":"${blob.digest}","size":${size}}]}`;
    expect(parseManifest(Buffer.from(text)).view.manifests).toEqual([
      { digest: blob.digest, size: Number(size) },
    ]);
  });

  it('is refused where its text is not UTF-8, instead of being read as something it is not', () => {
    const bytes = Buffer.from('{"layers":[],"annotations":{"name":"gr\u00fcn"}}', 'latin1');
    expect(() => parseManifest(bytes)).toThrow(refusal('MANIFEST_INVALID'));
  });

  it('is refused in UTF-16', () => {
    expect(() => parseManifest(Buffer.from('{"layers":[]}', 'utf16le'))).toThrow(refusal('MANIFEST_INVALID'));
  });

  it('says where the document is not valid', () => {
    const wrongChild = { ...indexBody, manifests: [child, { digest: 'sha256:x' }] };
    expect(() => parseManifest(bytesOf(wrongChild))).toThrow(
      'the manifest is not valid at $.manifests.1.digest: not a sha256 or sha512 digest',
    );
    expect(() => parseManifest(bytesOf([]))).toThrow('the manifest is not valid at $: ');
    expect(() => parseManifest(Buffer.from('<'))).toThrow('the manifest is not JSON');
  });

  it('keeps what the parser said as its cause', () => {
    expect(() => parseManifest(Buffer.from('<'))).toThrow(
      expect.objectContaining({ cause: expect.any(SyntaxError) }),
    );
  });

  it.each<[string, unknown, ManifestHints]>([
    ['an empty object', {}, {}],
    ['an empty object as application/json', {}, { contentType: 'application/json' }],
    ['an index of null, called nothing', { schemaVersion: 2, manifests: null }, {}],
    ['a body of a type that nobody knows', { mediaType: 'application/vnd.example+json' }, {}],
    ['a child of a type that nobody knows', {}, { descriptorMediaType: 'application/vnd.example+json' }],
    ['an error document', { errors: [{ code: 'DENIED' }] }, { contentType: 'application/json' }],
    ['a shapeless body that the response calls schema 1', {}, { contentType: SCHEMA1_SIGNED }],
  ])('is of no supported type: %s', (_what, body, hints) => {
    expect(() => parseManifest(bytesOf(body), hints)).toThrow(refusal('UNSUPPORTED_MEDIA_TYPE'));
  });

  it('names the type that is not supported', () => {
    const shapeless = bytesOf({});
    const other = 'application/vnd.example+json';
    const message = `neither the media type "${other}" nor the shape`;
    expect(() => parseManifest(shapeless, { descriptorMediaType: other, contentType: 'text/html' })).toThrow(
      message,
    );
    expect(() => parseManifest(shapeless, { contentType: other })).toThrow(message);
    expect(() => parseManifest(shapeless)).toThrow('neither the media type ""');
  });

  it('throws nothing but its own errors, whatever the bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
    );
    fc.assert(fc.property(bytes, (raw) => expect(['read', 'OciError']).toContain(endOf(raw))));
  });
});

describe('an index of null', () => {
  it('is an empty index where somebody calls it an index, as Go writes one', () => {
    const raw = Buffer.from('{"schemaVersion":2,"manifests":null}');
    expect(parseManifest(raw, { contentType: OCI_INDEX })).toMatchObject({
      kind: 'index',
      mediaType: OCI_INDEX,
    });
  });
});

describe('the bytes of a manifest', () => {
  const catalog = shapeCatalog
    .filter(({ name }) => name !== 'ambiguous-manifest')
    .map(({ name, build }) => [name, build('manifest.spec').root] as const);

  it.each(catalog)('go through untouched: %s', (_name, { bytes, mediaType, digest }) => {
    const before = Buffer.from(bytes);
    const document = parseManifest(bytes, { contentType: mediaType });
    expect(document.raw).toBe(bytes);
    expect(bytes.equals(before)).toBe(true);
    expect(document).toMatchObject({ mediaType, digest });
  });

  it('are hashed as they are, however the JSON is written', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[ \t\r\n]*$/), fc.json(), (text, blank, extra) => {
        const name = JSON.stringify(text);
        const raw = Buffer.from(
          `${blank}{"x-first":${extra},${blank}"layers":[],"annotations":{"a":${name}}}${blank}`,
        );
        const document = parseManifest(raw);
        expect(document.raw).toBe(raw);
        expect(document.digest).toBe(digestOf(raw));
        expect(document.view.annotations).toEqual({ a: text });
      }),
    );
  });

  it('keep a byte order mark, which counts for the digest and not for the reading', () => {
    const raw = Buffer.from(`\ufeff${JSON.stringify(indexBody)}`);
    const document = parseManifest(raw);
    expect(document).toMatchObject({ kind: 'index', digest: digestOf(raw) });
    expect([...document.raw.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  });

  it('keep numbers that no double holds, in fields that are not followed', () => {
    const raw = Buffer.from('{"layers":[],"x":1e400,"y":12345678901234567890.10,"schemaVersion":1e400}');
    expect(parseManifest(raw)).toMatchObject({ kind: 'image', digest: digestOf(raw) });
  });

  it('keep duplicate keys, of which the last one is followed', () => {
    const raw = Buffer.from(
      `{"layers":[{"digest":"${child.digest}"}],"layers":[{"digest":"${blob.digest}"}]}`,
    );
    const document = parseManifest(raw);
    expect(document.view.layers).toEqual([{ digest: blob.digest }]);
    expect(document.digest).toBe(digestOf(raw));
  });

  it("may carry the names of an object's own parts", () => {
    const raw = Buffer.from('{"layers":[],"__proto__":{"manifests":[]},"constructor":1}');
    expect(parseManifest(raw).kind).toBe('image');
  });
});

describe('the digest of a manifest', () => {
  const raw = bytesOf(imageBody);

  it('is stated in the algorithm that was asked for', () => {
    expect(parseManifest(raw).digest).toBe(digestOf(raw, 'sha256'));
    expect(parseManifest(raw, { algorithm: 'sha512' }).digest).toBe(digestOf(raw, 'sha512'));
  });

  it.each(['sha256', 'sha512'] as const)('is found in %s, whichever it was stated in', (algorithm) => {
    expect(hasDigest(parseManifest(raw), digestOf(raw, algorithm))).toBe(true);
    expect(hasDigest(parseManifest(raw, { algorithm: 'sha512' }), digestOf(raw, algorithm))).toBe(true);
    expect(hasDigest(parseManifest(raw), digestOf(Buffer.from('other'), algorithm))).toBe(false);
  });
});
