import { z } from 'zod';
import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import { parseManifest, type ManifestDocument } from './manifest.ts';
import { OciError } from './oci-error.ts';

/** What becomes of one entry of an index. A nested index that was itself filtered has other bytes: `replace`. */
export type ChildFate =
  | { readonly kind: 'keep' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'replace'; readonly digest: Digest; readonly sizeBytes: number };

/**
 * The index that lists only what is kept: the same document when nothing is dropped or replaced, `undefined` when nothing is
 * left. Every other field, the order and duplicate entries stay; the same input always gives the same bytes.
 *
 * This is the one place where a manifest is serialised, so that filtering is the only way to a new digest.
 *
 * @param fates one for each entry of `manifests`, in its order.
 */
export function filterIndex(
  document: ManifestDocument,
  fates: readonly ChildFate[],
): ManifestDocument | undefined {
  if (fates.every(({ kind }) => kind === 'keep')) return document;
  if (fates.every(({ kind }) => kind === 'drop')) return undefined;
  const raw = rewrite(document.raw, fates);
  return parseManifest(raw, { descriptorMediaType: document.mediaType });
}

function rewrite(raw: Uint8Array, fates: readonly ChildFate[]): Uint8Array {
  try {
    const index = parseAsWritten(raw);
    // Assigned in place: the fields keep the order in which they were written.
    index.manifests = index.manifests.flatMap((entry, position) => applyFate(entry, fates[position]));
    return Buffer.from(JSON.stringify(index));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    // V8 parses flat, but revives and writes by recursion.
    throw new OciError('MANIFEST_INVALID', 'the index is nested too deeply to be filtered', { cause });
  }
}

function applyFate(entry: object, fate: ChildFate | undefined): object[] {
  switch (fate?.kind) {
    case 'keep':
      return [entry];
    case 'replace':
      return [{ ...entry, digest: fate.digest, size: fate.sizeBytes }];
    case 'drop':
    case undefined:
      return [];
  }
}

/** V8's JSON source text access: a value keeps the spelling it was written in (1e400, 1.0, integers above 2^53). */
interface JsonWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

interface RawIndex {
  manifests: object[];
}

const AnyIndex = z.looseObject({ manifests: z.array(z.looseObject({})) });

function parseAsWritten(raw: Uint8Array): RawIndex {
  const json = JSON as unknown as JsonWithSource;
  const parsed = json.parse(new TextDecoder().decode(raw), (_key, value, { source }) =>
    source === undefined ? value : json.rawJSON(source),
  );
  if (!isRawIndex(parsed)) {
    throw new OciError('MANIFEST_INVALID', 'an index to be filtered has no list of manifests');
  }
  return parsed;
}

/** Looks only: what a schema gives back has its fields in another order, and none called `__proto__`. */
function isRawIndex(value: unknown): value is RawIndex {
  return AnyIndex.safeParse(value).success;
}

const ATTESTED_DIGEST = 'vnd.docker.reference.digest';

/** The digest that an attestation manifest of BuildKit is about; it follows that image through a platform filter. */
export function attestedDigest(descriptor: Descriptor): string | undefined {
  const digest = descriptor.annotations?.[ATTESTED_DIGEST];
  return typeof digest === 'string' ? digest : undefined;
}
