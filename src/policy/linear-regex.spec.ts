import { describe, expect, it } from '@jest/globals';

import { compileLinearRegex, groupsOf, matchesWhole } from './linear-regex.ts';

/** Shapes on which engines that backtrack take exponential or high polynomial time before they give up. */
const EVIL_SHAPES: readonly ((atom: string) => string)[] = [
  (atom) => `(${atom}+)+!`,
  (atom) => `(${atom}*)*!`,
  (atom) => `(${atom}|${atom})*!`,
  (atom) => `(${atom}|${atom}${atom})+!`,
  (atom) => `(${atom}+)*!`,
  (atom) => `(${atom}*)+!`,
  (atom) => `((${atom}+)+)+!`,
  (atom) => `(.*${atom}){12}!`,
  (atom) => `(${atom}?){20}${atom}{20}!`,
  (atom) => `${atom}*${atom}*${atom}*${atom}*${atom}*!`,
  (atom) => `(?:${atom}+?)+?!`,
  (atom) => `^((${atom})+.)+(${atom})+!$`,
  (atom) => `(${atom}{1,10}){1,10}!`,
  (atom) => `(b*${atom}+)+!`,
  (atom) => `(.|${atom})*!`,
  (atom) => `(?i)(${atom}+)+!`,
  (atom) => `(\\w+\\s?)*${atom}!`,
  (atom) => `(${atom}+){10}!`,
  (atom) => `.*.*.*${atom}!!`,
  (atom) => `(?:(?:${atom}*)*)*!`,
];
const ATOMS = ['a', 'b', '[ab]', '\\w', '.', '(?:ab?)', '(?:a|b)', '(?:aa?b)', '[^c]', '\\pL'] as const;
const EVIL = EVIL_SHAPES.flatMap((shape) => ATOMS.map(shape));

describe('compileLinearRegex', () => {
  it('matches 200 patterns that make other engines hang against 100 kB of text', () => {
    // The "!" is there, so that no engine may skip the text for lack of it, and one character too early.
    const text = `${'ab'.repeat(50_000)}!#`;
    expect(EVIL).toHaveLength(200);
    expect(
      EVIL.filter((source) => matchesWhole(compileLinearRegex(source, 'PATTERN_INVALID'), text)),
    ).toEqual([]);
  });

  it.each(['(a?){999}'.repeat(40), '\\pL{999}'.repeat(30), '(?:[a-z]{500}[0-9]{499}){1}'.repeat(15)])(
    'refuses a program that would be large although the text is short (%#)',
    (source) => {
      expect(() => compileLinearRegex(source, 'PATTERN_INVALID')).toThrow('repeats too much');
    },
  );

  it('accepts the counts that patterns for names have', () => {
    const regex = compileLinearRegex('[a-z0-9]{1,128}(-[a-z0-9]{1,128}){0,3}', 'PATTERN_INVALID');
    expect(matchesWhole(regex, 'release-2024-10')).toBe(true);
  });

  it('reports the code that the caller asks for', () => {
    expect(() => compileLinearRegex('(', 'RENAME_INVALID')).toThrow(
      expect.objectContaining({ code: 'RENAME_INVALID' }),
    );
  });
});

describe('groupsOf', () => {
  it('returns the whole match and an empty text for a group that took no part', () => {
    const regex = compileLinearRegex('team/([a-z]+)(-x)?', 'RENAME_INVALID');
    expect(groupsOf(regex, 'team/app')).toEqual(['team/app', 'app', '']);
  });

  it('returns nothing when only a part of the text matches', () => {
    const regex = compileLinearRegex('app', 'RENAME_INVALID');
    expect(groupsOf(regex, 'team/app')).toBeUndefined();
  });
});
