import { afterEach, describe, expect, it } from '@jest/globals';

import { parseDigest } from '../../../src/oci/digest.ts';
import { parseManifest } from '../../../src/oci/manifest.ts';
import { parseTag } from '../../../src/oci/reference.ts';
import type { RegistryClient } from '../../../src/registry/registry-client.ts';
import { answer } from '../../fakes/fake-answer.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import {
  entityTooLarge,
  htmlPage,
  jsonStatus,
  plainMethodNotAllowed,
  plainNotFound,
  redirect,
  replacedHeader,
} from '../../fakes/fake-faults.ts';
import type { FakeProfileName } from '../../fakes/fake-profile.ts';
import { fakeProfiles } from '../../fakes/fake-profiles.ts';
import type { FakeRegistry } from '../../fakes/fake-registry.ts';
import { ociImage } from '../../builders/image-content.ts';
import { referrerOf } from '../../builders/referrer-content.ts';
import { APP, RegistryBench, V1 } from './registry-bench.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const image = ociImage('image');
const other = ociImage('other');
const document = parseManifest(image.root.bytes);

/** Holds the blobs of `image`; `v1` stands for `other`. */
async function startWith(profile: FakeProfileName = 'distribution-3.1'): Promise<FakeRegistry> {
  const registry = await bench.start({ profile });
  for (const { bytes } of image.blobs) registry.storage.putBlob(APP, bytes);
  registry.storage.putManifestAs(APP, V1, other.root);
  return registry;
}

function refusal(status: number, code: string, message: string): Fault {
  const body = JSON.stringify({ errors: [{ code, message }] });
  return { kind: 'answer', answer: answer(status, { 'Content-Type': 'application/json' }, body) };
}

