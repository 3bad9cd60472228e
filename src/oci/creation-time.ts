import { z } from 'zod';
import type { ManifestDocument } from './manifest.ts';

/** @see https://github.com/opencontainers/image-spec/blob/main/annotations.md */
const CREATED_ANNOTATION = 'org.opencontainers.image.created';

/** RFC 3339, section 5.6; nobody writes more than nanoseconds. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,12})?(?:Z|[+-]\d{2}:\d{2})$/i;

/** A year of five digits, which an offset can make of 9999, is written in no common form. */
const AFTER_LAST_YEAR = Date.UTC(10_000, 0, 1);

const ImageConfiguration = z.object({ created: z.string() });

/**
 * A time as annotations and image configurations state it, to the millisecond; `undefined` for what is no such time. One
 * before 1970 is none either: it is the zero of a program that had nothing to write (Go's is in the year 1).
 */
export function parseCreationTime(text: unknown): Date | undefined {
  if (typeof text !== 'string' || !RFC_3339.test(text)) return undefined;
  const at = new Date(text.toUpperCase());
  return at.getTime() >= 0 && at.getTime() < AFTER_LAST_YEAR ? at : undefined;
}

/** When a manifest says by its annotation that it was created. */
export function annotatedCreationTime({ view }: ManifestDocument): Date | undefined {
  return parseCreationTime(view.annotations?.[CREATED_ANNOTATION]);
}

/** When an image was created by the bytes of its configuration; `undefined` for bytes that are none. */
export function configuredCreationTime(bytes: Uint8Array): Date | undefined {
  try {
    const parsed = ImageConfiguration.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return parsed.success ? parseCreationTime(parsed.data.created) : undefined;
  } catch {
    return undefined;
  }
}
