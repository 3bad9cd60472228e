import type { Digest } from '../oci/digest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';

/** A tag of the secondary that a deletion took with it, most often one of the same digest. */
export interface LostSibling {
  readonly repository: RepositoryName;
  /** The tag that was to be deleted, and alone. */
  readonly deletedTag: Tag;
  readonly sibling: Tag;
  /** What it stood for; `null`: nobody knows. */
  readonly digest: Digest | null;
  /** Where it was put back from; `nowhere`: neither side has the content any more, or will not take it. */
  readonly healedFrom: 'secondary' | 'primary' | 'nowhere';
}

/** The port through which a deletion that did harm stops all others, and is told. */
export interface DeletionAlarm {
  /** Stops all deletions on this secondary, of every process, until an operator lets them go on. Resolves when that is written down. */
  stopDeletions(why: string): Promise<void>;
  /** Who has stopped deletions on this secondary and why, asked before each; `undefined`: nobody. */
  whyStopped(): Promise<string | undefined>;
  /** Returns at once and does not throw. */
  siblingLost(loss: LostSibling): void;
}
