import { afterEach, describe, expect, it } from '@jest/globals';

import { createAgents } from '../../../src/registry/transport/http-agents.ts';
import { DEFAULT_PATIENCE } from '../../../src/registry/transport/watchdog.ts';
import { Authorizer } from '../../../src/registry/auth/authorizer.ts';
import { pullScope } from '../../../src/registry/auth/token-scope.ts';
import { redirect } from '../../fakes/fake-faults.ts';
import type { FakeRegistry } from '../../fakes/fake-registry.ts';
import { FakeTokenServer } from '../../fakes/fake-token-server.ts';
import { APP, BASE, BASIC_CREDENTIALS, PASSWORD, RegistryBench, USER, V1 } from './registry-bench.ts';
import { VirtualClock } from './virtual-clock.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

const users = { [USER]: PASSWORD };

describe('a token endpoint that the registry names', () => {
  it.each<[string, (stranger: FakeRegistry) => string]>([
    ['on plain http at another host', () => 'http://auth.example.com/token'],
    ['at the metadata service of a cloud', () => 'http://169.254.169.254/token'],
    ['at the metadata service, written as a number', () => 'http://2852039166/token'],
    ['at the metadata service, in IPv6', () => 'http://[::ffff:169.254.169.254]/token'],
    ['with user information', ({ url }) => `${url.replace('//', '//a:b@')}/token`],
    ['with a fragment', ({ url }) => `${url}/token#x`],
    ['of another protocol', () => 'file:///etc/passwd'],
    ['that is no URL', () => 'http://'],
    ['of a script', () => 'javascript:alert(1)'],
  ])('%s gets no credential', async (_where, realmOf) => {
    const stranger = await bench.start();
    const tokens = new FakeTokenServer({ users });
    const realm = realmOf(stranger);
    const registry = await bench.start({ auth: { kind: 'bearer', tokens, realm } });
    const client = bench.client(registry, { credentials: BASIC_CREDENTIALS });

    await expect(client.listTags(APP)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });

    expect(stranger.history.count()).toBe(0);
    expect(registry.history.count()).toBe(1);
  });

  it('is the first one; a second one gets no credential', async () => {
    const stranger = await bench.start({
      auth: { kind: 'bearer', tokens: new FakeTokenServer({ users }), endpoint: 'same-origin' },
    });
    const tokens = new FakeTokenServer({ users });
    let realm = '';
    const registry = await bench.start({
      auth: {
        kind: 'bearer',
        tokens,
        challenge: (right) => right.replace(/realm="[^"]*"/, `realm="${realm}"`),
      },
    });
    const client = bench.client(registry, { credentials: BASIC_CREDENTIALS });
    realm = registry.tokenUrl;
    await client.listTags(APP);

    realm = stranger.tokenUrl;
    tokens.expireTokens();

    await expect(client.listTags(APP)).rejects.toThrow('another token endpoint than before');
    expect(stranger.history.count()).toBe(0);
  });

  it('is one, also where the first two challenges at the same time name two', async () => {
    const stranger = await bench.start({
      auth: { kind: 'bearer', tokens: new FakeTokenServer({ users }), endpoint: 'same-origin' },
    });
    const tokens = new FakeTokenServer({ users });
    let challenges = 0;
    const registry = await bench.start({
      auth: {
        kind: 'bearer',
        tokens,
        challenge: (right) => {
          challenges += 1;
          return challenges === 1 ? right : right.replace(/realm="[^"]*"/, `realm="${stranger.tokenUrl}"`);
        },
      },
    });
    const client = bench.client(registry, { credentials: BASIC_CREDENTIALS });

    const settled = await Promise.allSettled([client.listTags(APP), client.listTags(BASE)]);

    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const asked = [registry, stranger].filter(({ history }) => history.count({ operation: 'get-token' }) > 0);
    expect(asked).toHaveLength(1);
  });

  it('that sends us on is not followed', async () => {
    const stranger = await bench.start();
    const registry = await bench.start({ auth: { kind: 'bearer', tokens: new FakeTokenServer({ users }) } });
    registry.faults.add({ operation: 'get-token', fault: redirect(`${stranger.url}/token`) });
    const client = bench.client(registry, { credentials: BASIC_CREDENTIALS });

    await expect(client.listTags(APP)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(stranger.history.count()).toBe(0);
  });

  it('may be a path of the registry itself', async () => {
    const tokens = new FakeTokenServer({ users });
    const registry = await bench.start({
      auth: { kind: 'bearer', tokens, endpoint: 'same-origin', realm: '/token' },
    });
    registry.storage.putManifest(APP, V1, '{}', 'application/json');
    const client = bench.client(registry, { credentials: BASIC_CREDENTIALS });

    await expect(client.listTags(APP)).resolves.toMatchObject({ names: ['v1'] });
  });
});

describe('a credential over plain http', () => {
  /** No request is made: the refusal comes before any address is looked up. */
  function authorizerFor(
    plainHttp: 'loopback-only' | 'allowed',
    origin = 'http://registry.example.com',
  ): Authorizer {
    return new Authorizer({
      registryOrigin: new URL(origin),
      plainHttp,
      credentials: () =>
        Promise.resolve({ kind: 'password', username: USER, password: BASIC_CREDENTIALS.password }),
      agents: createAgents(1, {}),
      clock: new VirtualClock(),
      patience: DEFAULT_PATIENCE,
      closing: new AbortController().signal,
    });
  }

  it.each(['Basic realm="x"', 'Bearer realm="https://auth.example.com/token"'])(
    'does not go to a host that is not this one, whatever it asks for: %s',
    async (challenge) => {
      const authorizer = authorizerFor('loopback-only');

      await expect(authorizer.challenged(challenge, pullScope(APP), undefined)).rejects.toThrow(
        'credentials are not sent over plain http',
      );
    },
  );

  it('goes there where the operator allows it', async () => {
    const authorizer = authorizerFor('allowed');

    await authorizer.challenged('Basic realm="x"', pullScope(APP), undefined);

    expect((await authorizer.headerFor(pullScope(APP)))?.reveal()).toMatch(/^Basic /);
  });

  it('goes to this host', async () => {
    const authorizer = authorizerFor('loopback-only', 'http://127.0.0.1:5000');

    await authorizer.challenged('Basic realm="x"', pullScope(APP), undefined);

    expect((await authorizer.headerFor(pullScope(APP)))?.reveal()).toMatch(/^Basic /);
  });
});
