import fc from 'fast-check';

import { parseDigest, type Digest } from '../../src/oci/digest.ts';
import { parseTag, type Tag } from '../../src/oci/reference.ts';
import type { TagEntry, TagMap } from '../../src/oci/tag-map.ts';

/** Few tags, so that the two sides of a comparison share some; among them names that an object would lose. */
const anyTag: fc.Arbitrary<Tag> = fc
  .constantFrom('v1', 'V1', 'v2', 'latest', '__proto__', 'constructor', `sha256-${'a'.repeat(64)}`)
  .map(parseTag);

/** Few digests, so that some are equal. */
const anyDigest: fc.Arbitrary<Digest> = fc
  .constantFrom('0', '1', '2', '3')
  .map((digit) => parseDigest(`sha256:${digit.repeat(64)}`));

export const resolvedEntry: fc.Arbitrary<TagEntry> = anyDigest.map((digest) => ({
  kind: 'resolved',
  digest,
}));

/** A tag that a platform filter makes other content of. */
export const filteredEntry: fc.Arbitrary<TagEntry> = fc
  .tuple(anyDigest, anyDigest)
  .map(([digest, expectedDigest]) => ({ kind: 'resolved', digest, expectedDigest }));

export const danglingEntry: fc.Arbitrary<TagEntry> = fc.constant({ kind: 'dangling' });

export const unreadableEntry: fc.Arbitrary<TagEntry> = fc
  .constantFrom('SERVER_ERROR' as const, 'TIMEOUT' as const)
  .map((code) => ({ kind: 'unreadable', code, message: `could not be read: ${code}` }));

/** Maps of tags whose entries are of the given kinds. */
export function tagMapOf(...entries: readonly fc.Arbitrary<TagEntry>[]): fc.Arbitrary<TagMap> {
  return fc
    .uniqueArray(fc.tuple(anyTag, fc.oneof(...entries)), { selector: ([tag]) => tag })
    .map((pairs) => new Map(pairs));
}
