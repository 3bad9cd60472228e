import type { Digest } from '../oci/digest.ts';
import type { FailureCode } from '../oci/failure-code.ts';
import type { Tag } from '../oci/reference.ts';
import { digestOfEntry, type TagEntry, type TagMap } from '../oci/tag-map.ts';

/**
 * What is true of one tag when the two sides are held against each other. `expectedDigest` is what the secondary is to hold,
 * where that is not the primary's digest (a filtered index).
 */
export type TagDifference =
  | {
      readonly kind: 'in-sync';
      readonly tag: Tag;
      readonly primaryDigest: Digest;
      readonly secondaryDigest: Digest;
      readonly expectedDigest?: Digest;
    }
  /** The secondary lacks the tag, or lists it without a manifest (`secondaryDigest` is `null` either way). */
  | {
      readonly kind: 'missing';
      readonly tag: Tag;
      readonly primaryDigest: Digest;
      readonly secondaryDigest: null;
      readonly expectedDigest?: Digest;
    }
  /** The tag points elsewhere. It is copied, and is never an orphan. */
  | {
      readonly kind: 'moved';
      readonly tag: Tag;
      readonly primaryDigest: Digest;
      readonly secondaryDigest: Digest;
      readonly expectedDigest?: Digest;
    }
  /** Only the secondary has the tag; `null`: its manifest is unknown there. */
  | {
      readonly kind: 'orphan';
      readonly tag: Tag;
      readonly primaryDigest: null;
      readonly secondaryDigest: Digest | null;
    }
  /** One side could not tell what the tag is: a failure, never a skip. */
  | {
      readonly kind: 'unreadable';
      readonly tag: Tag;
      readonly side: 'primary' | 'secondary';
      readonly code: FailureCode;
      readonly message: string;
      readonly primaryDigest: Digest | null;
      readonly secondaryDigest: Digest | null;
    };

/**
 * Compares what the secondary should hold with what it holds, tag by tag; every tag of either side appears once.
 *
 * @param expected what the policy of the link makes of the primary's tags.
 */
export function diffTagMaps(expected: TagMap, actual: TagMap): readonly TagDifference[] {
  const differences: TagDifference[] = [];
  for (const [tag, entry] of expected) differences.push(compare(tag, entry, actual.get(tag)));
  for (const [tag, entry] of actual) if (!expected.has(tag)) differences.push(onlyOnSecondary(tag, entry));
  return differences;
}

function compare(tag: Tag, expected: TagEntry, actual: TagEntry | undefined): TagDifference {
  const secondaryDigest = digestOfEntry(actual);
  switch (expected.kind) {
    case 'dangling':
      return {
        kind: 'unreadable',
        tag,
        side: 'primary',
        code: 'MISSING_CONTENT',
        message: 'the primary lists the tag and does not have its manifest',
        primaryDigest: null,
        secondaryDigest,
      };
    case 'unreadable':
      return { ...expected, tag, side: 'primary', primaryDigest: null, secondaryDigest };
    case 'resolved':
      return compareDigest(tag, expected, actual);
  }
}

function compareDigest(
  tag: Tag,
  { digest: primaryDigest, expectedDigest }: Extract<TagEntry, { kind: 'resolved' }>,
  actual: TagEntry | undefined,
): TagDifference {
  const expectation = expectedDigest === undefined ? {} : { expectedDigest };
  if (actual === undefined || actual.kind === 'dangling') {
    return { kind: 'missing', tag, primaryDigest, secondaryDigest: null, ...expectation };
  }
  if (actual.kind === 'unreadable') {
    return { ...actual, tag, side: 'secondary', primaryDigest, secondaryDigest: null };
  }
  const kind = actual.digest === (expectedDigest ?? primaryDigest) ? 'in-sync' : 'moved';
  return { kind, tag, primaryDigest, secondaryDigest: actual.digest, ...expectation };
}

function onlyOnSecondary(tag: Tag, actual: TagEntry): TagDifference {
  if (actual.kind === 'unreadable') {
    return { ...actual, tag, side: 'secondary', primaryDigest: null, secondaryDigest: null };
  }
  return { kind: 'orphan', tag, primaryDigest: null, secondaryDigest: digestOfEntry(actual) };
}
