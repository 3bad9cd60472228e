/**
 * Characters that a terminal acts on instead of showing, or that reorder or hide their neighbours: control characters
 * (C0, DEL, C1, so every ANSI escape), format characters (bidirectional overrides, zero width), line and paragraph
 * separators, lone surrogates. See CVE-2021-42574 for what bidirectional overrides do to a reader.
 */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Wide enough for a repository name (255) and its tag (128); a registry's error page has no such bound. */
const LONGEST_CELL = 400;

/**
 * Text of a user or a registry, fit for a terminal: one line, at most `longest` characters, and every character that a
 * terminal would act on written as an escape.
 */
export function textCell(text: string, longest: number = LONGEST_CELL): string {
  // Cut first: a message of megabytes is not escaped only to be thrown away. A character takes at most two code units.
  const shown = text
    .slice(0, 2 * (longest + 1))
    .replace(/[\t\n\r]+/g, ' ')
    .replace(UNSHOWABLE, escapeCharacter);
  const characters = Array.from(shown);
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : shown;
}

function escapeCharacter(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  const hex = codePoint.toString(16);
  if (codePoint <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return codePoint <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}
