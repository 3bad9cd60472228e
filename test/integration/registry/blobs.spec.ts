import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { digestOf, type Digest } from '../../../src/oci/digest.ts';
import type { BlobClient, UploadSession } from '../../../src/registry/blob-client.ts';
import { answer } from '../../fakes/fake-answer.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import {
  bitFlip,
  entityTooLarge,
  foreignLocation,
  gzipped,
  htmlPage,
  jsonStatus,
  plainMethodNotAllowed,
  plainNotFound,
  redirect,
  relativeLocation,
  replacedHeader,
  withoutHeader,
} from '../../fakes/fake-faults.ts';
import type { FakeProfileName } from '../../fakes/fake-profile.ts';
import type { FakeRegistry, FakeRegistryOptions } from '../../fakes/fake-registry.ts';
import { APP, BASE, RegistryBench } from './registry-bench.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const BYTES = Buffer.from('the bytes of a layer, long enough to be cut somewhere in the middle'.repeat(40));
const DIGEST = digestOf(BYTES);

async function startWithBlob(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const registry = await bench.start(options);
  registry.storage.putBlob(APP, BYTES);
  return registry;
}

async function upload(blobs: BlobClient, session: UploadSession, digest: Digest = DIGEST): Promise<void> {
  const slot = await blobs.reserveSlot();
  const body = { sizeBytes: BYTES.length, open: () => Promise.resolve(Readable.from([BYTES])) };
  try {
    await blobs.upload(session, digest, { body, slot });
  } finally {
    slot.release();
  }
}

describe('whether a blob is there', () => {
  it('is asked with one HEAD, which tells its size', async () => {
    const { blobs } = bench.client(await startWithBlob());

    await expect(blobs.head(APP, DIGEST)).resolves.toEqual({ kind: 'present', sizeBytes: BYTES.length });
    await expect(blobs.head(BASE, DIGEST)).resolves.toEqual({ kind: 'absent' });
  });

  it('is asked of the storage that the registry points at', async () => {
    const { blobs } = bench.client(await startWithBlob({ blobs: 'blob-origin' }));

    await expect(blobs.head(APP, DIGEST)).resolves.toEqual({ kind: 'present', sizeBytes: BYTES.length });
  });

  it('is known without a size, too', async () => {
    const registry = await startWithBlob();
    registry.faults.add({ operation: 'head-blob', fault: replacedHeader('Content-Length', 'many') });

    await expect(bench.client(registry).blobs.head(APP, DIGEST)).rejects.toMatchObject({
      code: 'MALFORMED_RESPONSE',
    });
  });

  it.each<[string, Fault, string]>([
    ['403', jsonStatus(403, 'DENIED'), 'FORBIDDEN'],
    ['405', plainMethodNotAllowed(), 'MALFORMED_RESPONSE'],
    ['500', jsonStatus(500, 'UNKNOWN'), 'SERVER_ERROR'],
    ['an HTML page', htmlPage(), 'MALFORMED_RESPONSE'],
  ])('is unknown where the answer is %s', async (_what, fault, code) => {
    const registry = await startWithBlob();
    registry.faults.add({ operation: 'head-blob', fault });

    await expect(bench.client(registry).blobs.head(APP, DIGEST)).rejects.toMatchObject({ code });
  });
});

