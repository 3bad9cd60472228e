import { afterEach, describe, expect, it } from '@jest/globals';

import { parseDigest, type Digest } from '../../../src/oci/digest.ts';
import { MANIFEST_ACCEPT } from '../../../src/oci/media-type.ts';
import { digestOf, type BuiltContent } from '../../builders/built-content.ts';
import { dockerImage, ociImage, oversizedImage } from '../../builders/image-content.ts';
import { dockerManifestList, ociIndex } from '../../builders/index-content.ts';
import { schema1Image } from '../../builders/schema1-content.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import {
  bitFlip,
  gzipped,
  htmlPage,
  jsonStatus,
  otherContent,
  otherDigestAlgorithm,
  plainMethodNotAllowed,
  plainNotFound,
  redirect,
  replacedHeader,
  withoutHeader,
} from '../../fakes/fake-faults.ts';
import type { FakeProfileName } from '../../fakes/fake-profile.ts';
import type { FakeRegistry } from '../../fakes/fake-registry.ts';
import { APP, RegistryBench, V1 } from './registry-bench.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const image = ociImage('image');
const digest = parseDigest(image.root.digest);

async function startWith(
  content: BuiltContent = image,
  profile: FakeProfileName = 'distribution-3.1',
): Promise<FakeRegistry> {
  const registry = await bench.start({ profile });
  registry.storage.putManifestAs(APP, V1, content.root);
  return registry;
}

const READS = ['head-tag', 'head-manifest', 'get-tag', 'get-manifest'] as const;

describe('the digest of a tag', () => {
  it('is that of the HEAD, and nothing is downloaded', async () => {
    const registry = await startWith();

    await expect(bench.client(registry).manifests.resolve(APP, V1)).resolves.toBe(digest);
    expect(registry.history.all.map(({ method }) => method)).toEqual(['HEAD']);
  });

  it.each<[string, BuiltContent]>([
    ['an image', image],
    ['an index', ociIndex('index')],
    ['a manifest list', dockerManifestList('list')],
    ['a Docker image', dockerImage('docker')],
    ['schema 1, whose signatures do not count', schema1Image('old')],
  ])('is the hash of the body where the registry sends none, for %s', async (_what, content) => {
    const registry = await startWith(content, 'no-digest-header');

    await expect(bench.client(registry).manifests.resolve(APP, V1)).resolves.toBe(content.root.digest);
    expect(registry.history.all.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  });

  it.each<[string, Fault]>([
    ['is missing', withoutHeader('Docker-Content-Digest')],
    ['is no digest', replacedHeader('Docker-Content-Digest', 'sha256:1234')],
    [
      'is of an algorithm that nobody trusts',
      replacedHeader('Docker-Content-Digest', `md5:${'0'.repeat(32)}`),
    ],
    ['is there twice', replacedHeader('Docker-Content-Digest', [image.root.digest, image.root.digest])],
  ])('is the hash of the body where the header %s', async (_what, fault) => {
    const registry = await startWith();
    registry.faults.add({ operation: READS, fault });

    await expect(bench.client(registry).manifests.resolve(APP, V1)).resolves.toBe(digest);
  });

  it('is the one that was asked for where the header of the answer is of another algorithm', async () => {
    const registry = await startWith();
    registry.faults.add({ operation: READS, fault: otherDigestAlgorithm() });

    await expect(bench.client(registry).manifests.resolve(APP, digest)).resolves.toBe(digest);
  });

  it('is what the registry calls it where that is sha512', async () => {
    const registry = await startWith();
    registry.faults.add({ operation: READS, fault: otherDigestAlgorithm() });

    await expect(bench.client(registry).manifests.resolve(APP, V1)).resolves.toBe(
      digestOf(image.root.bytes, 'sha512'),
    );
  });

  it.each<[string, Fault]>([
    ['404', plainNotFound()],
    ['405', plainMethodNotAllowed()],
    ['an HTML page', htmlPage()],
  ])('is read from the body where a HEAD gives %s', async (_what, fault) => {
    const registry = await startWith();
    registry.faults.add({ operation: 'head-tag', fault });

    await expect(bench.client(registry).manifests.resolve(APP, V1)).resolves.toBe(digest);
  });

  it('is unknown only where the registry says so in its own words', async () => {
    const registry = await startWith();
    registry.storage.deleteTag(APP, V1);

    await expect(bench.client(registry).manifests.resolve(APP, V1)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      absent: 'manifest',
      status: 404,
    });
  });

  it.each<[string, Fault, object]>([
    ['404 in plain text', plainNotFound(), { code: 'NOT_FOUND', absent: undefined }],
    ['404 UNKNOWN', jsonStatus(404, 'UNKNOWN'), { code: 'NOT_FOUND', absent: undefined }],
    ['404 NAME_UNKNOWN', jsonStatus(404, 'NAME_UNKNOWN'), { code: 'NOT_FOUND', absent: 'repository' }],
    ['403', jsonStatus(403, 'DENIED'), { code: 'FORBIDDEN', absent: undefined }],
    ['400', jsonStatus(400, 'MANIFEST_INVALID'), { code: 'MALFORMED_RESPONSE', absent: undefined }],
    ['an HTML page', htmlPage(), { code: 'MALFORMED_RESPONSE', absent: undefined }],
    ['an HTML page with 404', htmlPage(404), { code: 'NOT_FOUND', absent: undefined }],
  ])('is no absence where the answer is %s', async (_what, fault, expected) => {
    const registry = await startWith();
    registry.faults.add({ operation: READS, fault });

    await expect(bench.client(registry).manifests.resolve(APP, V1)).rejects.toMatchObject(expected);
  });

  it('is no absence where the registry hides a type that was not asked for', async () => {
    const registry = await startWith();
    const hidden = otherContent(
      JSON.stringify({
        errors: [
          {
            code: 'MANIFEST_UNKNOWN',
            message: 'OCI index found, but accept header does not support OCI indexes',
          },
        ],
      }),
    );
    registry.storage.deleteTag(APP, V1);
    registry.faults.add({ operation: 'get-tag', fault: hidden });

    await expect(bench.client(registry).manifests.resolve(APP, V1)).rejects.toMatchObject({
      code: 'ACCEPT_MISMATCH',
      absent: undefined,
    });
  });

  it.each<[BuiltContent, FakeProfileName]>([
    [ociIndex('index'), 'distribution-2.8'],
    [dockerManifestList('list'), 'distribution-2.8'],
    [ociIndex('index'), 'distribution-3.1'],
    [dockerManifestList('list'), 'distribution-3.1'],
  ])('is that of the index itself and of none of its children (%#)', async (content, profile) => {
    const registry = await startWith(content, profile);

    await expect(bench.client(registry).manifests.resolve(APP, V1)).resolves.toBe(content.root.digest);
  });
});

