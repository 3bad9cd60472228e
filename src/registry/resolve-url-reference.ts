/** Headers arrive as one character per byte: above ASCII, a character up to U+00FF is a byte that was sent raw. */
const RAW_BYTE = /[\u0080-\u00ff]/g;

/** What the URL parser would silently drop (tab, line feed, carriage return) or trim: nothing a server means. */
// eslint-disable-next-line no-control-regex -- controls are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Returns where a `Link` or `Location` reference points, relative or absolute, or undefined where that is no http(s) URL.
 *
 * The query stays as the server wrote it: existing escapes (`%2F`, `%7E`, even the broken `%s`), `+` and case are kept,
 * because a cursor or a signature in it is opaque. Only what cannot stand in a request line is escaped: space, `"`, `<`,
 * `>`, raw non-ASCII bytes (byte for byte, not as UTF-8 of the mojibake), and `'`, which `URL` always writes as `%27`.
 * A fragment is kept for the caller to judge.
 */
export function resolveUrlReference(reference: string, base: URL): URL | undefined {
  if (CONTROL.test(reference)) return undefined;
  const escaped = reference.replace(RAW_BYTE, encodeByte);
  if (!URL.canParse(escaped, base.href)) return undefined;
  const url = new URL(escaped, base);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}

function encodeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
