import type { Digest } from '../oci/digest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { CycleOutcome } from './cycle-report.ts';
import type { ReasonCode } from './reason-code.ts';

/** Where state belongs: one repository of one link on one secondary. */
export interface RepositoryKey {
  readonly link: string;
  /** Name of the secondary registry. */
  readonly secondary: string;
  readonly primaryRepository: RepositoryName;
}

/** What is remembered of a repository whose tags are on a secondary. */
export interface KnownRepository {
  readonly name: RepositoryName;
  /** `gone`: when it was last read completely, the primary had none of its tags left. */
  readonly onPrimary: 'tagged' | 'gone';
}

/** A tag that the primary had when it was last looked at. */
export interface KnownTag {
  readonly repository: RepositoryName;
  readonly tag: Tag;
  /** What it stood for there. */
  readonly primaryDigest: Digest | null;
}

export type TagState = 'in_sync' | 'missing' | 'moved' | 'orphan' | 'held' | 'failed';

/** What is remembered of one tag between cycles. */
export interface TagRecord {
  readonly tag: Tag;
  readonly state: TagState;
  readonly primaryDigest: Digest | null;
  readonly secondaryDigest: Digest | null;
  /** The digest that this service last put under the tag or found equal; tells own writes from foreign ones. */
  readonly lastAppliedDigest: Digest | null;
  readonly reason: ReasonCode | null;
  readonly message: string | null;
  /** Since when the two sides differ; `null` while they are equal. */
  readonly firstSeenDifferentAt: Date | null;
  /** When the tag was first found absent from a complete listing of the primary; `null` while the primary has it. */
  readonly orphanSince: Date | null;
  /** In how many complete observations in a row it was absent. */
  readonly orphanObservations: number;
  /** When the two sides were last found to have become equal. */
  readonly inSyncSince: Date | null;
  /** When what the secondary's tag stands for was last looked at and found good, and how deep that went. */
  readonly lastVerifiedAt: Date | null;
  readonly lastVerifiedDepth: VerifiedDepth | null;
  /** Since when content below the tag is known or feared to be bad, although the digests are equal. */
  readonly doubtedAt: Date | null;
}

/** `tag`: the digest; `graph`: everything below is there; `content`: and every byte of it is right. */
export type VerifiedDepth = 'tag' | 'graph' | 'content';

/** What is remembered of a repository between cycles. */
export interface RepositoryRecord {
  readonly secondaryRepository: RepositoryName;
  readonly outcome: CycleOutcome;
  readonly reason: ReasonCode | null;
  readonly message: string | null;
  /** Hash of the filters that chose its tags; a change holds deletions back for one cycle. */
  readonly policyHash: string;
  /** Origin of the primary registry; a change holds deletions back for one cycle. */
  readonly primaryOrigin: string;
  /** Cycles in which both sides were read completely. */
  readonly completedCycles: number;
  readonly lastCycleId: string;
  readonly lastFinishedAt: Date;
  readonly lastSuccessAt: Date | null;
}

export interface RepositoryMemory {
  readonly repository: RepositoryRecord;
  /** Tags that differ from each other or once were applied; a `Map`, because `__proto__` is a legal tag. */
  readonly tags: ReadonlyMap<Tag, TagRecord>;
}

/** What a cycle has to write down about one repository. */
export interface RepositoryUpdate {
  readonly repository: RepositoryRecord;
  readonly changedTags: readonly TagRecord[];
  readonly forgottenTags: readonly Tag[];
}
