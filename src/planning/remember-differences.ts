import type { TagDifference } from './diff-tag-maps.ts';
import { verificationOf } from './remember-repository.ts';
import type { RepositoryMemory, RepositoryUpdate, TagRecord } from './repository-memory.ts';

/**
 * What to write between a comparison and the copies that it asks for: since when tags differ. A copy may take hours, or never end,
 * and until then nothing would say that the two sides are not equal. `undefined` where that is known of all of them already, and
 * where nothing is known of the repository: then all of it counts as different.
 */
export function rememberDifferences(
  memory: RepositoryMemory | undefined,
  differences: readonly TagDifference[],
  now: Date,
): RepositoryUpdate | undefined {
  if (memory === undefined) return undefined;
  const changedTags = differences.flatMap((difference) => {
    const before = memory.tags.get(difference.tag);
    // An orphan that the primary has again is another difference, and it may be one that counts.
    const isNews = before?.state === 'orphan' || (before?.firstSeenDifferentAt ?? null) === null;
    return isNews ? recordsOf(difference, before, now) : [];
  });
  return changedTags.length === 0
    ? undefined
    : { repository: memory.repository, changedTags, forgottenTags: [] };
}

function recordsOf(difference: TagDifference, before: TagRecord | undefined, now: Date): TagRecord[] {
  const { kind, tag, primaryDigest, secondaryDigest } = difference;
  // Orphans are counted by observations that are complete, and what could not be read is no difference that was seen.
  if (kind !== 'missing' && kind !== 'moved') return [];
  return [
    {
      lastAppliedDigest: before?.lastAppliedDigest ?? null,
      ...verificationOf(before, secondaryDigest),
      doubtedAt: before?.doubtedAt ?? null,
      tag,
      state: kind,
      primaryDigest,
      secondaryDigest,
      reason: null,
      message: null,
      firstSeenDifferentAt: now,
      orphanSince: null,
      orphanObservations: 0,
      inSyncSince: null,
    },
  ];
}
