import { RE2JS } from 're2js';

import { PolicyError } from './policy-error.ts';

type Range = readonly [first: string, last: string];

/** One element of a glob. */
export type GlobPart =
  | { readonly kind: 'literal'; readonly text: string }
  /** `?`: one character, never `/`. */
  | { readonly kind: 'character' }
  /** `*`: any text without `/`. */
  | { readonly kind: 'star' }
  /** A leading or inner segment `**` with its slash: any number of whole segments, also none. */
  | { readonly kind: 'segments' }
  /** A last segment `**`: at least one character, slashes included. */
  | { readonly kind: 'rest' }
  /** Any other `**`: any text, slashes included. */
  | { readonly kind: 'text' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly Range[] }
  | { readonly kind: 'either'; readonly alternatives: readonly (readonly GlobPart[])[] };

const GLOB_CHARACTERS = /[*?[\]{}\\]/;

/** Braces within braces; deeper ones say nothing that shallower ones cannot. */
const DEEPEST_BRACES = 5;

interface Cursor {
  readonly characters: readonly string[];
  at: number;
  depth: number;
}

/** Whether a text is a glob; none of its special characters may stand in a repository name or a tag. */
export function isGlob(text: string): boolean {
  return GLOB_CHARACTERS.test(text);
}

/**
 * The elements of a glob.
 *
 * - `*` is any text within a path segment, `?` one character, `[a-z]` one of these, `[!a-z]` none of these, never `/`;
 * - `{a,b}` is either text, and `\` takes the next character as it is;
 * - `**` crosses slashes. As the last segment it is at least one segment: `team/**` matches `team/a` and `team/a/b`, not
 *   `team`. As a segment before others it may also be absent: `team/` `**` `/app` matches `team/app` and `team/a/b/app`.
 *   Within braces or beside other characters it is any text: `team**` matches `team` and `team-a/b`.
 *
 * @throws {PolicyError} `PATTERN_INVALID`.
 */
export function parseGlob(glob: string): readonly GlobPart[] {
  const cursor: Cursor = { characters: Array.from(glob), at: 0, depth: 0 };
  const parts = parseSequence(cursor);
  if (cursor.at < cursor.characters.length) throw invalid('a "}" without its "{"');
  return parts;
}

/** The glob as RE2 source, to be matched against the whole text. */
export function regexOfGlob(parts: readonly GlobPart[]): string {
  return parts.map(regexOfPart).join('');
}

function parseSequence(cursor: Cursor): readonly GlobPart[] {
  const parts: GlobPart[] = [];
  for (;;) {
    const character = cursor.characters[cursor.at];
    if (character === undefined || character === '}') return parts;
    if (character === ',' && cursor.depth > 0) return parts;
    parts.push(parsePart(cursor, character));
  }
}

function parsePart(cursor: Cursor, character: string): GlobPart {
  cursor.at += 1;
  switch (character) {
    case '*':
      return parseStars(cursor);
    case '?':
      return { kind: 'character' };
    case '[':
      return parseClass(cursor);
    case ']':
      throw invalid('a "]" without its "["');
    case '{':
      return parseBraces(cursor);
    case '\\':
      return { kind: 'literal', text: take(cursor, 'a "\\" at the end') };
    default:
      return { kind: 'literal', text: character };
  }
}

function parseStars(cursor: Cursor): GlobPart {
  const before = cursor.characters[cursor.at - 2];
  if (cursor.characters[cursor.at] !== '*') return { kind: 'star' };
  while (cursor.characters[cursor.at] === '*') cursor.at += 1;
  const isSegmentStart = before === undefined || before === '/';
  const after = cursor.characters[cursor.at];
  if (isSegmentStart && after === undefined) return { kind: 'rest' };
  if (!isSegmentStart || after !== '/') return { kind: 'text' };
  cursor.at += 1;
  return { kind: 'segments' };
}

function parseBraces(cursor: Cursor): GlobPart {
  cursor.depth += 1;
  if (cursor.depth > DEEPEST_BRACES) throw invalid(`braces nested deeper than ${DEEPEST_BRACES}`);
  const alternatives = [parseSequence(cursor)];
  while (cursor.characters[cursor.at] === ',') {
    cursor.at += 1;
    alternatives.push(parseSequence(cursor));
  }
  if (take(cursor, 'a "{" without its "}"') !== '}') throw invalid('a "{" without its "}"');
  cursor.depth -= 1;
  return { kind: 'either', alternatives };
}

function parseClass(cursor: Cursor): GlobPart {
  const negation = cursor.characters[cursor.at];
  const negated = negation === '!' || negation === '^';
  if (negated) cursor.at += 1;
  const ranges: Range[] = [];
  for (;;) {
    const character = take(cursor, 'a "[" without its "]"');
    if (character === ']') break;
    ranges.push(parseRange(cursor, character));
  }
  if (ranges.length === 0) throw invalid('an empty character class');
  return { kind: 'class', negated, ranges };
}

function parseRange(cursor: Cursor, character: string): Range {
  const first = member(cursor, character);
  const isRange = cursor.characters[cursor.at] === '-' && cursor.characters[cursor.at + 1] !== ']';
  if (!isRange) return checkedRange(first, first);
  cursor.at += 1;
  return checkedRange(first, member(cursor, take(cursor, 'a "[" without its "]"')));
}

function member(cursor: Cursor, character: string): string {
  if (character === '[') throw invalid('a "[" within a character class: write "\\[" for the character');
  return character === '\\' ? take(cursor, 'a "\\" at the end') : character;
}

function checkedRange(first: string, last: string): Range {
  if (codePointOf(first) > codePointOf(last))
    throw invalid(`the range ${first}-${last} is the wrong way round`);
  if (codePointOf(first) <= codePointOf('/') && codePointOf('/') <= codePointOf(last)) {
    throw invalid('a character class never matches "/", and this one names it');
  }
  return [first, last];
}

function take(cursor: Cursor, complaint: string): string {
  const character = cursor.characters[cursor.at];
  if (character === undefined) throw invalid(complaint);
  cursor.at += 1;
  return character;
}

function regexOfPart(part: GlobPart): string {
  switch (part.kind) {
    case 'literal':
      return RE2JS.quote(part.text);
    case 'character':
      return '[^/]';
    case 'star':
      return '[^/]*';
    case 'segments':
      return '(?:[^/]*/)*';
    case 'rest':
      return '(?s:.+)';
    case 'text':
      return '(?s:.*)';
    case 'class':
      return `[${part.negated ? '^/' : ''}${part.ranges.map(regexOfRange).join('')}]`;
    case 'either':
      return `(?:${part.alternatives.map(regexOfGlob).join('|')})`;
  }
}

function regexOfRange([first, last]: Range): string {
  return `${escapeOf(first)}-${escapeOf(last)}`;
}

function escapeOf(character: string): string {
  return `\\x{${codePointOf(character).toString(16)}}`;
}

function codePointOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function invalid(complaint: string): PolicyError {
  return new PolicyError('PATTERN_INVALID', `not a glob: ${complaint}`);
}
