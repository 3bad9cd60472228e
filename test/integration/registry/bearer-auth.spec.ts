import { afterEach, describe, expect, it } from '@jest/globals';

import { Readable } from 'node:stream';
import { digestOf } from '../../../src/oci/digest.ts';
import type { BlobClient } from '../../../src/registry/blob-client.ts';
import type { RegistryClient } from '../../../src/registry/registry-client.ts';
import type { FakeAuth } from '../../fakes/fake-auth.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { htmlPage, jsonStatus, otherContent, redirect, tooManyRequests } from '../../fakes/fake-faults.ts';
import type { FakeRegistry } from '../../fakes/fake-registry.ts';
import { FakeTokenServer, type FakeTokenServerOptions } from '../../fakes/fake-token-server.ts';
import { APP, BASE, BASIC_CREDENTIALS, PASSWORD, RegistryBench, USER, V1 } from './registry-bench.ts';
import { VirtualClock } from './virtual-clock.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

interface Scene {
  readonly registry: FakeRegistry;
  readonly tokens: FakeTokenServer;
  readonly clock: VirtualClock;
  readonly client: RegistryClient;
}

type Options = Partial<Extract<FakeAuth, { kind: 'bearer' }>> & {
  readonly tokenOptions?: FakeTokenServerOptions;
  readonly anonymous?: boolean;
  readonly concurrency?: number;
};

/** A registry behind a token server, both on one clock, with one tag in it. */
async function openScene({
  tokenOptions,
  anonymous,
  concurrency = 16,
  ...auth
}: Options = {}): Promise<Scene> {
  const clock = new VirtualClock();
  const tokens = new FakeTokenServer({
    users: { [USER]: PASSWORD },
    now: () => clock.now().getTime(),
    ...tokenOptions,
  });
  const registry = await bench.start({ auth: { kind: 'bearer', tokens, ...auth } });
  registry.storage.putManifest(APP, V1, '{"layers":[]}', 'application/vnd.oci.image.manifest.v1+json');
  const limits = { limits: { concurrency } };
  const credentials = anonymous === true ? ({ kind: 'anonymous' } as const) : BASIC_CREDENTIALS;
  return { registry, tokens, clock, client: bench.client(registry, { clock, credentials, ...limits }) };
}

const tokenRequests = ({ registry }: Scene): number =>
  registry.history.count({ operation: ['get-token', 'post-token'] });

