import type { Digest } from './digest.ts';
import type { FailureCode } from './failure-code.ts';
import type { Tag } from './reference.ts';

/** What one look at one tag found. Unknown is not empty: a tag that could not be read stays in the map and says why. */
export type TagEntry =
  | {
      readonly kind: 'resolved';
      readonly digest: Digest;
      /** What the other side is to hold instead, where the policy of the link makes other bytes of it (a filtered index). */
      readonly expectedDigest?: Digest;
    }
  /** The tag is listed and its manifest answers MANIFEST_UNKNOWN. */
  | { readonly kind: 'dangling' }
  | { readonly kind: 'unreadable'; readonly code: FailureCode; readonly message: string };

/** Every tag of a repository that is in scope, as a complete listing named them. A `Map`: `__proto__` is a legal tag. */
export type TagMap = ReadonlyMap<Tag, TagEntry>;

/** The digest of an entry, `null` where there is none. */
export function digestOfEntry(entry: TagEntry | undefined): Digest | null {
  return entry?.kind === 'resolved' ? entry.digest : null;
}
