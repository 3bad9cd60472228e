import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { routesOf } from './routes-of.ts';
import { RunningApi, TOKENS } from './running-api.ts';

let postgres: PostgresHarness;
let api: RunningApi;

beforeAll(async () => {
  postgres = await startPostgres();
  api = await RunningApi.start(await postgres.freshDatabase(), 'loopback');
}, 120_000);

afterAll(async () => {
  await api.stop();
  await postgres.stop();
}, 60_000);

const PAUSE = '/api/v1/links/eu-to-us/pause';

describe('without a token, a program on this machine', () => {
  it.each(['127.0.0.1', 'localhost', '[::1]', 'geo.localhost', 'LOCALHOST.'])(
    'may do everything: Host %s',
    async (name) => {
      const host = `${name}:${api.port}`;
      expect((await api.send({ path: '/api/v1/registries', headers: { host } })).status).toBe(200);
      expect((await api.send({ method: 'POST', path: PAUSE, headers: { host } })).status).toBe(200);
    },
  );

  it('is called loopback in the audit trail', async () => {
    await api.send({ method: 'POST', path: PAUSE });
    const [row] = await api.rows(
      "SELECT caller, role, address FROM audit WHERE action = 'link.pause' LIMIT 1",
    );
    expect(row).toEqual({ caller: 'loopback', role: 'approver', address: '127.0.0.1' });
  });

  it('may send a token that nobody needs', async () => {
    expect((await api.send({ path: '/api/v1/registries', token: TOKENS.viewer })).status).toBe(200);
  });
});

describe('without a token, a page in a browser', () => {
  const foreign: readonly (readonly [string, Record<string, string>])[] = [
    ['under the name of a host that resolves to this machine', { host: 'evil.example:8080' }],
    ['under a name that begins like this machine', { host: '127.0.0.1.evil.example' }],
    ['under a name that ends like this machine', { host: 'evillocalhost' }],
    ['under a name with a user before it', { host: 'localhost@evil.example' }],
    ['under the address of every interface', { host: '0.0.0.0' }],
    ['under no name that is one', { host: '127.0.0.1/@evil' }],
    ['of another origin', { origin: 'https://evil.example' }],
    ['of an origin on this machine', { origin: 'http://127.0.0.1:8080' }],
    ['of an origin that hides', { origin: 'null' }],
    ['through a proxy on this machine', { 'x-forwarded-for': '203.0.113.7' }],
    ['through a proxy that says so in the new way', { forwarded: 'for=203.0.113.7' }],
  ];

  it.each(foreign)('is refused on every route: %s', async (_what, headers) => {
    const before = await api.rows('SELECT count(*) FROM audit');
    // A hook has a secret of its own, which no page knows.
    const guarded = routesOf(api.app).filter(({ access }) => access?.kind !== 'its-own');
    for (const { method, path } of guarded) {
      const received = await api.send({ method: method === 'ALL' ? 'GET' : method, path, headers });
      expect([path, received.status]).toEqual([path, 403]);
      expect(received.json).toMatchObject({ code: 'FORBIDDEN', status: 403 });
    }
    expect(await api.rows('SELECT count(*) FROM audit')).toEqual(before);
  });

  it('cannot send a form', async () => {
    const received = await api.send({
      method: 'POST',
      path: PAUSE,
      body: '{}',
      headers: { 'content-type': 'text/plain' },
    });
    expect(received.json).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE', status: 415 });
  });

  it('gets the page of the API with requests that read only', async () => {
    const { text } = await api.send({ path: '/docs' });
    expect(text).toContain('read-only-start.js');
    expect((await api.send({ path: '/docs/read-only-start.js' })).text).toContain(
      '"supportedSubmitMethods":["get"]',
    );
  });
});
