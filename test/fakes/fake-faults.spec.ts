import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { locationPath, sendWire, type WireRequest } from '../contract/wire-client.ts';
import { digestOf } from './fake-digest.ts';
import { type Fault } from './fake-fault.ts';
import {
  bitFlip,
  gzipped,
  htmlPage,
  otherContent,
  oversize,
  plainNotFound,
  redirect,
  redirectLoop,
  tooManyRequests,
  unauthorized,
} from './fake-faults.ts';
import { FakeRegistry } from './fake-registry.ts';

const layer = Buffer.from('twenty bytes of layer');
const index = Buffer.from(
  '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
);
const accept = { Accept: 'application/vnd.oci.image.index.v1+json' };
const getBlob: WireRequest = { method: 'GET', path: `/v2/app/blobs/${digestOf(layer)}` };
const getTag: WireRequest = { method: 'GET', path: '/v2/app/manifests/v1', headers: accept };
const listTags: WireRequest = { method: 'GET', path: '/v2/app/tags/list?n=1' };
const putTag: WireRequest = {
  method: 'PUT',
  path: '/v2/app/manifests/new',
  headers: { 'Content-Type': 'application/vnd.oci.image.index.v1+json' },
  body: index,
};

let registry: FakeRegistry;

beforeEach(async () => {
  registry = await FakeRegistry.start();
  registry.storage.putBlob('app', layer);
  registry.storage.putManifest('app', 'v1', index, 'application/vnd.oci.image.index.v1+json');
  // Not a valid tag: only such a one makes a difference between an escaped and an unescaped Link.
  registry.storage.putManifest('app', 'v+2', index, 'application/vnd.oci.image.index.v1+json');
});

afterEach(async () => {
  await registry.stop();
  expect(registry.defects).toEqual([]);
});

const send = (wire: WireRequest) => sendWire(registry.url, wire);

describe('faults that end the connection', () => {
  it.each<[string, Fault]>([
    ['RST', { kind: 'reset' }],
    ['FIN', { kind: 'close' }],
  ])('gives no answer after %s', async (_name, fault) => {
    registry.faults.add({ operation: 'get-blob', fault });
    await expect(send(getBlob)).rejects.toThrow(/ECONNRESET|socket hang up/);
    expect(registry.history.all.map(({ status }) => status)).toEqual([null]);
  });

  it('keeps a stalled request under way until the fake stops', async () => {
    registry.faults.add({ operation: 'get-blob', fault: { kind: 'stall' } });
    const arrived = untilArrived();
    const failure = send(getBlob).catch(String);
    await arrived;
    expect(registry.history.inFlight({ operation: 'get-blob' })).toBe(1);
    await registry.stop();
    expect(await failure).toMatch(/ECONNRESET|socket hang up/);
  });

  it('cuts an upload at the byte and keeps what arrived', async () => {
    const opened = await send({ method: 'POST', path: '/v2/app/blobs/uploads/', body: Buffer.alloc(0) });
    const path = locationPath(opened);
    registry.faults.add({ operation: 'patch-upload', fault: { kind: 'reset', afterRequestBytes: 7 } });
    await expect(send({ method: 'PATCH', path, body: layer })).rejects.toThrow();
    expect(registry.storage.openUploads('app').map(({ sizeBytes }) => sizeBytes)).toEqual([7]);
    expect(registry.history.matching({ operation: 'patch-upload' })[0]?.bodyBytes).toBe(7);
  });

  it('resets a reused connection, and not a fresh one', async () => {
    registry.faults.add({ fault: { kind: 'reset-reused-connection' } });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await sendWire(registry.url, getBlob, agent);
    await expect(sendWire(registry.url, getBlob, agent)).rejects.toThrow(/ECONNRESET|socket hang up/);
    agent.destroy();
    expect(first.status).toBe(200);
  });

  it('refuses connections and accepts them again on the same port', async () => {
    await registry.refuseConnections();
    await expect(send(getBlob)).rejects.toThrow(/ECONNREFUSED/);
    await registry.acceptConnections();
    expect((await send(getBlob)).status).toBe(200);
  });
});

/** Resolves when a request has arrived: a rule that never strikes sees it. */
function untilArrived(): Promise<void> {
  return new Promise((resolve) => {
    registry.faults.add({
      when: () => {
        resolve();
        return false;
      },
      fault: { kind: 'close' },
    });
  });
}

