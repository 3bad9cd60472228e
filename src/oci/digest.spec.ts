import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { algorithmOf, Digester, digestOf, hexOf, isDigest, parseDigest, quote } from './digest.ts';

const sha256Empty = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const hex64 = 'a'.repeat(64);
const hex128 = '0'.repeat(128);

const hexadecimal = (length: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.constantFrom(...Array.from('0123456789abcdef')),
    minLength: length,
    maxLength: length,
  });
const digestText = fc.oneof(
  hexadecimal(64).map((hex) => `sha256:${hex}`),
  hexadecimal(128).map((hex) => `sha512:${hex}`),
);

describe('parseDigest', () => {
  it('keeps every sha256 and sha512 digest as it is', () => {
    fc.assert(fc.property(digestText, (text) => expect(parseDigest(text)).toBe(text)));
  });

  it.each([
    ['nothing', ''],
    ['a bare hash', hex64],
    ['an algorithm without a hash', 'sha256:'],
    ['a digit too few', `sha256:${hex64.slice(1)}`],
    ['a digit too many', `sha256:${hex64}a`],
    ['sha512 with the length of sha256', `sha512:${hex64}`],
    ['sha256 with the length of sha512', `sha256:${hex128}`],
    ['upper case', `sha256:${hex64.toUpperCase()}`],
    ['an upper-case algorithm', `SHA256:${hex64}`],
    ['a digit that is none', `sha256:${'g'.repeat(64)}`],
    ['md5', `md5:${'a'.repeat(32)}`],
    ['sha1', `sha1:${'a'.repeat(40)}`],
    ['sha384', `sha384:${'a'.repeat(96)}`],
    ['blake3', `blake3:${hex64}`],
    ['a path that climbs', `sha256:${'../'.repeat(21)}a`],
    ['a line break at the end', `sha256:${hex64}\n`],
    ['a header in a line of its own', `sha256:${hex64}\r\nHost: elsewhere`],
    ['a NUL', `sha256:${hex64.slice(1)}\0`],
    ['a blank in front', ` sha256:${hex64}`],
    ['a second digest', `sha256:${hex64},sha256:${hex64}`],
  ])('refuses %s', (_what, text) => {
    expect(() => parseDigest(text)).toThrow(
      expect.objectContaining({ name: 'OciError', code: 'DIGEST_INVALID' }),
    );
  });

  it('shows the text that it refuses', () => {
    expect(() => parseDigest('sha1:\u0000')).toThrow('not a sha256 or sha512 digest: "sha1:\\u0000"');
  });
});

describe('isDigest', () => {
  it.each([[undefined], [null], [7], [{ toString: () => sha256Empty }], [[sha256Empty]]])(
    'says no to %p, which is no text',
    (value) => {
      expect(isDigest(value)).toBe(false);
    },
  );

  it('says yes to nothing that changes its meaning in a URL', () => {
    fc.assert(
      fc.property(digestText, (text) => {
        expect(new URL(`/v2/a/manifests/${text}`, 'http://registry').pathname).toBe(
          `/v2/a/manifests/${text}`,
        );
      }),
    );
  });

  it('says no to any other text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(isDigest(text)).toBe(false);
      }),
    );
  });
});

describe('the parts of a digest', () => {
  it('are its algorithm and its hexadecimal hash', () => {
    fc.assert(
      fc.property(digestText, (text) => {
        const digest = parseDigest(text);
        expect(`${algorithmOf(digest)}:${hexOf(digest)}`).toBe(text);
      }),
    );
  });
});

describe('digestOf', () => {
  it('is sha256 unless asked for another algorithm', () => {
    expect(digestOf(new Uint8Array())).toBe(sha256Empty);
  });

  it.each(['sha256', 'sha512'] as const)('gives the %s of exactly these bytes', (algorithm) => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const hash = createHash(algorithm).update(bytes).digest('hex');
        expect(digestOf(bytes, algorithm)).toBe(`${algorithm}:${hash}`);
      }),
    );
  });

  it('looks at the bytes of a view only, not at the memory around it', () => {
    const memory = Buffer.from('before{}after');
    expect(digestOf(memory.subarray(6, 8))).toBe(digestOf(Buffer.from('{}')));
  });
});

describe('Digester', () => {
  it.each(['sha256', 'sha512'] as const)('gives the same %s however the content is cut', (algorithm) => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (pieces) => {
        const digester = new Digester(algorithm);
        for (const piece of pieces) digester.update(piece);
        expect(digester.digest()).toBe(digestOf(Buffer.concat(pieces), algorithm));
      }),
    );
  });
});

describe('quote', () => {
  it.each([
    ['plain', '"plain"'],
    ['a "quote"', '"a \\"quote\\""'],
    ['two\r\nlines', '"two\\r\\nlines"'],
    ['\u0000\u001b[31m', '"\\u0000\\u001b[31m"'],
    ['\u007f\u0085\u009b31m', '"\\u007f\\u0085\\u009b31m"'],
    ['\ud800', '"\\ud800"'],
    ['a\u00a0é', '"a\u00a0é"'],
  ])('shows %j as %s', (text, expected) => {
    expect(quote(text)).toBe(expected);
  });

  it('leaves no control character in, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(quote(text)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  it('keeps 100 characters, and cuts what is longer', () => {
    expect(quote('x'.repeat(100))).toBe(`"${'x'.repeat(100)}"`);
    expect(quote('x'.repeat(101))).toBe(`"${'x'.repeat(100)}…"`);
  });
});
