import { afterEach, describe, expect, it } from '@jest/globals';
import { sendWire, type WireAnswer } from '../contract/wire-client.ts';
import { type FakeAuth } from './fake-auth.ts';
import { FakeRegistry } from './fake-registry.ts';
import { FakeTokenServer, type FakeTokenServerOptions } from './fake-token-server.ts';

const users = { sync: 'secret:with:colons' };
const basic = `Basic ${Buffer.from('sync:secret:with:colons').toString('base64')}`;
const tagList = { method: 'GET', path: '/v2/team/app/tags/list' };

let registry: FakeRegistry;

afterEach(async () => {
  await registry.stop();
  expect(registry.defects).toEqual([]);
});

async function start(auth: FakeAuth): Promise<void> {
  registry = await FakeRegistry.start({ auth });
  registry.storage.putManifest('team/app', 'v1', '{}', 'application/vnd.oci.image.index.v1+json');
}

const send = (
  authorization: string | null,
  wire: { method: string; path: string } = tagList,
): Promise<WireAnswer> =>
  sendWire(registry.url, {
    ...wire,
    headers: authorization === null ? {} : { Authorization: authorization },
  });

describe('Basic', () => {
  it.each([
    ['the right password', basic, 200],
    ['a wrong password', `Basic ${Buffer.from('sync:wrong').toString('base64')}`, 401],
    ['no credential', null, 401],
    ['another scheme', 'Bearer x', 401],
  ])('answers %s', async (_name, authorization, status) => {
    await start({ kind: 'basic', users });
    expect((await send(authorization)).status).toBe(status);
  });

  it('challenges', async () => {
    await start({ kind: 'basic', users });
    expect((await send(null)).headers['www-authenticate']).toBe('Basic realm="fake-registry"');
  });

  it('lets anybody read where it is told to, and nobody write', async () => {
    await start({ kind: 'basic', users, anonymous: 'pull' });
    const read = await send(null);
    const write = await send(null, { method: 'DELETE', path: '/v2/team/app/manifests/v1' });
    expect([read.status, write.status]).toEqual([200, 401]);
  });

  it('hides repositories from a user', async () => {
    await start({
      kind: 'basic',
      users,
      hides: (repository, user) => `${user} ${repository}` === 'sync team/app',
    });
    const [list, catalog] = [await send(basic), await send(basic, { method: 'GET', path: '/v2/_catalog' })];
    expect([list.status, JSON.parse(catalog.body.toString())]).toEqual([404, { repositories: [] }]);
  });
});

interface TokenAnswer {
  readonly token?: string;
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
}

async function askToken(query: string, authorization: string | null = basic): Promise<TokenAnswer> {
  const { origin, pathname } = new URL(registry.tokenUrl);
  const headers = authorization === null ? {} : { Authorization: authorization };
  const answer = await sendWire(origin, {
    method: 'GET',
    path: `${pathname}?service=fake-registry&${query}`,
    headers,
  });
  return { ...(JSON.parse(answer.body.toString()) as TokenAnswer) };
}

async function postToken(form: Record<string, string>): Promise<TokenAnswer> {
  const { origin, pathname } = new URL(registry.tokenUrl);
  const body = Buffer.from(new URLSearchParams({ service: 'fake-registry', ...form }).toString());
  const answer = await sendWire(origin, { method: 'POST', path: pathname, body });
  return JSON.parse(answer.body.toString()) as TokenAnswer;
}

const pull = 'scope=repository:team/app:pull';

async function startBearer(
  options: FakeTokenServerOptions = {},
  auth: Partial<FakeAuth> = {},
): Promise<FakeTokenServer> {
  const tokens = new FakeTokenServer({ users, ...options });
  await start({ kind: 'bearer', tokens, ...auth } as FakeAuth);
  return tokens;
}

/** As Quay does, which knows no such action. */
const refuseDelete: FakeTokenServerOptions['grant'] = ({ actions }) =>
  actions.includes('delete') ? 'refuse' : actions;

