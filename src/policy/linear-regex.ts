import { RE2JS, RE2JSException } from 're2js';

import { PolicyError, type PolicyErrorCode } from './policy-error.ts';

/** Longer than any pattern a person writes, short enough that its automaton stays small (failure mode AA-05). */
export const LONGEST_PATTERN = 512;

/**
 * Instructions of the compiled automaton: its worst case is instructions x characters, and `(a?){999}` repeated reaches
 * 50,000 within 512 characters. A name pattern such as `[a-z0-9]{1,128}(-[a-z0-9]{1,128}){0,3}` has about 1,000.
 */
const LARGEST_PROGRAM = 10_000;

/** A regular expression in RE2 syntax: no backreferences, no look-around, time linear in the text. */
export type LinearRegex = RE2JS;

/** @throws {PolicyError} with `code`: too large, or no RE2 syntax. What a user wrote goes through {@link refuseTooLong} first. */
export function compileLinearRegex(source: string, code: PolicyErrorCode): LinearRegex {
  const regex = compile(source, code);
  if (regex.programSize() > LARGEST_PROGRAM) {
    throw new PolicyError(code, 'the regular expression repeats too much: use smaller counts');
  }
  return regex;
}

/** @throws {PolicyError} with `code`, for text above {@link LONGEST_PATTERN} characters. */
export function refuseTooLong(source: string, code: PolicyErrorCode): void {
  if (source.length <= LONGEST_PATTERN) return;
  throw new PolicyError(
    code,
    `too long: ${source.length} characters, at most ${LONGEST_PATTERN} are allowed`,
  );
}

/** Whether the whole text matches: `a|b` is `^(?:a|b)$`, never `^a` or `b$` (the defect of regsync's filters). */
export function matchesWhole(regex: LinearRegex, text: string): boolean {
  return regex.testExact(text);
}

/** The whole match and its groups, an unmatched group as an empty text; `undefined` when the text does not match. */
export function groupsOf(regex: LinearRegex, text: string): readonly string[] | undefined {
  const matcher = regex.matcher(text);
  if (!matcher.matches()) return undefined;
  return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? '');
}

function compile(source: string, code: PolicyErrorCode): LinearRegex {
  try {
    return RE2JS.compile(source);
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    const detail = cause.message.replace('error parsing regexp: ', '');
    throw new PolicyError(code, `not a regular expression in RE2 syntax: ${detail}`, { cause });
  }
}
