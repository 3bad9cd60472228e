import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { parseTag, type RepositoryName, type Tag } from '../oci/reference.ts';
import { buildTombstone, EMPTY_BLOB, EMPTY_BLOB_DIGEST, isTombstone } from '../oci/tombstone.ts';
import type { ManifestDocument } from '../oci/manifest.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { CopyError } from './copy-failure.ts';
import { lookUpManifest } from './deletion-evidence.ts';

/**
 * Removes a tag where the registry deletes by digest only: a manifest that no other tag can share takes the tag over, and that
 * manifest's digest is deleted. Proven on a scratch tag before real content is touched, because where digest deletion is
 * refused the tag would stand for the dummy for ever.
 */
export class TombstoneDeleter {
  readonly #secondary: RegistryClient;
  /** Repositories in which the whole way was walked on a scratch tag. */
  readonly #proven = new Map<RepositoryName, Promise<void>>();

  constructor(secondary: RegistryClient) {
    this.#secondary = secondary;
  }

  /**
   * Shows on a scratch tag that putting and deleting a tombstone removes a tag in this repository.
   *
   * @throws {RegistryError | CopyError} `TAG_DELETE_UNSUPPORTED` where it does not.
   */
  async prove(repository: RepositoryName): Promise<void> {
    const proof = this.#proven.get(repository) ?? this.#proveOnScratchTag(repository);
    this.#proven.set(repository, proof);
    await proof;
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

  /** Deletes the tombstone's own digest, which no other tag has. */
  async remove(repository: RepositoryName, tombstone: ManifestDocument): Promise<void> {
    await this.#secondary.manifests.deleteManifestAndItsTags(repository, tombstone.digest);
  }

  async #proveOnScratchTag(repository: RepositoryName): Promise<void> {
    const scratch = parseTag(`geo-reconciler-scratch-${randomUUID()}`);
    const tombstone = this.prepare(scratch);
    await this.put(repository, scratch, tombstone);
    await this.remove(repository, tombstone);
    const after = await lookUpManifest(this.#secondary, repository, scratch);
    if (after.kind === 'unknown') return;
    throw new CopyError(
      'TAG_DELETE_UNSUPPORTED',
      `deleting a digest left its tag ${scratch} behind in ${repository}`,
    );
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
