import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { isGlob, parseGlob } from './glob.ts';
import { compilePattern, matches } from './pattern.ts';

function globMatches(glob: string, text: string): boolean {
  return matches(compilePattern(glob), text);
}

/** What `*`, `?` and a `**` inside a segment mean, by trying every split. */
function oracle(glob: string, text: string): boolean {
  if (glob === '') return text === '';
  if (glob.startsWith('**')) return splits(text).some((rest) => oracle(glob.slice(2), rest));
  if (glob.startsWith('*'))
    return splits(text).some(
      (rest, length) => !text.slice(0, length).includes('/') && oracle(glob.slice(1), rest),
    );
  if (text === '') return false;
  const [head, character] = [glob.charAt(0), text.charAt(0)];
  return (head === '?' ? character !== '/' : head === character) && oracle(glob.slice(1), text.slice(1));
}

/** The text without its first 0, 1, 2… characters. */
function splits(text: string): readonly string[] {
  return Array.from({ length: text.length + 1 }, (_, length) => text.slice(length));
}

/** Whether no two elements meet as a "**" at the border of a segment: that means whole segments, which the oracle does not know. */
function isPlain(glob: string): boolean {
  return isGlob(glob) && !/(?:^|\/)\*\*|\*\*(?:\/|$)|\*{3}/.test(glob);
}

/** What becomes of a text: the type of the answer, or the name of the error. */
function outcomeOf(glob: string): string {
  try {
    return typeof globMatches(glob, 'a/b');
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown';
  }
}

describe('parseGlob', () => {
  it.each([
    ['*', 'app', true],
    ['*', 'team/app', false],
    ['team/*', 'team/app', true],
    ['team/*', 'team/a/b', false],
    ['team/**', 'team/a', true],
    ['team/**', 'team/a/b', true],
    ['team/**', 'team', false],
    ['team/**', 'team2/a', false],
    ['**', 'a/b/c', true],
    ['**/app', 'app', true],
    ['**/app', 'team/x/app', true],
    ['**/app', 'team/myapp', false],
    ['team/**/app', 'team/app', true],
    ['team/**/app', 'team/a/b/app', true],
    ['team/**/app', 'teamapp', false],
    ['team**', 'team/a/b', true],
    ['team**', 'team', true],
    ['a**b', 'a/x/b', true],
    ['a***b', 'a/x/b', true],
    ['v?', 'v1', true],
    ['v?', 'v12', false],
    ['a?b', 'a/b', false],
    ['v[0-9]', 'v7', true],
    ['v[0-9]', 'va', false],
    ['v[!0-9]', 'va', true],
    ['v[^0-9]', 'v7', false],
    ['v[!0-9]x', 'v/x', false],
    ['v[a-]', 'v-', true],
    ['v[\\]]', 'v]', true],
    ['{a,b}/c', 'b/c', true],
    ['{a,b}/c', 'c/c', false],
    ['v1{,-alpine}', 'v1', true],
    ['v1{,-alpine}', 'v1-alpine', true],
    ['{a,{b,c}d}', 'cd', true],
    ['{a/b,c}/*', 'a/b/x', true],
    ['a,b*', 'a,bc', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['1.2*', '1.20', true],
    ['1.2*', '1x20', false],
    ['*-rc*', 'v1.0-rc1', true],
    ['*', 'é', true],
    ['?', '😀', true],
    ['v*', 'V1', false],
  ])('reads %j so that %j matches: %j', (glob, text, expected) => {
    expect(globMatches(glob, text)).toBe(expected);
  });

  it.each([
    ['[', 'a "[" without its "]"'],
    ['a[b', 'a "[" without its "]"'],
    ['[]', 'an empty character class'],
    ['[!]', 'an empty character class'],
    [']', 'a "]" without its "["'],
    ['{a', 'a "{" without its "}"'],
    ['a}', 'a "}" without its "{"'],
    ['a\\', 'a "\\" at the end'],
    ['[z-a]', 'the range z-a is the wrong way round'],
    ['[+-9]', 'a character class never matches "/", and this one names it'],
    ['[/]', 'a character class never matches "/", and this one names it'],
    ['[[:alpha:]]', 'a "[" within a character class'],
    ['{{{{{{a}}}}}}', 'braces nested deeper than 5'],
  ])('refuses %j: %s', (glob, complaint) => {
    expect(() => parseGlob(glob)).toThrow(complaint);
  });

  it('agrees with a search through every split on stars and question marks', () => {
    const glob = fc
      .array(fc.constantFrom('a', 'b', '*', '?', 'x**x', '/a'), { maxLength: 7 })
      .map((parts) => parts.join(''));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'x', '/'), maxLength: 8 });
    fc.assert(
      fc.property(glob.filter(isPlain), text, (aGlob, aText) => {
        expect(globMatches(aGlob, aText)).toBe(oracle(aGlob, aText));
      }),
      { numRuns: 1000 },
    );
  });

  it('matches exactly the text whose every character is escaped', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
        fc.string(),
        (text, other) => {
          const glob = Array.from(text, (character) => `\\${character}`).join('');
          expect(globMatches(glob, text)).toBe(true);
          expect(globMatches(glob, other)).toBe(text === other);
        },
      ),
    );
  });

  it('either refuses a text or makes a pattern of it, and never fails otherwise', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('*?[]{}!^-\\,/ab')), maxLength: 12 });
    fc.assert(
      fc.property(text, (glob) => {
        expect(['boolean', 'PolicyError']).toContain(outcomeOf(glob));
      }),
      { numRuns: 1000 },
    );
  });
});
