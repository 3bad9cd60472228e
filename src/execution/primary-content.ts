import type { Digest } from '../oci/digest.ts';
import type { ManifestDocument, ManifestHints } from '../oci/manifest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { BlobPresence } from '../registry/blob-client.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { BlobSpool } from './blob-spool.ts';
import { DirectBlobs } from './direct-blobs.ts';
import type { PrimaryBlobs } from './primary-blobs.ts';
import { SharedAnswers } from './shared-answers.ts';
import { SpooledBlobs } from './spooled-blobs.ts';

/** What copiers read of the primary: with one secondary as it comes, with several once for all of them. */
export interface PrimaryContent {
  readonly name: string;
  readonly blobs: PrimaryBlobs;
  /** A manifest by its digest, checked. @throws {RegistryError} */
  getManifest(repository: RepositoryName, digest: Digest, hints?: ManifestHints): Promise<ManifestDocument>;
  /** What a tag stands for at this moment. @throws {RegistryError} */
  resolveTag(repository: RepositoryName, tag: Tag): Promise<Digest>;
  /** @throws {RegistryError} */
  headBlob(repository: RepositoryName, digest: Digest): Promise<BlobPresence>;
  /** Ends what is kept for secondaries that may still come. */
  close(): void;
}

/** Manifests are a few KiB: this is some ten thousand of them, for secondaries that lag behind. */
const MANIFESTS_LIMIT_BYTES = 64 * 1024 * 1024;

/** What an answer about a blob takes, roughly: a key of two names and a number. */
const PRESENCE_BYTES = 256;
const PRESENCES_LIMIT_BYTES = 4 * 1024 * 1024;

/** The primary's content for one secondary: nothing is kept, nothing touches the disk. */
export class DirectContent implements PrimaryContent {
  readonly name: string;
  readonly blobs: PrimaryBlobs;
  readonly #primary: RegistryClient;

  constructor(primary: RegistryClient) {
    this.name = primary.name;
    this.#primary = primary;
    this.blobs = new DirectBlobs(primary.blobs);
  }

  getManifest(repository: RepositoryName, digest: Digest, hints?: ManifestHints): Promise<ManifestDocument> {
    return this.#primary.manifests.get(repository, digest, hints);
  }

  resolveTag(repository: RepositoryName, tag: Tag): Promise<Digest> {
    return this.#primary.manifests.resolve(repository, tag);
  }

  headBlob(repository: RepositoryName, digest: Digest): Promise<BlobPresence> {
    return this.#primary.blobs.head(repository, digest);
  }

  close(): void {
    // Nothing is kept.
  }
}

/** The primary's content for the secondaries of one link, each piece read once as far as memory and disk go. */
export class SharedContent implements PrimaryContent {
  readonly name: string;
  readonly blobs: SpooledBlobs;
  readonly #primary: RegistryClient;
  readonly #manifests = new SharedAnswers<ManifestDocument>(MANIFESTS_LIMIT_BYTES, ({ raw }) => raw.length);
  readonly #presences = new SharedAnswers<BlobPresence>(PRESENCES_LIMIT_BYTES, () => PRESENCE_BYTES);

  constructor(primary: RegistryClient, spool: BlobSpool, secondaries: number) {
    this.name = primary.name;
    this.#primary = primary;
    this.blobs = new SpooledBlobs(primary.blobs, spool, secondaries);
  }

  getManifest(
    repository: RepositoryName,
    digest: Digest,
    hints: ManifestHints = {},
  ): Promise<ManifestDocument> {
    // What a parent says of the type is part of the answer: without a word in the body it decides.
    const key = `${repository}@${digest} ${hints.descriptorMediaType ?? ''}`;
    return this.#manifests.get(key, () => this.#primary.manifests.get(repository, digest, hints));
  }

  /** Asked anew each time: a tag may move. */
  resolveTag(repository: RepositoryName, tag: Tag): Promise<Digest> {
    return this.#primary.manifests.resolve(repository, tag);
  }

  headBlob(repository: RepositoryName, digest: Digest): Promise<BlobPresence> {
    return this.#presences.get(`${repository}@${digest}`, () => this.#primary.blobs.head(repository, digest));
  }

  close(): void {
    this.blobs.close();
  }
}