describe('a bearer token', () => {
  it('is fetched with the credential, for what the challenge asks for, and sent', async () => {
    const scene = await openScene();

    await expect(scene.client.listTags(APP)).resolves.toMatchObject({ names: ['v1'] });

    const [first, token, second] = scene.registry.history.all;
    expect(first?.headers.authorization).toBeUndefined();
    expect(token).toMatchObject({ operation: 'get-token', reference: `repository:${APP}:pull` });
    expect(token?.headers.authorization).toMatch(/^Basic /);
    expect(second?.headers.authorization).toMatch(/^Bearer token-/);
  });

  it('is had without a credential where anybody may pull', async () => {
    const scene = await openScene({ anonymous: true, tokenOptions: { anonymous: 'pull' } });

    await expect(scene.client.listTags(APP)).resolves.toMatchObject({ names: ['v1'] });
    expect(scene.registry.history.matching({ server: 'token' })[0]?.headers.authorization).toBeUndefined();
  });

  it.each<[string, FakeTokenServerOptions]>([
    ['token', { field: 'token' }],
    ['access_token', { field: 'access_token' }],
  ])('is read from the field %s', async (_field, tokenOptions) => {
    const { client } = await openScene({ tokenOptions });

    await expect(client.listTags(APP)).resolves.toMatchObject({ names: ['v1'] });
  });

  it.each(['right', 'several-in-one', 'several-headers'] as const)(
    'is found behind a challenge of the form %s',
    async (challenge) => {
      const { client } = await openScene({ challenge });

      await expect(client.listTags(APP)).resolves.toMatchObject({ names: ['v1'] });
    },
  );

  it('is fetched once for fifty requests at the same time', async () => {
    const scene = await openScene();
    scene.tokens.expireTokens();

    await Promise.all(Array.from({ length: 50 }, () => scene.client.manifests.resolve(APP, V1)));

    expect(tokenRequests(scene)).toBe(1);
  });

  it('is fetched once again for fifty requests that find it expired', async () => {
    const scene = await openScene();
    await scene.client.manifests.resolve(APP, V1);
    scene.tokens.expireTokens();

    await Promise.all(Array.from({ length: 50 }, () => scene.client.manifests.resolve(APP, V1)));

    expect(tokenRequests(scene)).toBe(2);
  });

  it('is one per repository and right, and is not asked for again', async () => {
    const scene = await openScene();

    for (let round = 0; round < 3; round += 1) {
      await scene.client.manifests.resolve(APP, V1);
      await scene.client.listTags(BASE);
      await scene.client.blobs.startUpload(APP);
    }

    expect(tokenRequests(scene)).toBe(3);
  });

  it('is renewed when four fifths of its life are over, before anybody refuses it', async () => {
    const scene = await openScene({ tokenOptions: { lifetimeMs: 100_000 } });
    await scene.client.listTags(APP);

    scene.clock.advance(79);
    await scene.client.listTags(APP);
    expect(tokenRequests(scene)).toBe(1);

    scene.clock.advance(2);
    await scene.client.listTags(APP);
    expect(tokenRequests(scene)).toBe(2);
    expect(scene.registry.history.count({ status: 401 })).toBe(1);
  });

  it.each([[null], [0], [-5]])('lives a minute where the server says %p', async (expiresInSeconds) => {
    const scene = await openScene({ tokenOptions: { expiresInSeconds } });
    await scene.client.listTags(APP);

    scene.clock.advance(47);
    await scene.client.listTags(APP);
    expect(tokenRequests(scene)).toBe(1);

    scene.clock.advance(2);
    await scene.client.listTags(APP);
    expect(tokenRequests(scene)).toBe(2);
  });

  it('that lacks a right gives UNAUTHORIZED after one more try, and no loop', async () => {
    const scene = await openScene({ tokenOptions: { grant: () => [] } });

    await expect(scene.client.listTags(APP)).rejects.toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
    expect(tokenRequests(scene)).toBe(2);
    expect(scene.registry.history.count({ operation: 'list-tags' })).toBe(3);
  });

  it('that is refused as a whole is UNAUTHORIZED', async () => {
    const scene = await openScene({ tokenOptions: { grant: () => 'refuse' } });

    await expect(scene.client.listTags(APP)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(tokenRequests(scene)).toBe(1);
  });

  it('is not had with a wrong password, and the password is tried once', async () => {
    const scene = await openScene({ tokenOptions: { users: { [USER]: 'another' } } });

    await expect(scene.client.listTags(APP)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(tokenRequests(scene)).toBe(1);
  });

  it('is never replaced by an anonymous one where a credential is configured', async () => {
    const scene = await openScene({ tokenOptions: { users: {}, anonymous: 'pull' } });

    await expect(scene.client.listTags(APP)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    const authorizations = scene.registry.history
      .matching({ server: 'token' })
      .map(({ headers }) => headers.authorization);
    expect(authorizations).toEqual([expect.stringMatching(/^Basic /)]);
  });
});

describe('a token endpoint that is out of order', () => {
  it.each<[string, Fault]>([
    ['429', tooManyRequests('1')],
    ['500', jsonStatus(500, 'UNKNOWN')],
    ['503 in HTML', htmlPage(503)],
    ['a broken connection', { kind: 'reset' }],
    ['a cut answer', { kind: 'cut-body', framing: 'length', afterBytes: 5, end: 'close' }],
  ])('is asked again after %s', async (_what, fault) => {
    const scene = await openScene();
    scene.registry.faults.add({ operation: 'get-token', times: 5, fault });

    await expect(scene.client.listTags(APP)).resolves.toMatchObject({ names: ['v1'] });
    expect(tokenRequests(scene)).toBe(6);
  });

  it.each<[string, Fault, string, number]>([
    ['429', tooManyRequests('1'), 'RATE_LIMITED', 7],
    ['503', jsonStatus(503, 'UNAVAILABLE'), 'SERVER_ERROR', 7],
    ['a broken connection', { kind: 'reset' }, 'NETWORK', 7],
    ['404', jsonStatus(404, 'UNKNOWN'), 'UNAUTHORIZED', 1],
    ['a redirect', redirect('/elsewhere'), 'UNAUTHORIZED', 1],
    ['an HTML page', htmlPage(), 'MALFORMED_RESPONSE', 1],
    ['no token', otherContent('{"expires_in":60}'), 'MALFORMED_RESPONSE', 1],
    ['an empty token', otherContent('{"token":""}'), 'MALFORMED_RESPONSE', 1],
    ['half a document', otherContent('{"token":"a'), 'MALFORMED_RESPONSE', 1],
  ])('is the reason, with its own code, where it gives nothing but %s', async (_what, fault, code, times) => {
    const scene = await openScene();
    scene.registry.faults.add({ operation: 'get-token', fault });

    await expect(scene.client.listTags(APP)).rejects.toMatchObject({ name: 'RegistryError', code });
    expect(tokenRequests(scene)).toBe(times);
  });

  it('is asked once by fifty requests, also when it fails', async () => {
    const scene = await openScene();
    scene.registry.faults.add({ operation: 'get-token', fault: jsonStatus(400, 'UNKNOWN') });

    const settled = await Promise.allSettled(
      Array.from({ length: 16 }, () => scene.client.manifests.resolve(APP, V1)),
    );

    expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    expect(tokenRequests(scene)).toBeLessThanOrEqual(16);
  });

  it('fails nobody for ever', async () => {
    const scene = await openScene();
    const outage = scene.registry.faults.add({ operation: 'get-token', fault: { kind: 'reset' } });
    await expect(scene.client.listTags(APP)).rejects.toMatchObject({ code: 'NETWORK' });

    outage.remove();

    await expect(scene.client.listTags(APP)).resolves.toMatchObject({ names: ['v1'] });
  });
});

describe('rights', () => {
  it('to delete are asked for in the words of the challenge', async () => {
    const scene = await openScene();

    await scene.client.manifests.deleteTag(APP, V1);

    const scopes = scene.registry.history.matching({ server: 'token' }).map(({ reference }) => reference);
    expect(scopes).toEqual([`repository:${APP}:delete`]);
    expect(scene.registry.storage.tags(APP).size).toBe(0);
  });

  it('to delete are had from a server that refuses a token as soon as `delete` is named', async () => {
    const scene = await openScene({
      deleteAction: 'push',
      tokenOptions: {
        grant: ({ actions }) => (actions.includes('delete') ? 'refuse' : actions),
      },
    });

    await scene.client.manifests.deleteTag(APP, V1);

    expect(scene.registry.storage.tags(APP).size).toBe(0);
  });

  it('to both repositories are asked for in one token for a mount', async () => {
    const scene = await openScene();
    const bytes = Buffer.from('layer');
    scene.registry.storage.putBlob(APP, bytes);

    await expect(scene.client.blobs.mount(BASE, digestOf(bytes), APP)).resolves.toEqual({ kind: 'mounted' });
    expect(tokenRequests(scene)).toBe(1);
  });

  it('that are refused for the other repository leave the plain upload', async () => {
    const scene = await openScene({
      tokenOptions: { grant: ({ name, actions }) => (name === APP ? 'refuse' : actions) },
    });
    const bytes = Buffer.from('layer');
    scene.registry.storage.putBlob(APP, bytes);

    await expect(scene.client.blobs.mount(BASE, digestOf(bytes), APP)).resolves.toEqual({ kind: 'refused' });
  });
});

/** More than all buffers on the way hold, so that a refusal comes while it is being sent. */
const LARGE = Buffer.alloc(8 * 1024 * 1024, 7);

describe('a token that expires during an upload', () => {
  const bytes = LARGE;
  const digest = digestOf(bytes);

  async function upload(blobs: BlobClient, opened: { times: number }): Promise<void> {
    const session = await blobs.startUpload(APP);
    const slot = await blobs.reserveSlot();
    const open = (): Promise<Readable> => {
      opened.times += 1;
      return Promise.resolve(Readable.from(slices(bytes)));
    };
    await blobs.upload(session, digest, { body: { sizeBytes: bytes.length, open }, slot });
    slot.release();
  }

  it('is replaced between its opening and its end, and the body is read anew', async () => {
    const scene = await openScene();
    const opened = { times: 0 };
    const expiry: Fault = { kind: 'change', change: () => scene.tokens.expireTokens() };
    scene.registry.faults.add({ operation: 'commit-upload', nth: 1, fault: expiry });

    await upload(scene.client.blobs, opened);

    expect(storedDigest(scene)).toBe(digest);
    expect(
      scene.registry.history.matching({ operation: 'commit-upload' }).map(({ status }) => status),
    ).toEqual([401, 201]);
    expect(opened.times).toBe(2);
  });

  it('is replaced also where the registry read the whole body before it refused it', async () => {
    const scene = await openScene();
    const opened = { times: 0 };
    const challenge = `Bearer realm="${scene.registry.tokenUrl}",service="${scene.tokens.service}"`;
    const late = jsonStatus(401, 'UNAUTHORIZED', { 'WWW-Authenticate': challenge });
    scene.registry.faults.add({ operation: 'commit-upload', nth: 1, fault: late });

    await upload(scene.client.blobs, opened);

    expect(storedDigest(scene)).toBe(digest);
    expect(opened.times).toBe(2);
  });

  it('leaves no connection behind that nobody can use any more', async () => {
    const scene = await openScene({ concurrency: 1 });
    const expiry: Fault = { kind: 'change', change: () => scene.tokens.expireTokens() };
    scene.registry.faults.add({ operation: 'commit-upload', nth: 1, fault: expiry });

    await upload(scene.client.blobs, { times: 0 });

    await expect(scene.client.listTags(APP)).resolves.toMatchObject({ names: ['v1'] });
    expect(scene.registry.openConnections()).toBe(1);
  });

  it('is not replaced for ever', async () => {
    const scene = await openScene();
    const opened = { times: 0 };
    const expiry: Fault = { kind: 'change', change: () => scene.tokens.expireTokens() };
    scene.registry.faults.add({ operation: 'commit-upload', fault: expiry });

    await expect(upload(scene.client.blobs, opened)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(opened.times).toBe(3);
  });
});

/** Comparing millions of bytes one by one takes jest half a minute. */
function storedDigest({ registry }: Scene): string | undefined {
  const stored = registry.storage.blob(APP, digestOf(LARGE));
  return stored === undefined ? undefined : digestOf(stored);
}

function* slices(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
