import { describe, expect, it } from '@jest/globals';
import type { IncomingHook, RegistryConfiguration } from '../../config/configuration.ts';
import { Secret } from '../../config/secret.ts';
import { knownHook } from './known-hook.ts';

const HOOK: IncomingHook = {
  path: '/hooks/eu',
  kind: 'distribution',
  registry: { name: 'eu', origin: 'https://eu' } as RegistryConfiguration,
  secret: new Secret('s3cret'),
};

describe('a hook', () => {
  it.each(['Bearer s3cret', 'bearer s3cret', 'Bearer   s3cret ', 'BEARER s3cret'])(
    'knows its sender by %s',
    (sent) => {
      expect(knownHook([HOOK], '/hooks/eu', sent)).toBe(HOOK);
    },
  );

  it.each([
    undefined,
    '',
    's3cret',
    'Bearer',
    'Bearer ',
    'Bearer s3cre',
    'Bearer s3crett',
    'Bearer s3 cret',
    'Basic s3cret',
  ])('does not know its sender by %s', (sent) => {
    expect(() => knownHook([HOOK], '/hooks/eu', sent)).toThrow(
      expect.objectContaining({ code: 'UNAUTHENTICATED', status: 401 }),
    );
  });

  it.each(['/hooks', '/hooks/eu/', '/hooks/EU', '/hooks/%65u', '/hooks/eu/../eu', '/api/hooks/eu'])(
    'is found at its very path, and not at %s',
    (path) => {
      expect(() => knownHook([HOOK], path, 'Bearer s3cret')).toThrow(
        expect.objectContaining({ code: 'NOT_FOUND', status: 404 }),
      );
    },
  );
});