describe('every question for a manifest', () => {
  it('accepts every type there is', async () => {
    const registry = await startWith(image, 'no-digest-header');
    const { manifests } = bench.client(registry);

    await manifests.resolve(APP, V1);
    await manifests.exists(APP, digest);
    await manifests.get(APP, digest);

    const accepts = registry.history.all.map(({ headers }) => headers.accept);
    expect(new Set(accepts)).toEqual(new Set([MANIFEST_ACCEPT]));
    expect(accepts).toHaveLength(4);
  });

  it('asks for the bytes as they are', async () => {
    const registry = await startWith();

    await bench.client(registry).manifests.get(APP, V1);

    expect(registry.history.all[0]?.headers['accept-encoding']).toBe('identity');
  });
});

describe('a manifest', () => {
  it('comes with its bytes, its digest and its type', async () => {
    const registry = await startWith();

    await expect(bench.client(registry).manifests.get(APP, V1)).resolves.toMatchObject({
      raw: image.root.bytes,
      digest,
      mediaType: image.root.mediaType,
      kind: 'image',
    });
  });

  it('of schema 1 has the digest without its signatures', async () => {
    const old = schema1Image('old');
    const registry = await startWith(old);

    const document = await bench.client(registry).manifests.get(APP, V1);

    expect(document).toMatchObject({ kind: 'schema1', digest: old.root.digest, raw: old.root.bytes });
  });

  it('is asked for by sha512 and checked by sha512', async () => {
    const registry = await startWith();
    const sha512 = parseDigest(digestOf(image.root.bytes, 'sha512'));
    registry.storage.putManifestAs(APP, sha512, { ...image.root, digest: sha512 });

    await expect(bench.client(registry).manifests.get(APP, sha512)).resolves.toMatchObject({
      digest: sha512,
    });
  });

  it.each([0, 100, image.root.bytes.length - 1])(
    'with a flipped bit at byte %i is refused, by tag and by digest',
    async (offset) => {
      const registry = await startWith();
      registry.faults.add({ operation: READS, fault: bitFlip(offset) });
      const { manifests } = bench.client(registry);

      await expect(manifests.get(APP, V1)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
      await expect(manifests.get(APP, digest)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    },
  );

  it.each<[string, Fault, string]>([
    ['another one', otherContent(ociImage('other').root.bytes), 'DIGEST_MISMATCH'],
    ['nothing', otherContent(''), 'DIGEST_MISMATCH'],
    ['compressed', gzipped(), 'MALFORMED_RESPONSE'],
    ['an HTML page', htmlPage(), 'MALFORMED_RESPONSE'],
    ['cut', { kind: 'cut-body', framing: 'length', afterBytes: 20, end: 'close' }, 'NETWORK'],
    [
      'cut without a length',
      { kind: 'cut-body', framing: 'close', afterBytes: 20, end: 'close' },
      'DIGEST_MISMATCH',
    ],
  ])('is refused where the body is %s', async (_what, fault, code) => {
    const registry = await startWith();
    registry.faults.add({ operation: READS, fault });

    await expect(bench.client(registry).manifests.get(APP, digest)).rejects.toMatchObject({ code });
  });

  it.each<[string, Buffer, string]>([
    ['no JSON', Buffer.from('{'), 'MANIFEST_INVALID'],
    ['of no known type', Buffer.from('{"schemaVersion":2}'), 'UNSUPPORTED_MEDIA_TYPE'],
    ['both index and image', Buffer.from('{"manifests":[],"layers":[]}'), 'AMBIGUOUS_MANIFEST'],
  ])('is refused where its body is %s', async (_what, bytes, code) => {
    const registry = await bench.start();
    registry.storage.putManifest(APP, V1, bytes, 'application/vnd.example');

    await expect(bench.client(registry).manifests.get(APP, V1)).rejects.toMatchObject({
      name: 'RegistryError',
      code,
    });
  });

  it('above 4 MiB is not read', async () => {
    const registry = await startWith(oversizedImage('large'));

    await expect(bench.client(registry).manifests.get(APP, V1)).rejects.toMatchObject({
      code: 'MANIFEST_TOO_LARGE',
    });
    expect(registry.history.count()).toBe(1);
  });

  it('of 4 MiB is read', async () => {
    const registry = await bench.start();
    const bytes = Buffer.alloc(4 * 1024 * 1024, ' ');
    bytes.write('{"layers":[]}');
    registry.storage.putManifest(APP, V1, bytes, 'application/vnd.oci.image.manifest.v1+json');

    await expect(bench.client(registry).manifests.get(APP, V1)).resolves.toMatchObject({ kind: 'image' });
  });

  it('is followed to another origin, where no more is believed than its digest says', async () => {
    const registry = await startWith();
    const store = await startWith();
    registry.faults.add({
      operation: 'get-manifest',
      fault: redirect(`${store.url}/v2/${APP}/manifests/${digest}`),
    });
    const { manifests } = bench.client(registry);

    await expect(manifests.get(APP, digest)).resolves.toMatchObject({ digest });
    store.faults.add({ operation: 'get-manifest', fault: bitFlip(3) });
    await expect(manifests.get(APP, digest)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });
});

describe('whether a manifest is there', () => {
  const absent = parseDigest(`sha256:${'0'.repeat(64)}`);

  it('is asked with one HEAD', async () => {
    const registry = await startWith();
    const { manifests } = bench.client(registry);

    await expect(manifests.exists(APP, digest)).resolves.toBe(true);
    await expect(manifests.exists(APP, absent)).resolves.toBe(false);
    expect(registry.history.all.map(({ method }) => method)).toEqual(['HEAD', 'HEAD']);
  });

  it.each<[string, Fault]>([
    ['an HTML page', htmlPage()],
    ['another manifest', replacedHeader('Docker-Content-Digest', `sha256:${'1'.repeat(64)}`)],
  ])('is not believed of %s', async (_what, fault) => {
    const registry = await startWith();
    registry.faults.add({ operation: 'head-manifest', fault });

    await expect(bench.client(registry).manifests.exists(APP, digest)).resolves.toBe(false);
  });

  it.each<[Digest, boolean]>([
    [digest, true],
    [absent, false],
  ])('is answered also without a digest in the header', async (asked, expected) => {
    const registry = await startWith(image, 'no-digest-header');

    await expect(bench.client(registry).manifests.exists(APP, asked)).resolves.toBe(expected);
  });
});
