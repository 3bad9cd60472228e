import type { Tag } from '../oci/reference.ts';
import type { TagDifference } from './diff-tag-maps.ts';
import type { Observation } from './remember-repository.ts';
import type {
  RepositoryMemory,
  RepositoryRecord,
  RepositoryUpdate,
  TagRecord,
  VerifiedDepth,
} from './repository-memory.ts';

/** What a verification saw of a repository of a secondary. */
export interface Verification {
  readonly depth: VerifiedDepth;
  readonly differences: readonly TagDifference[];
  /** Tags that do not pull, whatever the reason. */
  readonly bad: ReadonlySet<string>;
}

/**
 * What to write after tags were verified: which are good, and which are to be walked without shortcuts. It is no observation of
 * the primary: nothing is counted, nothing forgotten, and tags that differ are left to the next cycle, which sees that by itself.
 */
export function rememberVerification(
  previous: RepositoryMemory | undefined,
  { depth, differences, bad }: Verification,
  observation: Observation,
): RepositoryUpdate {
  const changedTags = differences.flatMap((difference): TagRecord[] => {
    if (difference.kind !== 'in-sync' && !isBroken(difference)) return [];
    const record = previous?.tags.get(difference.tag) ?? newRecord(difference, observation.now);
    if (bad.has(difference.tag)) return [{ ...record, doubtedAt: record.doubtedAt ?? observation.now }];
    const { now } = observation;
    // Only the whole content answers every doubt; a shallower look may have missed what a deeper one has found.
    const doubtedAt = depth === 'content' ? null : record.doubtedAt;
    return [{ ...record, lastVerifiedAt: now, lastVerifiedDepth: depth, doubtedAt }];
  });
  return { repository: previous?.repository ?? unobserved(observation), changedTags, forgottenTags: [] };
}

/** Whether the secondary could not tell what a tag of the primary is: its manifest may be broken. */
function isBroken(difference: TagDifference): boolean {
  return (
    difference.kind === 'unreadable' && difference.side === 'secondary' && difference.primaryDigest !== null
  );
}

function newRecord(
  {
    tag,
    primaryDigest,
    secondaryDigest,
  }: { tag: Tag } & Pick<TagRecord, 'primaryDigest' | 'secondaryDigest'>,
  now: Date,
): TagRecord {
  return {
    tag,
    state: 'in_sync',
    primaryDigest,
    secondaryDigest,
    lastAppliedDigest: null,
    reason: null,
    message: null,
    firstSeenDifferentAt: null,
    orphanSince: null,
    orphanObservations: 0,
    inSyncSince: now,
    lastVerifiedAt: null,
    lastVerifiedDepth: null,
    doubtedAt: null,
  };
}

/** A repository that was verified before its first cycle: none is counted, so deletions stay held back in that one. */
function unobserved(observation: Observation): RepositoryRecord {
  const { secondaryRepository, policyHash, primaryOrigin, cycleId, now } = observation;
  return {
    secondaryRepository,
    outcome: 'differences',
    reason: null,
    message: null,
    policyHash,
    primaryOrigin,
    completedCycles: 0,
    lastCycleId: cycleId,
    lastFinishedAt: now,
    lastSuccessAt: null,
  };
}