describe('Bearer', () => {
  it('names realm, service and scope in the challenge', async () => {
    await startBearer();
    expect((await send(null)).headers['www-authenticate']).toBe(
      `Bearer realm="${registry.tokenUrl}",service="fake-registry",scope="repository:team/app:pull"`,
    );
  });

  it('names both repositories of a mount', async () => {
    await startBearer();
    const mount = { method: 'POST', path: '/v2/team/app/blobs/uploads/?mount=sha256:00&from=team/base' };
    expect((await send(null, mount)).headers['www-authenticate']).toContain(
      'scope="repository:team/app:pull,push repository:team/base:pull"',
    );
  });

  it.each<[string, Partial<FakeAuth>, boolean]>([
    ['on a port of its own', {}, false],
    ['on the registry', { endpoint: 'same-origin' }, true],
  ])('has its token endpoint %s', async (_name, auth, isSame) => {
    await startBearer({}, auth);
    expect(registry.tokenUrl.startsWith(registry.url)).toBe(isSame);
    const { token = '' } = await askToken(pull);
    expect((await send(`Bearer ${token}`)).status).toBe(200);
  });

  it('refuses a token for a wrong password and for nobody', async () => {
    const tokens = await startBearer();
    tokens.setPassword('sync', 'rotated');
    expect([(await askToken(pull)).token, (await askToken(pull, null)).token]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('refuses a token without the needed action, and says so', async () => {
    await startBearer();
    const { token = '' } = await askToken(pull);
    const answer = await send(`Bearer ${token}`, { method: 'DELETE', path: '/v2/team/app/manifests/v1' });
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('error="insufficient_scope"'),
    ]);
  });

  it('lets tokens age by the clock of the test', async () => {
    let nowMs = 0;
    await startBearer({ lifetimeMs: 1000, now: () => nowMs });
    const { token = '', expires_in } = await askToken(pull);
    const fresh = await send(`Bearer ${token}`);
    nowMs = 1000;
    const old = await send(`Bearer ${token}`);
    expect([expires_in, fresh.status, old.status]).toEqual([1, 200, 401]);
    expect(old.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it('forgets tokens when told, and keeps refresh tokens', async () => {
    const tokens = await startBearer();
    const { token = '', refresh_token = '' } = await askToken(`${pull}&offline_token=true`);
    tokens.expireTokens();
    const { access_token: again = '' } = await postToken({
      grant_type: 'refresh_token',
      refresh_token,
      scope: 'repository:team/app:pull',
    });
    const [old, fresh] = [await send(`Bearer ${token}`), await send(`Bearer ${again}`)];
    expect([old.status, fresh.status]).toEqual([401, 200]);
  });

  it('answers a form with a password', async () => {
    await startBearer();
    const form = { grant_type: 'password', username: 'sync', password: users.sync, access_type: 'offline' };
    const { access_token, refresh_token } = await postToken({ ...form, scope: 'repository:team/app:pull' });
    expect([access_token, refresh_token]).toEqual([expect.any(String), expect.any(String)]);
  });

  it.each<[string, FakeTokenServerOptions, readonly string[]]>([
    ['only token', { field: 'token' }, ['expires_in', 'issued_at', 'token']],
    ['only access_token', { field: 'access_token' }, ['access_token', 'expires_in', 'issued_at']],
    ['no expires_in', { field: 'token', expiresInSeconds: null }, ['issued_at', 'token']],
  ])('can answer with %s', async (_name, options, fields) => {
    await startBearer(options);
    expect(Object.keys(await askToken(pull)).sort()).toEqual(fields);
  });

  it('can grant less than was asked', async () => {
    const tokens = await startBearer({
      grant: ({ actions }) => actions.filter((action) => action !== 'push'),
    });
    await askToken('scope=repository:team/app:pull,push');
    expect(tokens.issued()).toEqual([[{ type: 'repository', name: 'team/app', actions: ['pull'] }]]);
  });

  it('can refuse a token for one scope among several', async () => {
    await startBearer({ grant: refuseDelete });
    expect((await askToken(`${pull}&scope=repository:team/app:delete`)).token).toBeUndefined();
  });

  it('counts token requests', async () => {
    await startBearer();
    await askToken(pull);
    await askToken(`${pull}&scope=repository:b:pull`);
    await postToken({ grant_type: 'password', username: 'sync', password: 'wrong' });
    expect(registry.history.count({ operation: 'get-token' })).toBe(2);
    expect(registry.history.count({ operation: 'post-token' })).toBe(1);
    expect(registry.history.matching({ server: 'token' })[1]?.reference).toBe(
      'repository:team/app:pull repository:b:pull',
    );
  });

  it.each<[string, Partial<FakeAuth>, string | undefined]>([
    ['no challenge', { challenge: 'absent' }, undefined],
    [
      'a hostile realm',
      { realm: 'http://169.254.169.254/token' },
      'Bearer realm="http://169.254.169.254/token"',
    ],
    [
      'several schemes in one header',
      { challenge: 'several-in-one' },
      'Negotiate, Digest realm="a, \\"b\\"", nonce="x", Bearer',
    ],
    ['several headers', { challenge: 'several-headers' }, 'Negotiate, Bearer'],
    ['what the test makes of it', { challenge: (right) => right.toUpperCase() }, 'BEARER REALM='],
  ])('can send %s', async (_name, auth, start) => {
    await startBearer({}, auth);
    const answer = await send(null);
    expect([answer.status, answer.headers['www-authenticate']?.slice(0, start?.length)]).toEqual([
      401,
      start,
    ]);
  });

  it.each(['delete', 'push', '*'] as const)('can want %s for DELETE', async (deleteAction) => {
    await startBearer({}, { deleteAction });
    const answer = await send(null, { method: 'DELETE', path: '/v2/team/app/manifests/v1' });
    expect(answer.headers['www-authenticate']).toContain(`scope="repository:team/app:${deleteAction}"`);
  });
});
