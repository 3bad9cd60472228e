import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { textCell } from './text-cell.ts';

const ACTED_ON = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

describe('textCell', () => {
  it.each([
    ['plain text', 'team/app:v1.2.3', 'team/app:v1.2.3'],
    ['letters of all scripts', 'größe 大小', 'größe 大小'],
    ['an ANSI escape', '\u001b[31mred', '\\x1b[31mred'],
    ['the one-byte form of an escape', '\u009b31mred', '\\x9b31mred'],
    ['a bell and a delete', 'a\u0007b\u007fc', 'a\\x07b\\x7fc'],
    ['a bidirectional override', 'safe\u202egpj.exe', 'safe\\u202egpj.exe'],
    ['an invisible character', 'la\u200btest', 'la\\u200btest'],
    ['an invisible character beyond U+FFFF', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['half a surrogate pair', 'a\ud83db', 'a\\ud83db'],
    ['lines', 'one\r\ntwo\tthree', 'one two three'],
  ])('shows %s', (_name, text, expected) => {
    expect(textCell(text)).toBe(expected);
  });

  it('cuts a text that is too long and says so', () => {
    expect(textCell('abcdef', 4)).toBe('abc…');
    expect(textCell('abcd', 4)).toBe('abcd');
  });

  it('does not cut a character in half', () => {
    expect(textCell('😀😀😀😀', 4)).toBe('😀😀😀😀');
    expect(textCell('😀😀😀😀😀', 4)).toBe('😀😀😀…');
  });

  it('is one bounded line of showable characters, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.integer({ min: 1, max: 50 }),
        (text, longest) => {
          const cell = textCell(text, longest);
          expect(cell).not.toMatch(ACTED_ON);
          expect(Array.from(cell).length).toBeLessThanOrEqual(longest);
        },
      ),
    );
  });
});