describe('reading a blob', () => {
  it.each<[string, FakeRegistryOptions]>([
    ['the registry', {}],
    ['the storage behind it', { blobs: 'blob-origin' }],
  ])('gives the bytes of %s, all of them at once', async (_whose, options) => {
    const registry = await startWithBlob(options);

    const { stream, sizeBytes } = await bench.client(registry).blobs.get(APP, DIGEST);

    expect(sizeBytes).toBe(BYTES.length);
    expect(await buffer(stream)).toEqual(BYTES);
    expect(registry.history.all.map(({ headers }) => headers.range)).not.toContain(expect.anything());
  });

  it('leaves bytes that are compressed as they are', async () => {
    const registry = await startWithBlob();
    registry.faults.add({ operation: 'get-blob', fault: gzipped() });

    await expect(bench.client(registry).blobs.get(APP, DIGEST)).rejects.toMatchObject({
      code: 'MALFORMED_RESPONSE',
    });
  });

  it.each<[string, Fault, string]>([
    ['404', jsonStatus(404, 'BLOB_UNKNOWN'), 'NOT_FOUND'],
    ['404 in plain text', plainNotFound(), 'NOT_FOUND'],
    ['403', jsonStatus(403, 'DENIED'), 'FORBIDDEN'],
    ['500', jsonStatus(500, 'UNKNOWN'), 'SERVER_ERROR'],
    ['a redirect loop', redirect(`/v2/${APP}/blobs/${DIGEST}`), 'MALFORMED_RESPONSE'],
    ['a redirect with a password', redirect('http://a:b@127.0.0.1/x'), 'MALFORMED_RESPONSE'],
    ['a redirect to the metadata service', redirect('http://169.254.169.254/x'), 'MALFORMED_RESPONSE'],
  ])('fails where the answer is %s', async (_what, fault, code) => {
    const registry = await startWithBlob();
    registry.faults.add({ operation: 'get-blob', fault });

    await expect(bench.client(registry).blobs.get(APP, DIGEST)).rejects.toMatchObject({ code });
  });

  it.each<[string, Fault]>([
    ['is cut', { kind: 'cut-body', framing: 'length', afterBytes: 100, end: 'close' }],
    ['is cut in chunks', { kind: 'cut-body', framing: 'chunked', afterBytes: 100, end: 'close' }],
    ['breaks off', { kind: 'cut-body', framing: 'length', afterBytes: 100, end: 'reset' }],
  ])('breaks with an error of the registry where the body %s', async (_how, fault) => {
    const registry = await startWithBlob();
    registry.faults.add({ operation: 'get-blob', fault });

    const { stream } = await bench.client(registry).blobs.get(APP, DIGEST);

    await expect(buffer(stream)).rejects.toMatchObject({
      name: 'RegistryError',
      code: 'NETWORK',
      request: { operation: 'blob-get', repository: APP, reference: DIGEST },
    });
  });

  it('starts again at the registry where the storage no longer honours its URL', async () => {
    const registry = await startWithBlob({ blobs: 'blob-origin' });
    registry.faults.add({
      operation: 'get-redirected-blob',
      nth: 1,
      fault: { kind: 'change', change: () => registry.blobOrigin.expireUrls() },
    });
    const { blobs } = bench.client(registry);

    await expect(blobs.get(APP, DIGEST)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const { stream } = await blobs.get(APP, DIGEST);
    expect(await buffer(stream)).toEqual(BYTES);
  });

  it('may be left alone although it breaks', async () => {
    const registry = await startWithBlob();
    const cut: Fault = { kind: 'cut-body', framing: 'length', afterBytes: 100, end: 'reset' };
    registry.faults.add({ operation: 'get-blob', fault: cut });

    const { stream } = await bench.client(registry).blobs.get(APP, DIGEST);
    await new Promise((resolve) => stream.once('close', resolve));

    expect(stream.errored).toMatchObject({ code: 'NETWORK' });
  });

  it('leaves its connection behind when the reader goes away', async () => {
    const registry = await startWithBlob();
    const { stream } = await bench.client(registry).blobs.get(APP, DIGEST);

    stream.destroy();

    await expect(bench.client(registry).blobs.head(APP, DIGEST)).resolves.toMatchObject({ kind: 'present' });
  });
});

describe('mounting a blob', () => {
  it('links it from the other repository', async () => {
    const registry = await startWithBlob();

    await expect(bench.client(registry).blobs.mount(BASE, DIGEST, APP)).resolves.toEqual({ kind: 'mounted' });
    expect(registry.storage.blob(BASE, DIGEST)).toEqual(BYTES);
  });

  it('opens an upload where the registry mounts nothing', async () => {
    const registry = await startWithBlob();
    const { blobs } = bench.client(registry);

    const result = await blobs.mount(BASE, digestOf(Buffer.from('not there')), APP);

    expect(result).toMatchObject({ kind: 'upload', session: { repository: BASE } });
  });

  it.each<[string, Fault]>([
    ['400', jsonStatus(400, 'NAME_INVALID')],
    ['401', jsonStatus(401, 'UNAUTHORIZED')],
    ['403', jsonStatus(403, 'DENIED')],
    ['404', jsonStatus(404, 'NAME_UNKNOWN')],
    ['405', jsonStatus(405, 'UNSUPPORTED')],
    ['416', jsonStatus(416, 'RANGE_INVALID')],
    ['500', jsonStatus(500, 'UNKNOWN')],
    ['an HTML page', htmlPage()],
    ['202 without a Location', { kind: 'answer', answer: answer(202) }],
    ['a redirect', redirect('/elsewhere')],
  ])('is refused by %s, and an upload is the answer to that', async (_what, fault) => {
    const registry = await startWithBlob();
    registry.faults.add({ operation: 'mount-blob', fault });

    await expect(bench.client(registry).blobs.mount(BASE, DIGEST, APP)).resolves.toEqual({ kind: 'refused' });
  });
});

describe('an upload', () => {
  let registry: FakeRegistry;
  let blobs: BlobClient;

  beforeEach(async () => {
    registry = await bench.start();
    ({ blobs } = bench.client(registry));
  });

  const commits = (): readonly string[] =>
    registry.history.matching({ operation: 'commit-upload' }).map(({ target }) => target);

  it('is one request with the whole blob', async () => {
    await upload(blobs, await blobs.startUpload(APP));

    expect(registry.storage.blob(APP, DIGEST)).toEqual(BYTES);
    expect(registry.history.all.map(({ operation }) => operation)).toEqual(['open-upload', 'commit-upload']);
    expect(registry.history.all[1]).toMatchObject({
      bodyBytes: BYTES.length,
      headers: { 'content-length': String(BYTES.length), 'content-type': 'application/octet-stream' },
    });
  });

  it.each<FakeProfileName>(['distribution-2.8', 'zot', 'ghcr', 'ecr', 'quay', 'harbor', 'gitlab'])(
    'of that kind is taken by %s',
    async (profile) => {
      const other = await bench.start({ profile });
      const client = bench.client(other);
      other.storage.repository(APP);

      await upload(client.blobs, await client.blobs.startUpload(APP));

      expect(other.storage.blob(APP, DIGEST)).toEqual(BYTES);
    },
  );

  it('goes where a relative Location says', async () => {
    registry.faults.add({ operation: 'open-upload', fault: relativeLocation() });

    await upload(blobs, await blobs.startUpload(APP));

    expect(registry.storage.blob(APP, DIGEST)).toEqual(BYTES);
  });

  it.each([
    ['/v2/team/app/blobs/uploads/1?_state=a%2Fb%20c+d~é', '?_state=a%2Fb%20c+d~%C3%A9&digest='],
    ['/v2/team/app/blobs/uploads/1', '?digest='],
    ['/v2/team/app/blobs/uploads/1?', '?digest='],
    ['1?x', '?x&digest='],
  ])('takes the state in a Location for the registry‘s own: %s', async (location, expected) => {
    registry.faults.add({ operation: 'open-upload', fault: replacedHeader('Location', location) });

    await upload(blobs, await blobs.startUpload(APP)).catch(() => undefined);

    expect(commits()[0]).toContain(`${expected}${encodeURIComponent(DIGEST)}`);
  });

  it.each<[string, Fault]>([
    ['on another origin', foreignLocation('http://127.0.0.1:9')],
    ['on another scheme', replacedHeader('Location', 'https://127.0.0.1/v2/')],
    ['with user information', replacedHeader('Location', 'http://user:secret@127.0.0.1:9/')],
    ['that is no URL', replacedHeader('Location', 'http://')],
    ['of another protocol', replacedHeader('Location', 'file:///etc/passwd')],
    ['that is missing', withoutHeader('Location')],
  ])('does not go to a Location %s', async (_what, fault) => {
    registry.faults.add({ operation: 'open-upload', fault });

    await expect(blobs.startUpload(APP)).rejects.toMatchObject({ code: 'MALFORMED_RESPONSE' });
  });

  it('does not go to a Location with user information in it, on the very origin of the registry', async () => {
    const { host } = new URL(registry.url);
    registry.faults.add({
      operation: 'open-upload',
      fault: replacedHeader('Location', `http://u:p@${host}/v2/x`),
    });

    await expect(blobs.startUpload(APP)).rejects.toMatchObject({ code: 'MALFORMED_RESPONSE' });
  });

  it.each<[string, Fault, string]>([
    ['401', jsonStatus(401, 'UNAUTHORIZED'), 'UNAUTHORIZED'],
    ['403', jsonStatus(403, 'DENIED'), 'FORBIDDEN'],
    ['404 NAME_UNKNOWN, as ECR', jsonStatus(404, 'NAME_UNKNOWN'), 'REPOSITORY_MISSING'],
    ['405 in plain text', plainMethodNotAllowed(), 'TARGET_READ_ONLY'],
    ['405 in JSON', jsonStatus(405, 'UNSUPPORTED'), 'TARGET_READ_ONLY'],
    ['an HTML page', htmlPage(), 'MALFORMED_RESPONSE'],
    ['a redirect', redirect('/elsewhere'), 'MALFORMED_RESPONSE'],
    ['500', jsonStatus(500, 'UNKNOWN'), 'SERVER_ERROR'],
    ['a full disk', jsonStatus(507, 'UNKNOWN'), 'TARGET_FULL'],
  ])('is not opened by %s', async (_what, fault, code) => {
    registry.faults.add({ operation: 'open-upload', fault });

    await expect(blobs.startUpload(APP)).rejects.toMatchObject({ code });
  });

  it.each<[string, Fault, string]>([
    ['404 of a session that is gone', jsonStatus(404, 'BLOB_UPLOAD_UNKNOWN'), 'NOT_FOUND'],
    ['400 of bytes that are not it', jsonStatus(400, 'DIGEST_INVALID'), 'DIGEST_MISMATCH'],
    ['413 of a proxy', entityTooLarge(), 'SERVER_ERROR'],
    ['500', jsonStatus(500, 'UNKNOWN'), 'SERVER_ERROR'],
    ['a lost answer', { kind: 'answer-lost' }, 'NETWORK'],
    ['a broken connection', { kind: 'reset', afterRequestBytes: 100 }, 'NETWORK'],
    ['429', jsonStatus(429, 'TOOMANYREQUESTS'), 'RATE_LIMITED'],
    ['a redirect', redirect('/elsewhere'), 'MALFORMED_RESPONSE'],
  ])('fails with %s and is not sent again by itself', async (_what, fault, code) => {
    registry.faults.add({ operation: 'commit-upload', fault });

    await expect(upload(blobs, await blobs.startUpload(APP))).rejects.toMatchObject({ code });
    expect(commits()).toHaveLength(1);
  });

  it('of other bytes is refused by the registry', async () => {
    const session = await blobs.startUpload(APP);

    await expect(upload(blobs, session, digestOf(Buffer.from('else')))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
  });

  it('is given up', async () => {
    const session = await blobs.startUpload(APP);

    await blobs.cancelUpload(session, await blobs.reserveSlot());

    expect(registry.storage.known(APP)?.uploads.size).toBe(0);
  });

  it('takes an answer with a damaged body for what its status says', async () => {
    registry.faults.add({ operation: 'commit-upload', fault: bitFlip() });

    await expect(upload(blobs, await blobs.startUpload(APP))).resolves.toBeUndefined();
  });
});
