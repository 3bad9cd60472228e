import semver from 'semver';

import { parseGlob, isGlob, regexOfGlob, type GlobPart } from './glob.ts';
import { compileLinearRegex, matchesWhole, refuseTooLong, type LinearRegex } from './linear-regex.ts';
import { PolicyError } from './policy-error.ts';

/** How a pattern is written: an exact text or a glob, a regular expression, a range of semantic versions. */
export type PatternSpec = string | { readonly regex: string } | { readonly semver: string };

/** What a name or a tag is matched against; `text` is what was written. */
export type Pattern =
  | { readonly kind: 'exact'; readonly text: string }
  | {
      readonly kind: 'glob';
      readonly text: string;
      readonly parts: readonly GlobPart[];
      readonly regex: LinearRegex;
    }
  | { readonly kind: 'regex'; readonly text: string; readonly regex: LinearRegex }
  | { readonly kind: 'semver'; readonly text: string; readonly range: semver.Range };

/**
 * Makes a pattern of what was written. A text without glob characters is exact; a regular expression (RE2 syntax, linear
 * time) must match the whole text; a semver range is npm's.
 *
 * @throws {PolicyError} `PATTERN_INVALID`; the message does not say where the pattern stands.
 */
export function compilePattern(spec: PatternSpec): Pattern {
  if (typeof spec === 'string') return isGlob(spec) ? compileGlob(spec) : compileExact(spec);
  return 'regex' in spec ? compileRegex(spec.regex) : compileSemver(spec.semver);
}

/**
 * Whether the whole text matches.
 *
 * A semver range matches tags of three numbers, with or without a leading `v` (`1.2.3`, `v1.2.3-rc1`, not `1.2`);
 * prereleases only when the range names one of the same three numbers (`>=1.2.3-0` matches `1.2.3-rc1`, `>=1.2` does
 * not), which is npm's rule.
 */
export function matches(pattern: Pattern, text: string): boolean {
  switch (pattern.kind) {
    case 'exact':
      return pattern.text === text;
    case 'glob':
    case 'regex':
      return matchesWhole(pattern.regex, text);
    case 'semver':
      return isInRange(pattern.range, text);
  }
}

export function matchesAny(patterns: readonly Pattern[], text: string): boolean {
  return patterns.some((pattern) => matches(pattern, text));
}

/** The pattern as it was written. */
export function specOf(pattern: Pattern): PatternSpec {
  switch (pattern.kind) {
    case 'exact':
    case 'glob':
      return pattern.text;
    case 'regex':
      return { regex: pattern.text };
    case 'semver':
      return { semver: pattern.text };
  }
}

/** The pattern as a message names it, for example `"*-rc*"` or `semver ">=1.2"`. */
export function describePattern(pattern: Pattern): string {
  const text = JSON.stringify(pattern.text);
  return pattern.kind === 'regex' || pattern.kind === 'semver' ? `${pattern.kind} ${text}` : text;
}

/** The version that a tag names, or `null` for a tag that is no semantic version. */
export function versionOf(tag: string): semver.SemVer | null {
  return semver.parse(tag);
}

function isInRange(range: semver.Range, tag: string): boolean {
  const version = versionOf(tag);
  return version !== null && range.test(version);
}

function compileExact(text: string): Pattern {
  if (text === '') throw new PolicyError('PATTERN_INVALID', 'an empty pattern matches nothing');
  refuseTooLong(text, 'PATTERN_INVALID');
  return { kind: 'exact', text };
}

function compileGlob(text: string): Pattern {
  refuseTooLong(text, 'PATTERN_INVALID');
  const parts = parseGlob(text);
  return { kind: 'glob', text, parts, regex: compileLinearRegex(regexOfGlob(parts), 'PATTERN_INVALID') };
}

function compileRegex(text: string): Pattern {
  if (text === '') throw new PolicyError('PATTERN_INVALID', 'an empty regular expression matches nothing');
  refuseTooLong(text, 'PATTERN_INVALID');
  return { kind: 'regex', text, regex: compileLinearRegex(text, 'PATTERN_INVALID') };
}

function compileSemver(text: string): Pattern {
  refuseTooLong(text, 'PATTERN_INVALID');
  // An empty range means "any version" to npm; here it is more likely a slip.
  const range = text.trim() === '' ? null : parseRange(text);
  if (range === null) throw new PolicyError('PATTERN_INVALID', `not a semver range: ${JSON.stringify(text)}`);
  // A range meets itself where any of its alternatives can be met at all.
  if (!range.intersects(range)) {
    throw new PolicyError('PATTERN_INVALID', `no version is in the range ${JSON.stringify(text)}`);
  }
  return { kind: 'semver', text, range };
}

function parseRange(text: string): semver.Range | null {
  try {
    return new semver.Range(text);
  } catch {
    return null; // the library's own message repeats the text, no more
  }
}