describe('faults in place of the answer', () => {
  it.each<[string, Fault, number, string]>([
    ['a 429 with seconds', tooManyRequests('7'), 429, 'application/json'],
    ['an HTML page', htmlPage(), 200, 'text/html; charset=utf-8'],
    ['a plain 404', plainNotFound(), 404, 'text/plain; charset=utf-8'],
    ['a bare 401', unauthorized(null), 401, 'application/json'],
  ])('gives %s and changes nothing', async (_name, fault, status, type) => {
    registry.faults.add({ operation: 'put-tag', fault });
    const answer = await send(putTag);
    expect([answer.status, answer.headers['content-type']]).toEqual([status, type]);
    expect(registry.storage.tags('app').has('new')).toBe(false);
  });

  it.each([
    ['-1', '-1'],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 'Wed, 21 Oct 2015 07:28:00 GMT'],
    [null, undefined],
  ])('sends Retry-After %s', async (value, seen) => {
    registry.faults.add({ fault: tooManyRequests(value) });
    expect((await send(getTag)).headers['retry-after']).toBe(seen);
  });

  it('redirects elsewhere', async () => {
    registry.faults.add({ fault: redirect('http://127.0.0.1:9/x') });
    expect((await send(getBlob)).headers.location).toBe('http://127.0.0.1:9/x');
  });

  it('redirects to itself', async () => {
    registry.faults.add({ fault: redirectLoop() });
    expect((await send(getBlob)).headers.location).toBe(getBlob.path);
  });
});

describe('faults in the body', () => {
  it.each<[string, Fault]>([
    ['with a length', { kind: 'cut-body', framing: 'length', afterBytes: 4, end: 'close' }],
    ['in chunks', { kind: 'cut-body', framing: 'chunked', afterBytes: 4, end: 'close' }],
  ])('is seen to be cut short %s', async (_name, fault) => {
    registry.faults.add({ fault });
    const answer = await send(getBlob);
    expect([answer.body.toString(), answer.complete]).toEqual(['twen', false]);
  });

  it('looks complete where the connection’s end is the body’s end', async () => {
    registry.faults.add({ fault: { kind: 'cut-body', framing: 'close', afterBytes: 4, end: 'close' } });
    const answer = await send(getBlob);
    expect([answer.body.toString(), answer.complete]).toEqual(['twen', true]);
    expect([answer.headers['content-length'], answer.headers['transfer-encoding']]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('flips one bit and keeps length and digest', async () => {
    registry.faults.add({ fault: bitFlip(3) });
    const { body, headers } = await send(getBlob);
    expect(body.toString()).toBe('tweoty bytes of layer');
    expect([headers['content-length'], headers['docker-content-digest']]).toEqual(['21', digestOf(layer)]);
  });

  it('gives other content under the right digest', async () => {
    registry.faults.add({ fault: otherContent('other') });
    const { body, headers } = await send(getTag);
    expect([body.toString(), headers['content-length'], headers['docker-content-digest']]).toEqual([
      'other',
      '5',
      digestOf(index),
    ]);
  });

  it('compresses unasked', async () => {
    registry.faults.add({ fault: gzipped() });
    const { body, headers } = await send(getBlob);
    expect([headers['content-encoding'], gunzipSync(body)]).toEqual(['gzip', layer]);
  });

  it('grows a list that stays JSON', async () => {
    registry.faults.add({ fault: oversize(1000) });
    const { body } = await send(listTags);
    expect(body.length).toBeGreaterThan(1000);
    expect(JSON.parse(body.toString())).toEqual({ name: 'app', tags: ['v+2'] });
  });

  it('drips to the end', async () => {
    registry.faults.add({ fault: { kind: 'drip', bytes: 10, everyMs: 0 } });
    expect((await send(getBlob)).body).toEqual(layer);
  });
});

describe('faults of meaning', () => {
  it('loses the answer to a PUT that was applied', async () => {
    registry.faults.add({ operation: 'put-tag', fault: { kind: 'answer-lost' } });
    await expect(send(putTag)).rejects.toThrow(/ECONNRESET|socket hang up/);
    expect(registry.storage.tags('app').get('new')).toBe(digestOf(index));
  });

  it('applies a DELETE twice and gives the second answer', async () => {
    registry.faults.add({ operation: 'delete-tag', fault: { kind: 'applied-twice' } });
    const answer = await send({ method: 'DELETE', path: '/v2/app/manifests/v1' });
    expect([answer.status, registry.storage.tags('app').has('v1')]).toEqual([404, false]);
  });

  it('reads from an earlier state', async () => {
    const storage = registry.storage.snapshot();
    registry.faults.add({ operation: 'list-tags', nth: 1, fault: { kind: 'stale-read', storage } });
    registry.storage.deleteTag('app', 'v+2');
    const bodies = [await send(listTags), await send(listTags)].map(
      ({ body }) => JSON.parse(body.toString()) as unknown,
    );
    expect(bodies).toEqual([
      { name: 'app', tags: ['v+2'] },
      { name: 'app', tags: ['v1'] },
    ]);
  });

  it('changes something just before the registry looks', async () => {
    const change: Fault = { kind: 'change', change: (storage) => storage.deleteTag('app', 'v1') };
    registry.faults.add({ operation: 'get-tag', fault: change });
    expect((await send(getTag)).status).toBe(404);
  });

  it('holds an answer until the test lets it go', async () => {
    let release: (value: unknown) => void = () => undefined;
    const until = new Promise((resolve) => (release = resolve));
    registry.faults.add({ operation: 'get-tag', fault: { kind: 'hold', until } });
    const held = send(getTag);
    await send(getBlob);
    expect(registry.history.inFlight({ operation: 'get-tag' })).toBe(1);
    release(undefined);
    expect((await held).status).toBe(200);
  });
});
