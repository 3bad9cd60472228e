import { afterEach, describe, expect, it } from '@jest/globals';

import { answer } from '../../fakes/fake-answer.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { htmlPage, jsonStatus, plainNotFound, redirect, unauthorized } from '../../fakes/fake-faults.ts';
import { FakeTokenServer } from '../../fakes/fake-token-server.ts';
import { BASIC_CREDENTIALS, PASSWORD, RegistryBench, USER } from './registry-bench.ts';

const bench = new RegistryBench();

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

describe('a ping', () => {
  it('is content with a registry that asks for nobody', async () => {
    const registry = await bench.start();

    await expect(bench.client(registry).ping()).resolves.toBeUndefined();
    expect(registry.history.count()).toBe(1);
  });

  it('answers a Basic challenge', async () => {
    const registry = await bench.start({ auth: { kind: 'basic', users: { [USER]: PASSWORD } } });

    await expect(bench.client(registry, { credentials: BASIC_CREDENTIALS }).ping()).resolves.toBeUndefined();
  });

  it('answers a Bearer challenge', async () => {
    const tokens = new FakeTokenServer({ users: { [USER]: PASSWORD } });
    const registry = await bench.start({ auth: { kind: 'bearer', tokens } });

    await expect(bench.client(registry, { credentials: BASIC_CREDENTIALS }).ping()).resolves.toBeUndefined();
    expect(registry.history.matching({ operation: 'get-token' })[0]?.target).not.toContain('scope');
  });

  it.each<[string, Fault, string]>([
    ['an HTML page with status 200', htmlPage(), 'MALFORMED_RESPONSE'],
    ['a bare 404', plainNotFound(), 'MALFORMED_RESPONSE'],
    ['404 in the words of the specification', jsonStatus(404, 'NAME_UNKNOWN'), 'MALFORMED_RESPONSE'],
    ['401 without a challenge', unauthorized(null), 'UNAUTHORIZED'],
    ['401 with a challenge that nobody can answer', unauthorized('Negotiate'), 'UNAUTHORIZED'],
    ['401 for a password where none is configured', unauthorized('Basic realm="x"'), 'UNAUTHORIZED'],
    ['403', jsonStatus(403, 'DENIED'), 'FORBIDDEN'],
    ['405', jsonStatus(405, 'UNSUPPORTED'), 'MALFORMED_RESPONSE'],
    ['a redirect that has no end', redirect('/v2/'), 'MALFORMED_RESPONSE'],
    ['a redirect of https to nowhere', redirect('http://'), 'MALFORMED_RESPONSE'],
  ])('says what is wrong with %s', async (_what, fault, code) => {
    const registry = await bench.start();
    registry.faults.add({ operation: 'ping', fault });

    await expect(bench.client(registry).ping()).rejects.toMatchObject({ name: 'RegistryError', code });
  });

  it('takes whatever carries the header of a registry and is no page', async () => {
    const registry = await bench.start();
    const empty = answer(200, { 'Content-Type': 'text/html' });
    registry.faults.add({ operation: 'ping', fault: { kind: 'answer', answer: empty } });

    await expect(bench.client(registry).ping()).resolves.toBeUndefined();
  });

  it('names the registry, the operation and the address in its message', async () => {
    const registry = await bench.start();
    registry.faults.add({ operation: 'ping', fault: plainNotFound() });

    await expect(bench.client(registry).ping()).rejects.toThrow(
      `eu: ping: ${registry.url}/v2/ answered HTTP 404 with text/plain: no registry answers there`,
    );
  });

  it('says that nobody listens', async () => {
    const registry = await bench.start();
    const client = bench.client(registry);
    await registry.refuseConnections();

    await expect(client.ping()).rejects.toMatchObject({ code: 'NETWORK' });
  });
});
