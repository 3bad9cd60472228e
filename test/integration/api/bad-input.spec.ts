import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { RunningApi, TOKENS, type Received, type Sent } from './running-api.ts';

let postgres: PostgresHarness;
let api: RunningApi;

beforeAll(async () => {
  postgres = await startPostgres();
  api = await RunningApi.start(await postgres.freshDatabase(), 'tokens');
}, 120_000);

afterAll(async () => {
  await api.stop();
  await postgres.stop();
}, 60_000);

const RESYNC = '/api/v1/links/eu-to-us/resync';
const VERIFY = '/api/v1/links/eu-to-us/verify';

async function ask(sent: Sent): Promise<Received> {
  return await api.send({ token: TOKENS.approver, ...sent });
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Received> {
  return await ask({ method: 'POST', path, body, headers });
}

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

describe('a body', () => {
  it.each<[string, string, unknown, Record<string, string>, number, string]>([
    ['of more than 256 KB', RESYNC, `{"repositories":["${'a'.repeat(256 * 1024)}"]}`, {}, 413, 'TOO_LARGE'],
    ['that says it is of 100 MB', RESYNC, '{}', { 'content-length': '104857600' }, 413, 'TOO_LARGE'],
    [
      'of a form',
      RESYNC,
      'repositories=a',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['of plain text', RESYNC, '{}', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'of JSON by another name',
      RESYNC,
      '{}',
      { 'content-type': 'application/json-patch+json' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['of no type', RESYNC, '{}', { 'content-type': '' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['that is compressed', RESYNC, '{}', { 'content-encoding': 'gzip' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'in another alphabet',
      RESYNC,
      '{}',
      { 'content-type': 'application/json; charset=koi8-r' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['of half a document', RESYNC, '{"repositories":[', {}, 400, 'INVALID_REQUEST'],
    ['of something else', RESYNC, 'repositories', {}, 400, 'INVALID_REQUEST'],
    ['of nothing but blanks', RESYNC, '   ', {}, 400, 'INVALID_REQUEST'],
    ['nested 21 levels deep', RESYNC, `{"repositories":${nested(20)}}`, {}, 400, 'INVALID_REQUEST'],
    ['nested 50,000 levels deep', RESYNC, nested(50_000), {}, 400, 'INVALID_REQUEST'],
    ['that is a list', RESYNC, [], {}, 400, 'INVALID_REQUEST'],
    ['that is null', RESYNC, 'null', {}, 400, 'INVALID_REQUEST'],
    ['that is a text', RESYNC, '"team/app"', {}, 400, 'INVALID_REQUEST'],
    ['with a field that nobody knows', RESYNC, { repository: 'team/app' }, {}, 400, 'INVALID_REQUEST'],
    ['with __proto__', RESYNC, '{"__proto__":{"repositories":["team/app"]}}', {}, 400, 'INVALID_REQUEST'],
    ['with constructor', RESYNC, '{"constructor":{"prototype":{}}}', {}, 400, 'INVALID_REQUEST'],
    ['with no repository', RESYNC, { repositories: [] }, {}, 400, 'INVALID_REQUEST'],
    ['with repositories that are no list', RESYNC, { repositories: 'team/app' }, {}, 400, 'INVALID_REQUEST'],
    ['with a number for a repository', RESYNC, { repositories: [1] }, {}, 400, 'INVALID_REQUEST'],
    ['with an empty pattern', RESYNC, { repositories: [''] }, {}, 400, 'INVALID_REQUEST'],
    [
      'with a pattern that nothing can match',
      RESYNC,
      { repositories: ['Team/App'] },
      {},
      400,
      'INVALID_REQUEST',
    ],
    [
      'with a path for a repository',
      RESYNC,
      { repositories: ['../../etc/passwd'] },
      {},
      400,
      'INVALID_REQUEST',
    ],
    [
      'with an address for a repository',
      RESYNC,
      { repositories: ['https://evil.example/v2'] },
      {},
      400,
      'INVALID_REQUEST',
    ],
    ['with NUL in a pattern', RESYNC, { repositories: ['team/\0*'] }, {}, 400, 'INVALID_REQUEST'],
    [
      'with a pattern of 513 characters',
      RESYNC,
      { repositories: ['a'.repeat(513)] },
      {},
      400,
      'INVALID_REQUEST',
    ],
    ['with half a class in a glob', RESYNC, { repositories: ['team/[a'] }, {}, 400, 'INVALID_REQUEST'],
    ['with 1001 patterns', RESYNC, { repositories: Array(1001).fill('team/*') }, {}, 400, 'INVALID_REQUEST'],
    [
      'with a repository that the filters leave out',
      RESYNC,
      { repositories: ['team/scratch'] },
      {},
      400,
      'INVALID_REQUEST',
    ],
    ['with a repository of nobody', RESYNC, { repositories: ['other/app'] }, {}, 400, 'INVALID_REQUEST'],
    ['with a depth that there is not', VERIFY, { depth: 'deepest' }, {}, 400, 'INVALID_REQUEST'],
    [
      'with a depth for a route without',
      '/api/v1/links/eu-to-us/plan',
      { depth: 'tag' },
      {},
      400,
      'INVALID_REQUEST',
    ],
    [
      'with fields for a route without any',
      '/api/v1/links/eu-to-us/pause',
      { minutes: 5 },
      {},
      400,
      'INVALID_REQUEST',
    ],
  ])('%s is refused', async (...[_what, path, body, headers, status, code]) => {
    const received = await post(path, body, headers);
    expect(received.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(received.json).toMatchObject({ type: 'about:blank', status, code, title: expect.any(String) });
    expect(received.status).toBe(status);
    expect(received.json.detail).toMatch(/\w{2,} \w+/);
    expect(received.text).not.toMatch(/node_modules|at .*\.(?:js|ts):\d|SyntaxError|ZodError/);
  });

  it('is wrong in many places, and every one of them is named', async () => {
    const { json } = await post(VERIFY, { repositories: ['Team', 'team/app', ''], depth: 1, tags: [] });
    expect(json.errors?.map(({ path }) => path).toSorted()).toEqual([
      'body',
      'body.depth',
      'body.repositories.0',
      'body.repositories.2',
    ]);
    expect(json.detail).toContain('1 more');
  });

  it('with a thousand mistakes gets an answer that stays short', async () => {
    const { status, text } = await post(RESYNC, { repositories: Array(1000).fill('X'.repeat(200)) });
    expect(status).toBe(400);
    expect(text.length).toBeLessThan(32_000);
  });

  it('comes back in no form that a browser could run', async () => {
    const { text } = await post(RESYNC, { '<script>alert(1)</script>': 1, repositories: ['<img src=x>'] });
    expect(text).not.toMatch(/[<>]/);
  });

  it.each([RESYNC, VERIFY, '/api/v1/links/eu-to-us/pause'])(
    'may be left out, and may be empty: %s',
    async (path) => {
      expect((await ask({ method: 'POST', path })).status).toBeLessThan(300);
      expect((await post(path, {})).status).toBeLessThan(300);
    },
  );

  it('is refused where none is taken', async () => {
    const received = await ask({ path: '/api/v1/registries', body: {} });
    expect(received.json).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });
});

describe('a path or a query', () => {
  it.each([
    ['a link of nobody', 'POST', '/api/v1/links/nobody/resync', 404, 'NOT_FOUND'],
    ['a link by a path', 'POST', '/api/v1/links/..%2F..%2Fetc%2Fpasswd/resync', 404, 'NOT_FOUND'],
    ['a link with NUL', 'POST', '/api/v1/links/eu-to-us%00/resync', 404, 'NOT_FOUND'],
    ['a link by a member of every object', 'POST', '/api/v1/links/__proto__/resync', 404, 'NOT_FOUND'],
    ['a link by a very long name', 'POST', `/api/v1/links/${'a'.repeat(300)}/resync`, 400, 'INVALID_REQUEST'],
    ['a registry of nobody', 'GET', '/api/v1/registries/nobody', 404, 'NOT_FOUND'],
    ['a registry with an encoded slash', 'GET', '/api/v1/registries/eu%2Fus', 404, 'NOT_FOUND'],
    ['a registry above this one', 'GET', '/api/v1/registries/%2e%2e', 404, 'NOT_FOUND'],
    [
      'a cycle of nobody',
      'POST',
      '/api/v1/cycles/0b5f6d2c-6d0e-4d65-9f0b-0d6f6f3a5d11/cancel',
      404,
      'NOT_FOUND',
    ],
    ['an id that is none', 'POST', "/api/v1/cycles/1'%20OR%201=1--/cancel", 400, 'INVALID_REQUEST'],
    ['an id with NUL', 'POST', '/api/v1/cycles/a%00b/cancel', 400, 'INVALID_REQUEST'],
    ['a file of the page that is none', 'GET', '/docs/..%2f..%2fpackage.json', 400, 'INVALID_REQUEST'],
    ['a file that the page does not load', 'GET', '/docs/package.json', 400, 'INVALID_REQUEST'],
    ['bytes that are no UTF-8', 'GET', '/api/v1/registries/%E0%A4%A', 400, 'INVALID_REQUEST'],
    ['half a percent sign', 'GET', '/api/v1/registries/%', 400, 'INVALID_REQUEST'],
    ['nothing that there is', 'GET', '/api/v1/nothing', 404, 'NOT_FOUND'],
    ['another version', 'GET', '/api/v2/registries', 404, 'NOT_FOUND'],
    ['dot segments', 'GET', '/api/v1/registries/../../../etc/passwd', 404, 'NOT_FOUND'],
    ['a method that does not fit', 'DELETE', '/api/v1/registries/eu', 405, 'METHOD_NOT_ALLOWED'],
    ['a method that only reads', 'GET', RESYNC, 405, 'METHOD_NOT_ALLOWED'],
    ['a parameter that nobody knows', 'GET', '/api/v1/registries?page=2', 400, 'INVALID_REQUEST'],
    ['a parameter for a route without', 'GET', '/api/v1/registries/eu?limit=1', 400, 'INVALID_REQUEST'],
    ['a parameter of a change', 'POST', `${RESYNC}?force=1`, 400, 'INVALID_REQUEST'],
    ['a limit of 0', 'GET', '/api/v1/registries?limit=0', 400, 'INVALID_REQUEST'],
    ['a limit of 501', 'GET', '/api/v1/registries?limit=501', 400, 'INVALID_REQUEST'],
    ['a limit below 0', 'GET', '/api/v1/registries?limit=-1', 400, 'INVALID_REQUEST'],
    ['half a limit', 'GET', '/api/v1/registries?limit=1.5', 400, 'INVALID_REQUEST'],
    ['a limit in letters', 'GET', '/api/v1/registries?limit=ten', 400, 'INVALID_REQUEST'],
    ['two limits', 'GET', '/api/v1/registries?limit=1&limit=2', 400, 'INVALID_REQUEST'],
    ['a limit that is an object', 'GET', '/api/v1/registries?limit[$gt]=1', 400, 'INVALID_REQUEST'],
    ['a cursor that is none', 'GET', '/api/v1/registries?cursor=nonsense', 400, 'INVALID_REQUEST'],
    [
      'a cursor of another list',
      'GET',
      `/api/v1/registries?cursor=${Buffer.from('{"a":1}').toString('base64url')}`,
      400,
      'INVALID_REQUEST',
    ],
    ['an empty cursor', 'GET', '/api/v1/registries?cursor=', 400, 'INVALID_REQUEST'],
  ])('with %s is refused', async (...[_what, method, path, status, code]) => {
    const received = await ask({ method, path });
    expect(received.json).toMatchObject({ status, code });
    expect(received.status).toBe(status);
    expect(received.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it('with a method that does not fit is told which do', async () => {
    expect((await ask({ path: RESYNC })).headers.allow).toBe('POST');
    expect((await ask({ method: 'PUT', path: '/healthz' })).headers.allow).toBe('GET, HEAD');
    expect((await ask({ method: 'OPTIONS', path: '/api/v1/registries' })).headers.allow).toBe('GET, HEAD');
  });
});

describe('after all of this', () => {
  it('no registry has got a request, and nothing went wrong inside', () => {
    expect(api.registryRequests).toBe(0);
    expect(api.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
