import type { Digest } from '../oci/digest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';

/** One deletion that is about to be made. */
export interface JournalEntry {
  readonly id: string;
  readonly repository: RepositoryName;
  readonly tag: Tag;
  /** What the tag stood for; enough to put it back while the content exists. */
  readonly secondaryDigest: Digest | null;
  readonly method: 'by-tag-name' | 'tombstone';
  readonly tombstoneDigest: Digest | null;
  /** What was looked at in the second before. */
  readonly evidence: Readonly<Record<string, string>>;
}

type JournalState = 'tombstone-put' | 'deleted' | 'verified' | 'failed';

/** The port through which deletions are written down before the first write, so that each can be explained and undone. */
export interface DeletionJournal {
  started(entry: JournalEntry): Promise<void>;
  advanced(id: string, state: JournalState, detail?: string): Promise<void>;
}
