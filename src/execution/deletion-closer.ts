import type { Digest } from '../oci/digest.ts';
import { isTag, type RepositoryName, type Tag } from '../oci/reference.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { CopyError } from './copy-failure.ts';
import { lookUpManifest, type OrphanSurroundings } from './deletion-evidence.ts';
import type { DeletionJournal } from './deletion-journal.ts';
import { isTagGone } from './is-tag-gone.ts';
import type { SiblingKeeper } from './sibling-keeper.ts';

/** A deletion that the journal knows a beginning of and no end: its process died, or lost the registry on the way. */
export interface OpenDeletion {
  readonly id: string;
  readonly repository: RepositoryName;
  readonly tag: Tag;
  readonly secondaryDigest: Digest | null;
  readonly tombstoneDigest: Digest | null;
  readonly evidence: unknown;
}

/**
 * Ends deletions that somebody else began: reads back what became of the tag, takes a tombstone away that was left under it, and
 * writes the end down. What cannot be told now stays open for the next cycle.
 */
export class DeletionCloser {
  readonly #secondary: RegistryClient;
  readonly #journal: DeletionJournal;
  readonly #siblings: SiblingKeeper;

  constructor(secondary: RegistryClient, journal: DeletionJournal, siblings: SiblingKeeper) {
    this.#secondary = secondary;
    this.#journal = journal;
    this.#siblings = siblings;
  }

  /** Never throws for what a registry says. */
  async close(deletion: OpenDeletion, copyAgain: OrphanSurroundings['copyAgain']): Promise<void> {
    try {
      await this.#removeTombstone(deletion);
      if (await isTagGone(this.#secondary, deletion.repository, deletion))
        await this.#endGone(deletion, copyAgain);
      else await this.#endPresent(deletion);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
    }
  }

  /** Its digest is that of one dummy: whatever has happened since, nothing else goes with it. */
  async #removeTombstone({ repository, tag, tombstoneDigest }: OpenDeletion): Promise<void> {
    if (tombstoneDigest === null) return;
    const found = await lookUpManifest(this.#secondary, repository, tag);
    if (found.digest === tombstoneDigest)
      await this.#secondary.manifests.deleteManifestAndItsTags(repository, tombstoneDigest);
  }

  async #endGone(deletion: OpenDeletion, copyAgain: OrphanSurroundings['copyAgain']): Promise<void> {
    const { id, repository, tag, secondaryDigest, evidence } = deletion;
    const tags = siblingsIn(evidence);
    try {
      const digests = new Map(tags.map((each) => [each, secondaryDigest]));
      await this.#siblings.confirm({ repository, deletedTag: tag, tags, digests }, copyAgain);
    } catch (error) {
      if (!(error instanceof CopyError)) throw error;
      await this.#journal.advanced(id, 'failed', error.message);
      return;
    }
    await this.#journal.advanced(id, 'verified', 'found gone after whoever deleted it had died');
  }

  async #endPresent({ id, repository, tag, secondaryDigest, tombstoneDigest }: OpenDeletion): Promise<void> {
    const { kind, digest } = await lookUpManifest(this.#secondary, repository, tag);
    if (kind === 'unclear' || (tombstoneDigest !== null && digest === tombstoneDigest)) return;
    const what =
      digest === secondaryDigest
        ? 'the tag still is what it was: nothing was deleted'
        : `somebody put the tag again: it stands for ${digest ?? 'no manifest'}`;
    await this.#journal.advanced(id, 'failed', `whoever began it had died; ${what}`);
  }
}

function siblingsIn(evidence: unknown): readonly Tag[] {
  const text =
    typeof evidence === 'object' && evidence !== null && 'siblings' in evidence ? evidence.siblings : '';
  return typeof text === 'string' ? text.split(' ').filter(isTag) : [];
}
