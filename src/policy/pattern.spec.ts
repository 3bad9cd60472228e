import { describe, expect, it } from '@jest/globals';

import { LONGEST_PATTERN } from './linear-regex.ts';
import { compilePattern, describePattern, matches, specOf, type PatternSpec } from './pattern.ts';

describe('compilePattern', () => {
  it.each<[PatternSpec, string]>([
    ['team/app', 'exact'],
    ['v1.2.3', 'exact'],
    ['team/*', 'glob'],
    ['a{b,c}', 'glob'],
    [{ regex: 'v1' }, 'regex'],
    [{ semver: '1' }, 'semver'],
  ])('makes of %j a pattern of the kind %s that remembers how it was written', (spec, kind) => {
    const pattern = compilePattern(spec);
    expect(pattern.kind).toBe(kind);
    expect(specOf(pattern)).toEqual(spec);
  });

  it.each<[PatternSpec, string, boolean]>([
    ['v1', 'v1', true],
    ['v1', 'v10', false],
    ['v.1', 'vx1', false],
    [{ regex: 'v1|v2' }, 'v1', true],
    [{ regex: 'v1|v2' }, 'v1x', false],
    [{ regex: 'v1|v2' }, 'xv2', false],
    [{ regex: 'a|ab' }, 'ab', true],
    [{ regex: '^v\\d+$' }, 'v10', true],
    [{ regex: '\\d+\\.\\d+' }, '1.10', true],
    [{ regex: '\\d+\\.\\d+' }, '1.10.1', false],
    [{ regex: '(?i)V1' }, 'v1', true],
    [{ regex: 'v1' }, 'v1\n', false],
    [{ semver: '>=1.2' }, '1.2.0', true],
    [{ semver: '>=1.2' }, 'v1.10.3', true],
    [{ semver: '>=1.2' }, '1.1.9', false],
    [{ semver: '>=1.2' }, '1.10', false],
    [{ semver: '>=1.2' }, 'latest', false],
    [{ semver: '>=1.2' }, '2.0.0-rc1', false],
    [{ semver: '>=1.2.3-0' }, '1.2.3-rc1', true],
    [{ semver: '>=1.2.3-0' }, '1.3.0-rc1', false],
    [{ semver: '^1.2 || 3.x' }, '3.9.9', true],
    [{ semver: '*' }, 'v0.0.1', true],
  ])('reads %j so that %j matches: %j', (spec, text, expected) => {
    expect(matches(compilePattern(spec), text)).toBe(expected);
  });

  it.each<[string, PatternSpec, string]>([
    ['an empty text', '', 'an empty pattern matches nothing'],
    ['a text that is too long', 'a'.repeat(LONGEST_PATTERN + 1), 'too long: 513 characters'],
    ['a glob that is too long', '*'.repeat(LONGEST_PATTERN + 1), 'too long'],
    ['an empty regular expression', { regex: '' }, 'an empty regular expression matches nothing'],
    ['a regular expression that is too long', { regex: 'a'.repeat(LONGEST_PATTERN + 1) }, 'too long'],
    ['an open group', { regex: '(a' }, 'not a regular expression in RE2 syntax: missing closing )'],
    ['what would close a group around it', { regex: 'a)|(b' }, 'not a regular expression in RE2 syntax'],
    ['a backreference', { regex: '(a)\\1' }, 'not a regular expression in RE2 syntax'],
    ['a look-ahead', { regex: 'a(?=b)' }, 'not a regular expression in RE2 syntax'],
    ['an empty range', { semver: ' ' }, 'not a semver range'],
    ['a range of words', { semver: 'newest' }, 'not a semver range: "newest"'],
    ['a range that is empty', { semver: '>=2 <1' }, 'no version is in the range ">=2 <1"'],
    ['two versions at once', { semver: '1.2.3 2.0.0' }, 'no version is in the range "1.2.3 2.0.0"'],
    ['a range that is too long', { semver: `>=${'1'.repeat(LONGEST_PATTERN)}` }, 'too long'],
  ])('refuses %s', (_name, spec, complaint) => {
    expect(() => compilePattern(spec)).toThrow(
      expect.objectContaining({ name: 'PolicyError', code: 'PATTERN_INVALID' }),
    );
    expect(() => compilePattern(spec)).toThrow(complaint);
  });

  it.each<[PatternSpec, string]>([
    ['*-rc*', '"*-rc*"'],
    [{ regex: '\\d+' }, 'regex "\\\\d+"'],
    [{ semver: '>=1' }, 'semver ">=1"'],
  ])('is named in messages: %j as %s', (spec, text) => {
    expect(describePattern(compilePattern(spec))).toBe(text);
  });
});
