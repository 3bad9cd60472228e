import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { dockerEnvironmentOf } from '../../../src/config/docker-environment.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import type { RegistryClient } from '../../../src/registry/registry-client.ts';
import { headerOf } from '../../fakes/fake-answer.ts';
import { bytesOf } from '../../fakes/fake-content.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { faultKinds } from '../../fakes/fake-fault-kinds.ts';
import { otherContent, redirect, replacedHeader } from '../../fakes/fake-faults.ts';
import { distribution31 } from '../../fakes/fake-distribution-profiles.ts';
import type { FakeRegistry } from '../../fakes/fake-registry.ts';
import { FakeTokenServer } from '../../fakes/fake-token-server.ts';
import { APP, BASIC_CREDENTIALS, PASSWORD, RegistryBench, USER, V1 } from './registry-bench.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const users = { [USER]: PASSWORD };
const BASIC_VALUE = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');

function putTag(registry: FakeRegistry): void {
  registry.storage.putManifest(APP, V1, '{"layers":[]}', 'application/vnd.oci.image.manifest.v1+json');
}

describe('a user name and a password', () => {
  it('are sent where the registry asks for them, and then at once', async () => {
    const registry = await bench.start({ auth: { kind: 'basic', users } });
    putTag(registry);
    const client = bench.client(registry, { credentials: BASIC_CREDENTIALS });

    await client.listTags(APP);
    await client.listTags(APP);

    const headers = registry.history.all.map(({ headers: { authorization } }) => authorization);
    expect(headers).toEqual([undefined, `Basic ${BASIC_VALUE}`, `Basic ${BASIC_VALUE}`]);
  });

  it('are kept where nobody asks for them', async () => {
    const registry = await bench.start();
    putTag(registry);

    await bench.client(registry, { credentials: BASIC_CREDENTIALS }).listTags(APP);

    expect(registry.history.all.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('are tried once when they are wrong', async () => {
    const registry = await bench.start({ auth: { kind: 'basic', users: { [USER]: 'another' } } });
    const client = bench.client(registry, { credentials: BASIC_CREDENTIALS });

    await expect(client.listTags(APP)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(registry.history.count()).toBe(2);
  });
});

describe('what `docker login` left', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'geo-reconciler-docker-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  async function clientWith(registry: FakeRegistry, file: unknown): Promise<RegistryClient> {
    await writeFile(join(directory, 'config.json'), JSON.stringify(file));
    const environment = dockerEnvironmentOf({ DOCKER_CONFIG: directory, PATH: `${directory}:/usr/bin:/bin` });
    return bench.client(registry, { credentials: { kind: 'docker', environment } });
  }

  const entryFor = (registry: FakeRegistry, entry: unknown) => ({
    auths: { [new URL(registry.url).host]: entry },
  });

  it('as a password is used for Basic', async () => {
    const registry = await bench.start({ auth: { kind: 'basic', users } });
    putTag(registry);
    const client = await clientWith(registry, entryFor(registry, { auth: BASIC_VALUE }));

    await expect(client.listTags(APP)).resolves.toMatchObject({ names: ['v1'] });
  });

  it('as an identity token is traded for a token, and is no password', async () => {
    const tokens = new FakeTokenServer({ users });
    const registry = await bench.start({ auth: { kind: 'bearer', tokens } });
    putTag(registry);
    const query = new URLSearchParams({ service: tokens.service, offline_token: 'true' });
    const granted = JSON.parse(bytesOf(tokens.answerGet(query, `Basic ${BASIC_VALUE}`).body).toString());
    const client = await clientWith(registry, entryFor(registry, { identitytoken: granted.refresh_token }));

    await expect(client.listTags(APP)).resolves.toMatchObject({ names: ['v1'] });

    const [request] = registry.history.matching({ server: 'token' });
    expect(request).toMatchObject({ operation: 'post-token' });
    expect(request?.headers.authorization).toBeUndefined();
    expect(request?.target).not.toContain(granted.refresh_token);
  });

  it('as a registry token is sent as it is', async () => {
    const tokens = new FakeTokenServer({ users });
    const registry = await bench.start({ auth: { kind: 'bearer', tokens } });
    putTag(registry);
    const query = new URLSearchParams({ service: tokens.service, scope: `repository:${APP}:pull` });
    const granted = JSON.parse(bytesOf(tokens.answerGet(query, `Basic ${BASIC_VALUE}`).body).toString());
    const client = await clientWith(registry, entryFor(registry, { registrytoken: granted.token }));

    await expect(client.listTags(APP)).resolves.toMatchObject({ names: ['v1'] });
    expect(registry.history.count({ server: 'token' })).toBe(0);
  });

  it('as a registry token that is refused ends in UNAUTHORIZED', async () => {
    const registry = await bench.start({ auth: { kind: 'bearer', tokens: new FakeTokenServer({ users }) } });
    const client = await clientWith(registry, entryFor(registry, { registrytoken: 'stale' }));

    await expect(client.listTags(APP)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(registry.history.count()).toBe(3);
  });

  it('with a helper is asked for anew for every token', async () => {
    const tokens = new FakeTokenServer({ users });
    const registry = await bench.start({ auth: { kind: 'bearer', tokens } });
    putTag(registry);
    const helper = join(directory, 'docker-credential-canary');
    const calls = join(directory, 'calls');
    const answer = JSON.stringify({ ServerURL: '', Username: USER, Secret: PASSWORD });
    await writeFile(helper, `#!/bin/sh\ncat >> ${calls}\nprintf '%s' '${answer}'\n`);
    await chmod(helper, 0o755);
    const client = await clientWith(registry, { credHelpers: { [new URL(registry.url).host]: 'canary' } });

    await expect(client.listTags(APP)).resolves.toMatchObject({ names: ['v1'] });
  });

  it.each<[string, string]>([
    ['fails', 'exit 3'],
    ['prints no credential', 'echo hello'],
  ])('with a helper that %s is no reason to go in as nobody', async (_how, script) => {
    const tokens = new FakeTokenServer({ users, anonymous: 'pull' });
    const registry = await bench.start({ auth: { kind: 'bearer', tokens } });
    const helper = join(directory, 'docker-credential-canary');
    await writeFile(helper, `#!/bin/sh\n${script}\n`);
    await chmod(helper, 0o755);
    const client = await clientWith(registry, { credsStore: 'canary' });

    await expect(client.listTags(APP)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(registry.history.count({ server: 'token' })).toBe(0);
  });
});

describe('a credential', () => {
  const bytes = Buffer.from('layer');
  const digest = digestOf(bytes);

  it.each(['basic', 'bearer'] as const)('does not follow a redirect to the storage (%s)', async (kind) => {
    const auth = kind === 'basic' ? { kind, users } : { kind, tokens: new FakeTokenServer({ users }) };
    const registry = await bench.start({ auth, blobs: 'blob-origin' });
    registry.storage.putBlob(APP, bytes);
    const { blobs } = bench.client(registry, { credentials: BASIC_CREDENTIALS });

    expect(await buffer((await blobs.get(APP, digest)).stream)).toEqual(bytes);

    const redirected = registry.history.matching({ server: 'blob-origin' });
    expect(redirected.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('does not follow a redirect of a listing, nor the Link of the page behind it', async () => {
    const profile = { ...distribution31, tags: { ...distribution31.tags, defaultPage: 1 } };
    const registry = await bench.start({ auth: { kind: 'basic', users } });
    const stranger = await bench.start({ profile });
    for (const tag of ['a', 'b']) stranger.storage.putManifest(APP, tag, '{}', 'application/json');
    registry.faults.add({ operation: 'list-tags', fault: redirect(`${stranger.url}/v2/${APP}/tags/list`) });
    const client = bench.client(registry, { credentials: BASIC_CREDENTIALS });
    await client.ping();

    await expect(client.listTags(APP)).rejects.toMatchObject({ code: 'LISTING_INCOMPLETE' });

    expect(stranger.history.all.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('is not sent to a storage that asks for one', async () => {
    const registry = await bench.start({ auth: { kind: 'basic', users }, blobs: 'blob-origin' });
    registry.storage.putBlob(APP, bytes);
    const stranger = await bench.start({ auth: { kind: 'basic', users } });
    registry.faults.add({
      operation: 'get-blob',
      fault: redirect(`${stranger.url}/v2/${APP}/blobs/${digest}`),
    });
    const { blobs } = bench.client(registry, { credentials: BASIC_CREDENTIALS });

    await expect(blobs.get(APP, digest)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(stranger.history.all.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('is not sent to where an upload is taken from another origin', async () => {
    const stranger = await bench.start();
    const registry = await bench.start({ auth: { kind: 'basic', users } });
    const elsewhere = replacedHeader('Location', `${stranger.url}/v2/${APP}/blobs/uploads/1`);
    registry.faults.add({ operation: 'open-upload', fault: elsewhere });
    const client = bench.client(registry, { credentials: BASIC_CREDENTIALS });
    await client.ping();

    await expect(client.blobs.startUpload(APP)).rejects.toMatchObject({ code: 'MALFORMED_RESPONSE' });
    expect(stranger.history.count()).toBe(0);
  });
});

/** Everything that a log, a report or a debugger may show of an error. */
function everyPrintOf(error: unknown): string {
  const prints: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    prints.push(
      each.message,
      each.stack ?? '',
      String(each),
      JSON.stringify(each),
      JSON.stringify(Object.entries(each)),
    );
    prints.push(inspect(each, { depth: 20, showHidden: true, getters: true }));
  }
  return prints.join('\n');
}

describe('an error', () => {
  /** A body that names what was sent, as a debugging proxy does. */
  const echo: Fault = {
    kind: 'edit',
    edit: (given, request) => ({
      ...given,
      status: headerOf(given, 'Location') === undefined ? 400 : given.status,
      headers: new Map([['X-Echo', request.headers.authorization ?? '']]),
    }),
  };
  const kinds = [...faultKinds].filter(([name]) => !/stall|drip|oversize/.test(name));

  async function failuresWith(fault: Fault, kind: 'basic' | 'bearer'): Promise<readonly unknown[]> {
    const auth = kind === 'basic' ? { kind, users } : { kind, tokens: new FakeTokenServer({ users }) };
    const registry = await bench.start({ auth });
    putTag(registry);
    const client = bench.client(registry, { credentials: BASIC_CREDENTIALS });
    await client.ping();
    registry.faults.add({ server: 'registry', fault });
    registry.faults.add({ server: 'token', fault });
    const content = Buffer.from('content');
    const body = { sizeBytes: content.length, open: () => Promise.resolve(Readable.from([content])) };
    const slot = await client.blobs.reserveSlot();
    const settled = await Promise.allSettled([
      client.ping(),
      client.listRepositories(),
      client.listTags(APP),
      client.manifests.get(APP, V1),
      client.manifests.deleteTag(APP, V1),
      client.blobs.head(APP, digestOf(content)),
      client.blobs.get(APP, digestOf(content)).then(({ stream }) => buffer(stream)),
      client.blobs.startUpload(APP),
      client.blobs.upload(
        {
          repository: APP,
          url: new URL(`/v2/${APP}/blobs/uploads/canary-session?_state=canary-state`, registry.url),
        },
        digestOf(content),
        { body, slot },
      ),
    ]);
    return settled.filter((each) => each.status === 'rejected').map(({ reason }) => reason as unknown);
  }

  it.each([...kinds, ['an echo of the request', echo] as const, ['no JSON', otherContent('no')] as const])(
    'shows no password and no token of %s',
    async (_name, fault) => {
      const errors = [...(await failuresWith(fault, 'basic')), ...(await failuresWith(fault, 'bearer'))];
      const prints = errors.map(everyPrintOf).join('\n');

      expect(errors.every((error) => (error as Error).name === 'RegistryError')).toBe(true);
      expect(prints).not.toMatch(/Bearer token-|Basic [A-Za-z0-9+/=]{8}/);
      expect(prints).not.toContain(PASSWORD);
      expect(prints).not.toContain(BASIC_VALUE);
      expect(prints).not.toContain('canary-state');
    },
  );
});
