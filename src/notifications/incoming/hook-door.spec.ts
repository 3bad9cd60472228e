import { beforeEach, describe, expect, it } from '@jest/globals';
import type { IncomingHook, RegistryConfiguration } from '../../config/configuration.ts';
import { Secret } from '../../config/secret.ts';
import { HookDoor } from './hook-door.ts';
import { HookRefusal } from './hook-refusal.ts';

function hookAt(path: string, secret: string): IncomingHook {
  const registry = { name: 'eu', origin: 'https://eu' } as RegistryConfiguration;
  return { path, kind: 'distribution', registry, secret: new Secret(secret) };
}

const HOOKS = [hookAt('/hooks/eu', 'secret-of-eu'), hookAt('/hooks/us', 'secret-of-us')];

const RIGHT = 'Bearer secret-of-eu';
const WRONG = 'Bearer wrong';
const SENDER = '192.0.2.1';

const clock = { seconds: 0, monotonicSeconds: () => clock.seconds };
let door: HookDoor;

beforeEach(() => {
  clock.seconds = 1000;
  door = new HookDoor(() => HOOKS, clock);
});

/** The path of the hook that opens, or what is said instead. */
function knock(
  authorization: string | undefined,
  { path = '/hooks/eu', address = SENDER }: { readonly path?: string; readonly address?: string } = {},
): string {
  try {
    return door.admit({ path, authorization, address }).path;
  } catch (error) {
    if (!(error instanceof HookRefusal)) throw error;
    return [error.status, error.code, error.headers['Retry-After'] ?? ''].join(' ').trim();
  }
}

function knocks(times: number, authorization: string | undefined): string[] {
  return Array.from({ length: times }, () => knock(authorization));
}

describe('an address that sends wrong secrets to a hook', () => {
  it('is sent away after ten, even with the right one, until the minute is over', () => {
    expect(knocks(9, WRONG)).toEqual(Array<string>(9).fill('401 UNAUTHENTICATED'));
    expect(knock(RIGHT)).toBe('/hooks/eu');
    expect(knock(WRONG)).toBe('401 UNAUTHENTICATED');
    clock.seconds += 20;
    expect(knock(RIGHT)).toBe('429 TOO_MANY_REQUESTS 40');
    expect(knock(WRONG)).toBe('429 TOO_MANY_REQUESTS 40');
    clock.seconds += 40;
    expect(knock(RIGHT)).toBe('/hooks/eu');
  });

  it.each([
    ['another address', RIGHT, { address: '192.0.2.2' }, '/hooks/eu'],
    ['another hook', 'Bearer secret-of-us', { path: '/hooks/us' }, '/hooks/us'],
    ['a path that is no hook', RIGHT, { path: '/hooks/none' }, '404 NOT_FOUND'],
    ['a request without a secret', undefined, {}, '401 UNAUTHENTICATED'],
  ])('changes nothing for %s', (_what, authorization, where, answer) => {
    knocks(10, WRONG);

    expect(knock(authorization, where)).toBe(answer);
    expect(knock(RIGHT)).toBe('429 TOO_MANY_REQUESTS 60');
  });
});

it.each([
  ['sends no secret', undefined, '/hooks/eu'],
  ['asks for a path that is no hook', WRONG, '/hooks/none'],
])('whoever %s tries none', (_what, authorization, path) => {
  for (let time = 0; time < 20; time++) knock(authorization, { path });

  expect(knock(RIGHT)).toBe('/hooks/eu');
});
