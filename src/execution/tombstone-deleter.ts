import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { parseTag, type RepositoryName, type Tag } from '../oci/reference.ts';
import { buildTombstone, EMPTY_BLOB, EMPTY_BLOB_DIGEST, isTombstone } from '../oci/tombstone.ts';
import type { Digest } from '../oci/digest.ts';
import type { ManifestDocument } from '../oci/manifest.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { CopyError } from './copy-failure.ts';
import { lookUpManifest, type LookedUp } from './deletion-evidence.ts';
import type { DeletionJournal } from './deletion-journal.ts';

/**
 * One per repository and always the same: what a run leaves behind that cannot delete it, or dies, the next one takes over. It has
 * the look of a tombstone, so a run that finds it as an orphan finishes it.
 */
export const SCRATCH_TAG = parseTag('geo-reconciler-scratch');

/** Looks at the scratch tag, over a few seconds, before it counts as left behind. */
const MOST_LOOKS = 3;

/**
 * Removes a tag where the registry deletes by digest only: a manifest that no other tag can share takes the tag over, and that
 * manifest's digest is deleted. Proven on a scratch tag before real content is touched, because where digest deletion is
 * refused the tag would stand for the dummy for ever.
 */
export class TombstoneDeleter {
  readonly #secondary: RegistryClient;
  readonly #journal: DeletionJournal;
  /** Repositories in which the whole way was walked on a scratch tag. */
  readonly #proven = new Set<RepositoryName>();

  constructor(secondary: RegistryClient, journal: DeletionJournal) {
    this.#secondary = secondary;
    this.#journal = journal;
  }

  isProven(repository: RepositoryName): boolean {
    return this.#proven.has(repository);
  }

  /**
   * Shows on a scratch tag that putting and deleting a tombstone removes a tag in this repository. A registry that was seen to
   * refuse it is not asked again.
   *
   * @throws {RegistryError | CopyError} `TAG_DELETE_UNSUPPORTED` where it does not.
   */
  async prove(repository: RepositoryName): Promise<void> {
    const { capabilities } = this.#secondary;
    if (capabilities.of('digestDelete') === 'refused')
      throw refused(`${this.#secondary.name} was seen to delete no digest`);
    try {
      await this.#proveOnScratchTag(repository);
    } catch (error) {
      if (error instanceof CopyError && error.code === 'TAG_DELETE_UNSUPPORTED')
        capabilities.learn('digestDelete', 'refused');
      throw error;
    }
    capabilities.learn('digestDelete', 'works');
    this.#proven.add(repository);
  }

  /** The tombstone that a tag already stands for, left by a process that died between the two steps. */
  async findLeftover(repository: RepositoryName, tag: Tag): Promise<ManifestDocument | undefined> {
    try {
      const document = await this.#secondary.manifests.get(repository, tag);
      return isTombstone(document) ? document : undefined;
    } catch (error) {
      if (error instanceof RegistryError && error.code !== 'CANCELLED') return undefined; // unreadable is no tombstone
      throw error;
    }
  }

  /** A new tombstone; nothing is written yet, so that it can be journaled first. */
  prepare(tag: Tag): ManifestDocument {
    return buildTombstone(tag, randomUUID());
  }

  async put(repository: RepositoryName, tag: Tag, tombstone: ManifestDocument): Promise<void> {
    await this.#ensureEmptyBlob(repository);
    await this.#secondary.manifests.put(repository, tag, tombstone);
  }

  /** Deletes a tombstone's own digest, which no other tag has. */
  async remove(repository: RepositoryName, tombstoneDigest: Digest): Promise<void> {
    await this.#secondary.manifests.deleteManifestAndItsTags(repository, tombstoneDigest);
  }

  /** Written down like any other: a scratch tag that a dead process left behind is found and removed. */
  async #proveOnScratchTag(repository: RepositoryName): Promise<void> {
    const tombstone = this.prepare(SCRATCH_TAG);
    const id = randomUUID();
    await this.#journal.started({
      id,
      repository,
      tag: SCRATCH_TAG,
      secondaryDigest: null,
      method: 'tombstone',
      tombstoneDigest: tombstone.digest,
      evidence: { purpose: 'proves on a scratch tag that tombstones work here' },
    });
    try {
      // Before it is there: a registry that deletes nothing says so to this as well, and nothing is left behind.
      await this.#removeScratch(repository, tombstone);
      await this.put(repository, SCRATCH_TAG, tombstone);
      await this.#journal.advanced(id, 'tombstone-put');
      await this.#removeScratch(repository, tombstone);
      await this.#journal.advanced(id, 'deleted');
      await this.#confirmGone(repository, tombstone);
    } catch (error) {
      if (error instanceof CopyError) await this.#journal.advanced(id, 'failed', error.message);
      throw error;
    }
    await this.#journal.advanced(id, 'verified');
  }

  async #confirmGone(repository: RepositoryName, tombstone: ManifestDocument): Promise<void> {
    for (let look = 1; ; look += 1) {
      const after = await lookUpManifest(this.#secondary, repository, SCRATCH_TAG);
      // Another one under the tag is that of another process, which took ours for gone.
      if (after.kind !== 'unclear' && after.digest !== tombstone.digest) return;
      if (look === MOST_LOOKS) throw scratchLeft(repository, after.kind);
      await this.#secondary.blobs.waitBeforeRetry(look);
    }
  }

  async #removeScratch(repository: RepositoryName, { digest }: ManifestDocument): Promise<void> {
    try {
      await this.remove(repository, digest);
    } catch (error) {
      const isRefusal =
        error instanceof RegistryError &&
        REFUSALS.has(error.status ?? 0) &&
        error.code !== 'TARGET_READ_ONLY';
      if (!isRefusal) throw error;
      throw refused(`${repository}: ${error.message}`, error);
    }
  }

  async #ensureEmptyBlob(repository: RepositoryName): Promise<void> {
    const { blobs } = this.#secondary;
    const presence = await blobs.head(repository, EMPTY_BLOB_DIGEST);
    if (presence.kind === 'present') return;
    const session = await blobs.startUpload(repository);
    const slot = await blobs.reserveSlot();
    try {
      const body = { sizeBytes: EMPTY_BLOB.length, open: () => Promise.resolve(Readable.from([EMPTY_BLOB])) };
      await blobs.upload(session, EMPTY_BLOB_DIGEST, { body, slot });
    } finally {
      slot.release();
    }
  }
}

/** Google answers 400 to the digest of what is tagged, others 405 or 409. 401 and 403 are about us, not about the registry. */
const REFUSALS: ReadonlySet<number> = new Set([400, 405, 409, 412]);

/** What could not be read proves nothing of what the registry does. */
function scratchLeft(repository: RepositoryName, found: LookedUp['kind']): CopyError {
  return found === 'unclear'
    ? new CopyError('VERIFY_FAILED', `whether ${SCRATCH_TAG} is gone from ${repository} cannot be read`)
    : refused(`deleting a digest left its tag ${SCRATCH_TAG} behind in ${repository}`);
}

function refused(message: string, cause?: RegistryError): CopyError {
  const options = cause === undefined ? {} : { cause };
  return new CopyError('TAG_DELETE_UNSUPPORTED', `tombstones do not work here: ${message}`, options);
}
