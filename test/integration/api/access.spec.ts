import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isAtLeast, ROLES, type Role } from '../../../src/api/auth/role.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { routesOf, type Route } from './routes-of.ts';
import { RunningApi, TOKENS, type Received, type Sent } from './running-api.ts';

let postgres: PostgresHarness;
let api: RunningApi;
let routes: readonly Route[];

beforeAll(async () => {
  postgres = await startPostgres();
  api = await RunningApi.start(await postgres.freshDatabase(), 'tokens');
  routes = routesOf(api.app);
}, 120_000);

afterAll(async () => {
  await api.stop();
  await postgres.stop();
}, 60_000);

/** Ways to write a path that a router, a proxy or a guard may read differently. */
const VARIANTS: Readonly<Record<string, (path: string) => string>> = {
  'as it is': (path) => path,
  'with a slash at its end': (path) => `${path}/`,
  'with two slashes at its beginning': (path) => `/${path}`,
  'with two slashes in its middle': (path) => path.replace(/(.)\//, '$1//'),
  'in capitals': (path) => path.toUpperCase(),
  'with a letter percent-encoded': (path) =>
    path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  'with its slashes percent-encoded': (path) => `/${path.slice(1).replaceAll('/', '%2F')}`,
  'behind dot segments': (path) => `/x/..${path}`,
  'behind encoded dot segments': (path) => `/x/%2e%2e${path}`,
  'with a dot segment at its end': (path) => `${path}/.`,
  'with a semicolon': (path) => `${path};x=1`,
  'with NUL at its end': (path) => `${path}%00`,
  'with a space at its end': (path) => `${path}%20`,
  'with an extension': (path) => `${path}.json`,
  'with half a percent sign': (path) => `${path}%`,
  'as an absolute address': (path) => `http://127.0.0.1${path}`,
  'with a backslash': (path) => `${path}\\`,
  'with a fragment': (path) => `${path}%23x`,
};

/** Methods besides its own that a router may take for it. */
const OTHER_METHODS = ['HEAD', 'OPTIONS', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'];

const REFUSALS = [400, 401, 403, 404, 405];

let sender = 0;

/** Wrong tokens from one address are refused for a while after some of them, so every request comes from another one. */
function nextAddress(): string {
  sender += 1;
  return `127.1.${Math.floor(sender / 250) % 250}.${(sender % 250) + 1}`;
}

async function ask(sent: Sent): Promise<Received> {
  return await api.send({ ...sent, from: nextAddress() });
}

const NOBODY = { 'no token': undefined, 'a wrong token': 'a-token-of-nobody' } as const;

/** What came back, where it is not what a refusal has to be. */
function complaint(what: string, { status, headers, json }: Received, expected: readonly number[]): string[] {
  const isProblem = headers['content-type']?.startsWith('application/problem+json') === true;
  const isNamed = what.includes(' HEAD ') || (typeof json.code === 'string' && json.status === status);
  return expected.includes(status) && isProblem && isNamed
    ? []
    : [`${what}: ${status} ${headers['content-type']}`];
}

function needed({ access }: Route): Role | undefined {
  return access?.kind === 'role' ? access.role : undefined;
}

describe('every route', () => {
  it('says who may use it', () => {
    expect(routes.length).toBeGreaterThan(10);
    expect(routes.filter(({ access }) => access === undefined)).toEqual([]);
  });

  it('is one that the router has, and the router has no other', () => {
    const { router } = api.app.getHttpAdapter().getInstance() as {
      readonly router: { readonly stack: readonly { readonly route?: { readonly path: string } }[] };
    };
    const known = new Set(routes.map(({ template }) => template));
    const served = router.stack.flatMap(({ route }) => (route === undefined ? [] : [route.path]));
    expect(served.map((path) => path.replace(/:(\w+)/g, '{$1}')).filter((path) => !known.has(path))).toEqual(
      [],
    );
  });

  it.each(['healthz', 'readyz'])('is closed, but not /%s', (name) => {
    const open = routes.filter(({ access }) => access?.kind === 'open').map(({ template }) => template);
    expect(open).toContain(`/${name}`);
    expect(open).toHaveLength(2);
  });
});

describe('whoever is not known', () => {
  it.each(Object.entries(NOBODY))(
    'is refused on every route, however its path is written and whatever the method, with %s',
    async (who, token) => {
      const complaints: string[] = [];
      for (const route of routes.filter((each) => needed(each) !== undefined)) {
        for (const [how, write] of Object.entries(VARIANTS)) {
          for (const method of new Set([route.method === 'ALL' ? 'GET' : route.method, 'HEAD', 'OPTIONS'])) {
            const received = await ask({ method, path: write(route.path), token });
            // A path that is malformed is refused before anybody looks for a route; nothing is said of what there is.
            const expected = how === 'with half a percent sign' ? [400, 401] : [401];
            complaints.push(...complaint(`${who} ${method} ${how} ${route.template}`, received, expected));
          }
        }
      }
      expect(complaints).toEqual([]);
    },
    120_000,
  );

  it('is told how to be known', async () => {
    const received = await ask({ path: '/api/v1/registries' });
    expect(received.status).toBe(401);
    expect(received.headers['www-authenticate']).toBe('Bearer realm="geo-reconciler"');
    expect(received.json).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
  });

  it.each([
    ['another scheme', 'Digest a-token-of-a-viewer'],
    ['Basic on a route of the API', `Basic ${Buffer.from(`x:${TOKENS.approver}`).toString('base64')}`],
    ['a token with something behind it', `Bearer ${TOKENS.viewer}x`],
    ['a token with something left out', `Bearer ${TOKENS.viewer.slice(1)}`],
    ['a token in other letters', `Bearer ${TOKENS.viewer.toUpperCase()}`],
    ['no scheme', TOKENS.viewer],
    ['no token', 'Bearer '],
    ['two tokens in one', `Bearer x,Bearer ${TOKENS.viewer}`],
  ])('stays so with %s', async (_what, authorization) => {
    expect((await ask({ path: '/api/v1/registries', headers: { authorization } })).status).toBe(401);
  });

  it.each(['token', 'access_token', 'api_key', 'Authorization'])(
    'is told not to send a token as ?%s=',
    async (name) => {
      const received = await ask({ path: `/api/v1/registries?${name}=${TOKENS.viewer}` });
      expect(received.status).toBe(400);
      expect(received.text).not.toContain(TOKENS.viewer);
    },
  );

  it('cannot get in with headers that only a proxy would set', async () => {
    const headers = {
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-user': 'a-approver',
      'x-original-url': '/healthz',
      'x-rewrite-url': '/healthz',
      'x-http-method-override': 'GET',
      forwarded: 'for=127.0.0.1',
    };
    expect((await ask({ path: '/api/v1/registries', headers })).status).toBe(401);
  });
});

describe('roles', () => {
  it.each(ROLES)(
    'a token of a %s is refused wherever more is needed, however the path is written',
    async (role) => {
      const complaints: string[] = [];
      const closed = routes.filter((route) => {
        const least = needed(route);
        return least !== undefined && !isAtLeast(role, least);
      });
      for (const route of closed) {
        for (const [how, write] of Object.entries(VARIANTS)) {
          const path = write(route.path);
          const received = await ask({ method: route.method, path, token: TOKENS[role] });
          const expected = how === 'as it is' ? [403] : REFUSALS;
          complaints.push(
            ...complaint(`${role} ${route.method} ${how} ${route.template}`, received, expected),
          );
        }
        for (const method of OTHER_METHODS.filter((each) => each !== route.method)) {
          const { status } = await ask({ method, path: route.path, token: TOKENS[role] });
          // Another route of its own may be at this path, with that method.
          const isOther = routes.some((each) => each.template === route.template && each.method === method);
          if (!isOther && status < 400) complaints.push(`${role} ${method} ${route.template}: ${status}`);
        }
      }
      expect(complaints).toEqual([]);
      expect(await api.rows('SELECT * FROM audit')).toEqual([]);
      expect(api.registryRequests).toBe(0);
    },
    120_000,
  );

  it.each(ROLES)(
    'a token of a %s opens everything that needs no more',
    async (role) => {
      const refused: string[] = [];
      for (const route of routes) {
        const least = needed(route);
        if (least === undefined || !isAtLeast(role, least)) continue;
        // Nothing is changed: this is refused only after the role was found to be enough.
        const unwanted = route.method === 'GET' ? {} : { body: { nonsense: true } };
        const { status } = await ask({
          method: route.method,
          path: route.path,
          token: TOKENS[role],
          ...unwanted,
        });
        if (status === 401 || status === 403) refused.push(`${route.method} ${route.template}: ${status}`);
      }
      expect(refused).toEqual([]);
    },
    60_000,
  );
});

describe('the page that describes the API', () => {
  const basic = (password: string): Record<string, string> => ({
    authorization: `Basic ${Buffer.from(`whoever:${password}`).toString('base64')}`,
  });

  it.each(['/docs', '/openapi.json', '/docs/start.js'])('makes a browser ask: %s', async (path) => {
    const { status, headers } = await ask({ path });
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(/^Basic realm=/);
  });

  it.each(['/docs', '/openapi.json', '/docs/start.js', '/docs/swagger-ui-bundle.js', '/docs/swagger-ui.css'])(
    'takes a token as password: %s',
    async (path) => {
      expect((await ask({ path, headers: basic(TOKENS.viewer) })).status).toBe(200);
      expect((await ask({ path, headers: basic('a-wrong-one') })).status).toBe(401);
      expect((await ask({ path, token: TOKENS.viewer })).status).toBe(200);
    },
  );

  it('loads nothing from elsewhere', async () => {
    const { text, headers } = await ask({ path: '/docs', headers: basic(TOKENS.viewer) });
    expect(text).not.toMatch(/https?:|\/\//);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    expect(headers['content-security-policy']).not.toContain('unsafe');
  });
});

describe('every answer', () => {
  it.each(['/healthz', '/openapi.json', '/nowhere', '/%'])(
    'is private, and says nothing of what made it: %s',
    async (path) => {
      const { headers } = await ask({ path, token: TOKENS.viewer });
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
      expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['x-powered-by']));
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers.etag).toBeUndefined();
    },
  );

  it('to a preflight of another origin gives no permission', async () => {
    const { status, headers } = await ask({
      method: 'OPTIONS',
      path: '/api/v1/links/eu-to-us/resync',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(status).toBe(401);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('guessing', () => {
  it('is over after ten wrong tokens of an address, and others notice nothing', async () => {
    const from = '127.99.0.1';
    const attempt = async (token: string): Promise<Received> =>
      await api.send({ path: '/api/v1/registries', token, from });
    for (let number = 0; number < 10; number++) expect((await attempt(`guess-${number}`)).status).toBe(401);

    const wrong = await attempt('guess-11');
    const right = await attempt(TOKENS.viewer);
    const elsewhere = await api.send({
      path: '/api/v1/registries',
      token: TOKENS.viewer,
      from: '127.99.0.2',
    });

    expect(wrong.json).toMatchObject({ code: 'TOO_MANY_REQUESTS', status: 429 });
    expect(Number(wrong.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(wrong.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(right.status).toBe(429);
    expect(elsewhere.status).toBe(200);
    expect((await api.send({ path: '/healthz', from })).status).toBe(200);
  });
});
