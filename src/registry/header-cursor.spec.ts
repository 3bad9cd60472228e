import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { HeaderCursor } from './header-cursor.ts';

describe('HeaderCursor', () => {
  it.each<[string, string | undefined]>([
    ['"plain"', 'plain'],
    ['""', ''],
    ['"a, b; c=d"', 'a, b; c=d'],
    ['"say \\"hi\\""', 'say "hi"'],
    ['"back\\\\slash"', 'back\\slash'],
    ['"needless \\escape"', 'needless escape'],
    ['"never closed', undefined],
    ['"closed by an escape\\"', undefined],
    ['"ends in a backslash\\', undefined],
    ['no quote', undefined],
  ])('reads the quoted-string at the start of %j as %j', (text, content) => {
    expect(new HeaderCursor(text).takeQuotedString()).toBe(content);
  });

  it.each<[string, string, string]>([
    ['a token up to a delimiter', 'Bearer realm', 'Bearer'],
    ['all punctuation of tokens', "!#$%&'*+-.^_`|~=", "!#$%&'*+-.^_`|~"],
    ['no token in front of a delimiter', '"x"', ''],
    ['no token beyond ASCII', 'é', ''],
  ])('reads %s', (_name, text, token) => {
    expect(new HeaderCursor(text).takeToken()).toBe(token);
  });

  it('stays where it is when the wanted character is not next', () => {
    const cursor = new HeaderCursor('ab');
    expect([cursor.take('b'), cursor.peek(), cursor.take('a'), cursor.take('b'), cursor.isAtEnd()]).toEqual([
      false,
      'a',
      true,
      true,
      true,
    ]);
  });

  it('takes nothing at the end', () => {
    const cursor = new HeaderCursor('');
    expect([cursor.take(''), cursor.peek(), cursor.takeSpaces(), cursor.isAtEnd()]).toEqual([
      false,
      '',
      '',
      true,
    ]);
  });

  it('reads back whatever was quoted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (content, rest) => {
        const cursor = new HeaderCursor(`"${content.replace(/["\\]/g, '\\$&')}"${rest}`);
        expect(cursor.takeQuotedString()).toBe(content);
        expect(cursor.takeWhile(() => true)).toBe(rest);
      }),
      { numRuns: 2000 },
    );
  });
});
