import type { Digest } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import type { TagDifference } from './diff-tag-maps.ts';
import type { RepositoryMemory } from './repository-memory.ts';

/** A tag of the secondary that stands for something that this service did not put there. */
export interface ForeignWrite {
  readonly tag: Tag;
  readonly lastAppliedDigest: Digest;
  /** `null`: somebody took the tag away. */
  readonly foundDigest: Digest | null;
}

/**
 * Tags that somebody else changed on the secondary since they were last found equal. A tag that was in doubt already is not
 * judged: a copy or a deletion of our own may have got half way.
 */
export function findForeignWrites(
  memory: RepositoryMemory | undefined,
  differences: readonly TagDifference[],
): readonly ForeignWrite[] {
  return differences.flatMap(({ kind, tag, secondaryDigest: foundDigest }): ForeignWrite[] => {
    if (kind !== 'moved' && kind !== 'missing') return [];
    const record = memory?.tags.get(tag);
    if (record?.state !== 'in_sync' || record.lastAppliedDigest === null) return [];
    const { lastAppliedDigest } = record;
    return foundDigest === lastAppliedDigest ? [] : [{ tag, lastAppliedDigest, foundDigest }];
  });
}

/**
 * How many tags of the primary changed since the last complete look at it; 0 where there was none, or where what is looked at has
 * changed since.
 */
export function countChanges(
  memory: RepositoryMemory | undefined,
  differences: readonly TagDifference[],
  policyHash: string,
): number {
  if (memory === undefined || memory.repository.completedCycles === 0) return 0;
  if (memory.repository.policyHash !== policyHash) return 0;
  return differences.filter(({ kind, tag, primaryDigest }) => {
    const record = memory.tags.get(tag);
    if (kind === 'unreadable') return false;
    if (kind === 'orphan') return record !== undefined && record.primaryDigest !== null;
    return record?.primaryDigest !== primaryDigest;
  }).length;
}
