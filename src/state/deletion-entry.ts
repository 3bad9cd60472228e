import type { Digest } from '../oci/digest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { JsonValue } from './stored-json.ts';

/** How a tag is taken away: by its name, or by putting a unique dummy under it and deleting the dummy's digest. */
export type DeletionMethod = 'by-tag-name' | 'tombstone';

/** Where a deletion can get to after it was started; `verified` and `failed` are its ends. */
export type DeletionAdvance = 'tombstone-put' | 'deleted' | 'verified' | 'failed';

export type DeletionState = 'started' | DeletionAdvance;

/** A deletion as it is written down before anything is sent to the registry. */
export interface DeletionEntry {
  /** Chosen by the caller, so that writing it twice is writing it once. */
  readonly id: string;
  readonly cycleId: string;
  readonly link: string;
  readonly secondary: string;
  /** The repository on the secondary. */
  readonly repository: RepositoryName;
  readonly tag: Tag;
  /** What the tag pointed to; `null` for a tag whose manifest is unknown. */
  readonly secondaryDigest: Digest | null;
  readonly method: DeletionMethod;
  /** The digest of the dummy manifest; `null` for a deletion by name. */
  readonly tombstoneDigest: Digest | null;
  /** What the gate saw when it let the tag go. */
  readonly evidence: JsonValue;
}

/** A deletion as the journal knows it. */
export interface DeletionRecord extends DeletionEntry {
  readonly state: DeletionState;
  readonly detail: string | null;
  readonly startedAt: Date;
  readonly advancedAt: Date;
}

/**
 * From which states each state may be entered. A deletion never moves back, so a late or repeated message changes nothing,
 * and what has ended stays ended: trying again is a new deletion.
 */
export const REACHED_FROM: Readonly<Record<DeletionAdvance, readonly DeletionState[]>> = {
  'tombstone-put': ['started', 'tombstone-put'],
  deleted: ['started', 'tombstone-put', 'deleted'],
  verified: ['started', 'tombstone-put', 'deleted', 'verified'],
  failed: ['started', 'tombstone-put', 'deleted', 'failed'],
};

/** The states after which nothing more happens to a deletion. */
export const FINISHED_STATES: readonly DeletionState[] = ['verified', 'failed'];
