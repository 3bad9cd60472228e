import { afterEach, describe, expect, it } from '@jest/globals';
import { locationPath, sendWire, type WireAnswer, type WireRequest } from '../contract/wire-client.ts';
import { digestOf, referrersTagOf } from './fake-digest.ts';
import { FakeRegistry, type FakeRegistryOptions } from './fake-registry.ts';
import { FakeStorage } from './fake-storage.ts';

const ociIndex = 'application/vnd.oci.image.index.v1+json';
const index = Buffer.from(`{"schemaVersion":2,"mediaType":"${ociIndex}","manifests":[]}`);
const layer = Buffer.from('a layer');
const digest = digestOf(layer);

let registry: FakeRegistry;

afterEach(async () => {
  await registry.stop();
  expect(registry.defects).toEqual([]);
});

async function start(options: FakeRegistryOptions = {}): Promise<void> {
  registry = await FakeRegistry.start(options);
}

const send = (wire: WireRequest) => sendWire(registry.url, wire);
const read = (method: 'GET' | 'HEAD', path: string) => send({ method, path, headers: { Accept: ociIndex } });

async function upload(repository: string, bytes: Buffer): Promise<void> {
  await commit(await openUpload(repository), bytes);
}

function openUpload(repository: string): Promise<WireAnswer> {
  return send({ method: 'POST', path: `/v2/${repository}/blobs/uploads/`, body: Buffer.alloc(0) });
}

async function commit(opened: WireAnswer, bytes: Buffer): Promise<void> {
  await send({ method: 'PUT', path: `${locationPath(opened)}&digest=${digestOf(bytes)}`, body: bytes });
}

describe('the storage', () => {
  it('serves what was seeded without HTTP', async () => {
    await start();
    registry.storage.putBlob('app', layer);
    registry.storage.putManifest('app', 'v1', index, ociIndex);
    const [blob, tag] = [
      await read('GET', `/v2/app/blobs/${digest}`),
      await read('GET', '/v2/app/manifests/v1'),
    ];
    expect([blob.body, tag.body]).toEqual([layer, index]);
  });

  it('shows what was uploaded', async () => {
    await start();
    await upload('app', layer);
    expect(registry.storage.blob('app', digest)).toEqual(layer);
    expect(registry.storage.openUploads('app')).toEqual([]);
  });

  it('keeps a tag called __proto__', async () => {
    await start();
    registry.storage.putManifest('app', '__proto__', index, ociIndex);
    expect([...registry.storage.tags('app').keys()]).toEqual(['__proto__']);
    expect((await read('HEAD', '/v2/app/manifests/__proto__')).status).toBe(200);
  });

  it('can have a dangling tag: listed, unknown, deletable by name', async () => {
    await start();
    registry.storage.putManifest('app', 'v1', index, ociIndex);
    registry.storage.deleteManifestKeepingTag('app', 'v1');
    const list = await send({ method: 'GET', path: '/v2/app/tags/list' });
    const tag = await read('GET', '/v2/app/manifests/v1');
    const deleted = await send({ method: 'DELETE', path: '/v2/app/manifests/v1' });
    expect(JSON.parse(list.body.toString())).toEqual({ name: 'app', tags: ['v1'] });
    expect([tag.status, deleted.status]).toEqual([404, 202]);
  });

  it('serves a corrupt blob with the right length and digest', async () => {
    await start();
    registry.storage.putBlob('app', layer);
    registry.storage.corruptBlob(digest, 2);
    const { body, headers } = await read('GET', `/v2/app/blobs/${digest}`);
    expect([body.length, headers['docker-content-digest']]).toEqual([layer.length, digest]);
    expect(digestOf(body)).not.toBe(digest);
  });

  it('acknowledges a manifest that it lost, and cannot read it, until it restarts', async () => {
    await start({ profile: 'distribution-2.8' });
    registry.storage.putManifest('app', 'v1', index, ociIndex);
    registry.storage.loseContent(digestOf(index));
    const put: WireRequest = {
      method: 'PUT',
      path: '/v2/app/manifests/v1',
      headers: { 'Content-Type': ociIndex },
      body: index,
    };
    const statuses = [(await send(put)).status, (await read('GET', '/v2/app/manifests/v1')).status];
    registry.storage.restart();
    statuses.push((await send(put)).status, (await read('GET', '/v2/app/manifests/v1')).status);
    expect(statuses).toEqual([201, 404, 201, 200]);
  });

  it('answers HEAD of a lost blob, and GET without its bytes, until it is uploaded again', async () => {
    await start({ profile: 'distribution-2.8' });
    registry.storage.putBlob('app', layer);
    registry.storage.loseContent(digest);
    const [head, get] = [
      await read('HEAD', `/v2/app/blobs/${digest}`),
      await read('GET', `/v2/app/blobs/${digest}`),
    ];
    expect([head.status, get.status, get.complete, get.body.length]).toEqual([200, 200, false, 0]);
    await upload('app', layer);
    expect((await read('GET', `/v2/app/blobs/${digest}`)).body).toEqual(layer);
  });

  it('serves a generated blob, whole and in part', async () => {
    await start();
    const generated = registry.storage.putGeneratedBlob('app', 200_000, 7);
    const whole = await read('GET', `/v2/app/blobs/${generated}`);
    const part = await send({
      method: 'GET',
      path: `/v2/app/blobs/${generated}`,
      headers: { Range: 'bytes=65530-65545' },
    });
    expect(digestOf(whole.body)).toBe(generated);
    expect(part.body).toEqual(whole.body.subarray(65_530, 65_546));
  });

  it('can forget the bytes of an upload and keep its digest', async () => {
    await start({ storage: new FakeStorage({ keepUploadsUpToBytes: 3 }) });
    await upload('app', layer);
    const head = await read('HEAD', `/v2/app/blobs/${digest}`);
    expect([head.status, head.headers['content-length']]).toEqual([200, '7']);
  });

  it('outlives a registry', async () => {
    await start();
    registry.storage.putBlob('app', layer);
    await registry.stop();
    await start({ storage: registry.storage });
    expect((await read('HEAD', `/v2/app/blobs/${digest}`)).status).toBe(200);
  });

  it('can call a manifest by a digest that is not its hash, as for schema 1', async () => {
    await start();
    const mediaType = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
    const bytes = Buffer.from('{"schemaVersion":1,"fsLayers":[]}');
    registry.storage.putManifestAs('app', 'old', { digest: digestOf(layer), bytes, mediaType });
    const { headers, body } = await read('GET', '/v2/app/manifests/old');
    expect([headers['content-type'], headers['docker-content-digest'], body]).toEqual([
      mediaType,
      digest,
      bytes,
    ]);
  });
});

