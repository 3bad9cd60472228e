import { storedText } from './stored-text.ts';

/** Anything that JSON can say. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** The evidence of one decision is some counts and digests; more than 64 KiB is a listing that does not belong into a row. */
const LONGEST_JSON_BYTES = 64 * 1024;

/**
 * The form in which `jsonb` takes a value: every text and key goes through {@link storedText}. A value that is still too
 * large is replaced by `{ truncated: … }` with the beginning of its text.
 */
export function storedJson(value: JsonValue): JsonValue {
  const clean = withStoredTexts(value);
  const text = JSON.stringify(clean);
  return Buffer.byteLength(text) <= LONGEST_JSON_BYTES ? clean : { truncated: storedText(text) };
}

function withStoredTexts(value: JsonValue): JsonValue {
  if (typeof value === 'string') return storedText(value);
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map(withStoredTexts);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [storedText(key), withStoredTexts(member)]),
  );
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
