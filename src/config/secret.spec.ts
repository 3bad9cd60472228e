import { format, inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Secret } from './secret.ts';

const CANARY = 'canary-5f1d7c';

describe('Secret', () => {
  it('gives its value back only through reveal', () => {
    expect(new Secret(CANARY).reveal()).toBe(CANARY);
  });

  it.each<[string, (secret: Secret) => string]>([
    ['String()', (secret) => String(secret)],
    // eslint-disable-next-line @typescript-eslint/restrict-template-expressions -- the slip this class makes harmless
    ['a template literal', (secret) => `${secret}`],
    ['JSON.stringify', (secret) => JSON.stringify(secret).replaceAll('"', '')],
    ['util.inspect', (secret) => inspect(secret)],
    ['util.inspect with hidden properties', (secret) => inspect(secret, { showHidden: true, depth: null })],
    ['util.format %s', (secret) => format('%s', secret)],
    ['util.format %o', (secret) => format('%o', secret)],
  ])('prints *** through %s', (_name, print) => {
    expect(print(new Secret(CANARY))).toBe('***');
  });

  it.each<[string, (secret: Secret) => string]>([
    ['JSON of an object that holds it', (secret) => JSON.stringify({ password: secret, list: [secret] })],
    [
      'inspect of an object that holds it',
      (secret) => inspect({ a: { b: { c: { d: secret } } } }, { depth: null }),
    ],
    ['its entries', (secret) => JSON.stringify(Object.entries(secret))],
    ['its own property names', (secret) => Reflect.ownKeys(secret).map(String).join()],
    ['a structured clone of it', (secret) => inspect(structuredClone(secret), { showHidden: true })],
    ['an error message made from it', (secret) => inspect(new Error('refused', { cause: { secret } }))],
  ])('does not leak through %s', (_name, print) => {
    expect(print(new Secret(CANARY))).not.toContain(CANARY);
  });

  it('keeps any value unchanged and prints the same three characters for all of them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const secret = new Secret(value);
        expect(secret.reveal()).toBe(value);
        expect([String(secret), inspect([secret])]).toEqual(['***', '[ *** ]']);
      }),
    );
  });
});
