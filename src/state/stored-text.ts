/** Error texts can carry a whole response body; 8 KiB keep what a reader needs and bound a row. */
export const LONGEST_TEXT_BYTES = 8192;

const ELLIPSIS = '…';

/**
 * The form in which PostgreSQL takes any text: no NUL (`text` and `jsonb` both refuse it), no half surrogate pair, and at most
 * `limitBytes` of UTF-8, the last character an ellipsis where something was cut off.
 */
export function storedText(text: string, limitBytes: number = LONGEST_TEXT_BYTES): string {
  // A character has at least one byte, so nothing past the limit can be kept: cut before the work, not after it.
  const withoutNul = text.replaceAll('\0', '').slice(0, limitBytes + 1);
  const bytes = Buffer.from(withoutNul, 'utf8');
  if (bytes.length <= limitBytes) return bytes.toString('utf8');
  const room = limitBytes - Buffer.byteLength(ELLIPSIS);
  // A streaming decoder keeps back the bytes of a character that is not complete.
  return new TextDecoder().decode(bytes.subarray(0, room), { stream: true }) + ELLIPSIS;
}

/** {@link storedText} of a column that may be empty. */
export function storedTextOrNull(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : storedText(text);
}