describe('putting a manifest', () => {
  it('sends its bytes as they are, under its own type', async () => {
    const registry = await startWith();

    await bench.client(registry).manifests.put(APP, V1, document);

    expect(registry.storage.manifest(APP, V1)).toEqual(image.root);
  });

  it('says nothing of a subject that the registry does not keep', async () => {
    const registry = await startWith();

    const receipt = await bench.client(registry).manifests.put(APP, V1, document);

    expect(receipt).toEqual({ indexedSubject: undefined });
  });

  it('tells which subject the registry keeps', async () => {
    const registry = await bench.start({ profile: 'zot' });
    const signature = referrerOf('signature', image.root);
    for (const { bytes } of signature.blobs) registry.storage.putBlob(APP, bytes);
    const signatureDocument = parseManifest(signature.root.bytes);

    const receipt = await bench
      .client(registry)
      .manifests.put(APP, signatureDocument.digest, signatureDocument);

    expect(receipt).toEqual({ indexedSubject: image.root.digest });
  });

  it('is not done where the registry stored something else', async () => {
    const registry = await startWith();
    const stored = replacedHeader('Docker-Content-Digest', other.root.digest);
    registry.faults.add({ operation: 'put-tag', fault: stored });

    await expect(bench.client(registry).manifests.put(APP, V1, document)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
  });

  it.each<[string, Fault, string]>([
    ['401', jsonStatus(401, 'UNAUTHORIZED'), 'UNAUTHORIZED'],
    ['403', jsonStatus(403, 'DENIED'), 'FORBIDDEN'],
    ['404 NAME_UNKNOWN, as ECR', jsonStatus(404, 'NAME_UNKNOWN'), 'REPOSITORY_MISSING'],
    ['404 in plain text', plainNotFound(), 'NOT_FOUND'],
    ['404 MANIFEST_UNKNOWN for a child', jsonStatus(404, 'MANIFEST_UNKNOWN'), 'MISSING_CONTENT'],
    ['400 MANIFEST_BLOB_UNKNOWN', jsonStatus(400, 'MANIFEST_BLOB_UNKNOWN'), 'MISSING_CONTENT'],
    ['404 MANIFEST_BLOB_UNKNOWN', jsonStatus(404, 'MANIFEST_BLOB_UNKNOWN'), 'MISSING_CONTENT'],
    ['400 BLOB_UNKNOWN', jsonStatus(400, 'BLOB_UNKNOWN'), 'MISSING_CONTENT'],
    ['400 MANIFEST_INVALID', jsonStatus(400, 'MANIFEST_INVALID'), 'MANIFEST_INVALID'],
    ['400 DIGEST_INVALID', jsonStatus(400, 'DIGEST_INVALID'), 'DIGEST_MISMATCH'],
    ['400 NAME_INVALID', jsonStatus(400, 'NAME_INVALID'), 'NAME_INVALID'],
    ['400 TAG_INVALID', jsonStatus(400, 'TAG_INVALID'), 'NAME_INVALID'],
    ['400 UNSUPPORTED', jsonStatus(400, 'UNSUPPORTED'), 'UNSUPPORTED_MEDIA_TYPE'],
    ['415', jsonStatus(415, 'UNSUPPORTED'), 'UNSUPPORTED_MEDIA_TYPE'],
    ['405 in JSON, as a pull-through cache', jsonStatus(405, 'UNSUPPORTED'), 'TARGET_READ_ONLY'],
    ['405 in plain text, as maintenance', plainMethodNotAllowed(), 'TARGET_READ_ONLY'],
    ['409', jsonStatus(409, 'CONFLICT'), 'TAG_IMMUTABLE'],
    ['412', jsonStatus(412, 'PRECONDITION'), 'TAG_IMMUTABLE'],
    ['400 of ECR', refusal(400, 'ImageTagAlreadyExistsException', 'The image tag exists'), 'TAG_IMMUTABLE'],
    ['400 of Quay', refusal(400, 'TAG_IMMUTABLE', 'tag is immutable'), 'TAG_IMMUTABLE'],
    ['412 of Harbor', refusal(412, 'PRECONDITION', 'configured as immutable'), 'TAG_IMMUTABLE'],
    ['413', entityTooLarge(), 'MANIFEST_TOO_LARGE'],
    ['429', jsonStatus(429, 'TOOMANYREQUESTS'), 'RATE_LIMITED'],
    ['500', jsonStatus(500, 'UNKNOWN'), 'SERVER_ERROR'],
    ['500 on a full disk', refusal(500, 'UNKNOWN', 'write: no space left on device'), 'TARGET_FULL'],
    ['507', jsonStatus(507, 'UNKNOWN'), 'TARGET_FULL'],
    ['502 in HTML', htmlPage(502), 'SERVER_ERROR'],
    ['a sparse index', refusal(400, 'MANIFEST_INVALID', 'sparse indexes are not allowed'), 'SPARSE_REFUSED'],
    ['a redirect', redirect('/v2/team/app/manifests/v2'), 'MALFORMED_RESPONSE'],
    ['a conflict in words only', refusal(400, 'MANIFEST_INVALID', 'tag is immutable'), 'TAG_IMMUTABLE'],
  ])('names what %s means', async (_what, fault, code) => {
    const registry = await startWith();
    registry.faults.add({ operation: 'put-tag', fault });

    await expect(bench.client(registry).manifests.put(APP, V1, document)).rejects.toMatchObject({
      code,
      request: { registry: 'eu', operation: 'manifest-put', repository: APP, reference: V1 },
    });
    expect(registry.storage.tags(APP).get(V1)).toBe(other.root.digest);
  });

  it.each<[FakeProfileName, string]>([
    ['ecr', 'TAG_IMMUTABLE'],
    ['harbor', 'TAG_IMMUTABLE'],
    ['distribution-2.8-readonly', 'TARGET_READ_ONLY'],
  ])('is refused by %s with %s', async (profile, code) => {
    const registry = await startWith(profile);

    await expect(bench.client(registry).manifests.put(APP, V1, document)).rejects.toMatchObject({ code });
  });

  it('is refused with what is missing', async () => {
    const registry = await startWith();
    registry.storage.deleteBlob(APP, image.blobs[0]!.digest);

    const put = bench.client(registry).manifests.put(APP, V1, document);

    await expect(put).rejects.toMatchObject({
      code: 'MISSING_CONTENT',
      errorCodes: ['MANIFEST_BLOB_UNKNOWN'],
    });
    await expect(put).rejects.toThrow(image.blobs[0]!.digest);
  });
});

describe('a read that fails', () => {
  it.each(['quota exceeded', 'no space left on device'])(
    'is no fault of the disk of a secondary, whatever the words of the primary: %s',
    async (words) => {
      const registry = await startWith();
      registry.faults.add({ operation: 'get-tag', fault: refusal(500, 'UNKNOWN', words) });

      await expect(bench.client(registry).manifests.get(APP, V1)).rejects.toMatchObject({
        code: 'SERVER_ERROR',
      });
    },
  );
});

describe('deleting a tag by its name', () => {
  const deleteOn = async (client: RegistryClient, tag = V1): Promise<string> => {
    try {
      await client.manifests.deleteTag(APP, tag);
      return 'accepted';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it.each<[FakeProfileName, string]>([
    ['distribution-2.8', 'TAG_DELETE_UNSUPPORTED'],
    ['distribution-2.8-nodelete', 'TAG_DELETE_UNSUPPORTED'],
    ['distribution-2.8-readonly', 'TARGET_READ_ONLY'],
    ['distribution-3.0', 'accepted'],
    ['distribution-3.1', 'accepted'],
    ['distribution-3.1-nodelete', 'TAG_DELETE_UNSUPPORTED'],
    ['zot', 'accepted'],
    ['gitlab', 'accepted'],
    ['ghcr', 'TAG_DELETE_UNSUPPORTED'],
    ['ecr', 'accepted'],
    ['hub', 'accepted'],
    ['quay', 'accepted'],
    ['gar', 'accepted'],
    ['harbor', 'TAG_DELETE_UNSUPPORTED'],
    ['no-digest-header', 'TAG_DELETE_UNSUPPORTED'],
  ])('is answered by %s with %s, and leaves every other tag alone', async (profile, expected) => {
    const registry = await startWith(profile);
    registry.storage.setTag(APP, 'sibling', other.root.digest);

    await expect(deleteOn(bench.client(registry))).resolves.toBe(expected);
    expect(registry.storage.tags(APP).has('sibling')).toBe(true);
    expect(registry.storage.tags(APP).has(V1)).toBe(expected !== 'accepted');
    expect(registry.history.count({ operation: 'delete-manifest' })).toBe(0);
  });

  it('has no profile that this table does not know', () => {
    expect(fakeProfiles.size).toBe(15);
  });

  it.each<[string, Fault, string]>([
    ['400 DIGEST_INVALID', jsonStatus(400, 'DIGEST_INVALID'), 'TAG_DELETE_UNSUPPORTED'],
    ['400 UNSUPPORTED', jsonStatus(400, 'UNSUPPORTED'), 'TAG_DELETE_UNSUPPORTED'],
    ['400 of another kind', jsonStatus(400, 'NAME_INVALID'), 'MALFORMED_RESPONSE'],
    ['400 of a gateway', htmlPage(400), 'MALFORMED_RESPONSE'],
    ['405 UNSUPPORTED', jsonStatus(405, 'UNSUPPORTED'), 'TAG_DELETE_UNSUPPORTED'],
    ['405 DENIED, as zot for what is referred to', jsonStatus(405, 'DENIED'), 'FORBIDDEN'],
    ['405 in plain text', plainMethodNotAllowed(), 'TARGET_READ_ONLY'],
    ['401', jsonStatus(401, 'UNAUTHORIZED'), 'UNAUTHORIZED'],
    ['403', jsonStatus(403, 'DENIED'), 'FORBIDDEN'],
    ['404', jsonStatus(404, 'MANIFEST_UNKNOWN'), 'accepted'],
    ['409', jsonStatus(409, 'CONFLICT'), 'TAG_IMMUTABLE'],
    ['412', jsonStatus(412, 'PRECONDITION'), 'TAG_IMMUTABLE'],
    ['429', jsonStatus(429, 'TOOMANYREQUESTS'), 'RATE_LIMITED'],
    ['500', jsonStatus(500, 'UNKNOWN'), 'SERVER_ERROR'],
    ['a redirect', redirect('/v2/team/app/manifests/v2'), 'MALFORMED_RESPONSE'],
  ])('names what %s means', async (_what, fault, expected) => {
    const registry = await startWith();
    registry.faults.add({ operation: 'delete-tag', fault });

    await expect(deleteOn(bench.client(registry))).resolves.toBe(expected);
  });

  it.each<[string, Fault]>([
    ['500', jsonStatus(500, 'UNKNOWN')],
    ['503', jsonStatus(503, 'UNAVAILABLE')],
    ['429', jsonStatus(429, 'TOOMANYREQUESTS')],
    ['a lost answer', { kind: 'answer-lost' }],
    ['a broken connection', { kind: 'reset' }],
  ])('is not repeated after %s: the tag may be another one by then', async (_what, fault) => {
    const registry = await startWith();
    registry.faults.add({ operation: 'delete-tag', fault });

    await deleteOn(bench.client(registry), parseTag('v1'));

    expect(registry.history.count({ operation: 'delete-tag' })).toBe(1);
  });
});

describe('deleting a manifest by its digest', () => {
  it('takes every tag of it along', async () => {
    const registry = await startWith();

    await bench.client(registry).manifests.deleteManifestAndItsTags(APP, parseDigest(other.root.digest));

    expect(registry.storage.tags(APP)).toEqual(new Map());
  });

  it.each<[FakeProfileName, string]>([
    ['ghcr', 'TAG_DELETE_UNSUPPORTED'],
    ['distribution-2.8-nodelete', 'TAG_DELETE_UNSUPPORTED'],
    ['distribution-2.8-readonly', 'TARGET_READ_ONLY'],
    ['gar', 'MALFORMED_RESPONSE'],
  ])('is refused by %s with %s', async (profile, code) => {
    const registry = await startWith(profile);
    const { manifests } = bench.client(registry);

    await expect(
      manifests.deleteManifestAndItsTags(APP, parseDigest(other.root.digest)),
    ).rejects.toMatchObject({ code });
  });
});