describe('blobs behind a redirect', () => {
  it('come from another origin, which sees the headers that came along', async () => {
    await start({ blobs: 'blob-origin' });
    registry.storage.putBlob('app', layer);
    const pointed = await read('GET', `/v2/app/blobs/${digest}`);
    const target = locationPath(pointed);
    expect([pointed.status, pointed.headers.location]).toEqual([307, `${registry.blobOriginUrl}${target}`]);
    const served = await sendWire(registry.blobOriginUrl, { method: 'GET', path: target });
    const refused = await sendWire(registry.blobOriginUrl, {
      method: 'GET',
      path: target,
      headers: { Authorization: 'Basic x' },
    });
    expect([served.body, refused.status]).toEqual([layer, 400]);
    const seen = registry.history.matching({ operation: 'get-redirected-blob', reference: digest });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Basic x']);
  });

  it('cannot be had from a URL that is too old', async () => {
    await start({ blobs: 'blob-origin' });
    registry.storage.putBlob('app', layer);
    const path = locationPath(await read('GET', `/v2/app/blobs/${digest}`));
    registry.blobOrigin.expireUrls();
    expect((await sendWire(registry.blobOriginUrl, { method: 'GET', path })).status).toBe(403);
  });

  it('answers 404 itself where there is no blob', async () => {
    await start({ blobs: 'blob-origin' });
    expect((await read('GET', `/v2/app/blobs/${digest}`)).status).toBe(404);
  });
});

describe('the history', () => {
  it('names what was asked, in order', async () => {
    await start();
    await upload('app', layer);
    await read('GET', `/v2/app/manifests/${referrersTagOf(digest)}`);
    await read('HEAD', '/v2/app/manifests/v1');
    await send({ method: 'GET', path: '/v2/app/tags/list?n=1&last=a' });
    await send({
      method: 'POST',
      path: `/v2/app/blobs/uploads/?mount=${digest}&from=b`,
      body: Buffer.alloc(0),
    });
    expect(
      registry.history.all.map(({ operation, reference, status }) => [operation, reference, status]),
    ).toEqual([
      ['open-upload', '', 202],
      ['commit-upload', digest, 201],
      ['read-referrers-tag', referrersTagOf(digest), 404],
      ['head-tag', 'v1', 404],
      ['list-tags-next', '', 404],
      ['mount-blob', digest, 202],
    ]);
    expect(registry.history.matching({ operation: 'commit-upload' })[0]?.bodyBytes).toBe(layer.length);
  });

  it('tells how many requests were under way at once', async () => {
    await start();
    let release: (value: unknown) => void = () => undefined;
    const until = new Promise((resolve) => (release = resolve));
    registry.faults.add({ operation: 'head-tag', fault: { kind: 'hold', until } });
    registry.faults.add({ operation: 'ping', fault: { kind: 'change', change: () => release(undefined) } });
    const held = [
      read('HEAD', '/v2/a/manifests/v1'),
      read('HEAD', '/v2/a/manifests/v2'),
      read('HEAD', '/v2/a/manifests/v3'),
    ];
    await untilArrived(3);
    await read('GET', '/v2/');
    await Promise.all(held);
    await read('HEAD', '/v2/a/manifests/v4');
    expect(registry.history.peakInFlight({ operation: 'head-tag' })).toBe(3);
    expect(registry.history.inFlight()).toBe(0);
  });

  it('sees two uploads of one blob at the same time', async () => {
    await start();
    await upload('a', layer);
    await upload('b', layer);
    expect(registry.history.peakUploadsOfOneBlob()).toBe(1);
    const opened = [await openUpload('a'), await openUpload('b')];
    for (const session of opened) await commit(session, layer);
    expect(registry.history.peakUploadsOfOneBlob()).toBe(2);
  });
});

async function untilArrived(count: number): Promise<void> {
  while (registry.history.all.length < count) await new Promise((resolve) => setImmediate(resolve));
}
