import type { Readable } from 'node:stream';
import type { Digest } from '../oci/digest.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type { BlobClient } from '../registry/blob-client.ts';
import type { Slot } from '../registry/transport/request-gate.ts';

/** A blob of the primary that a secondary is about to get. */
export interface WantedBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** The primary's repository that has it. */
  readonly repository: RepositoryName;
}

/** One upload's hold on a blob and on a place of the secondary; both are kept until `release`. */
export interface BlobHold {
  /** The secondary's place, for every request of this upload. */
  readonly slot: Slot;
  /**
   * The bytes from the beginning; each call opens them anew. They are not checked here.
   *
   * @throws {RegistryError | CopyError}
   */
  open(): Promise<Readable>;
  release(): void;
}

/** Where uploads to one or several secondaries take the primary's blobs from. */
export interface PrimaryBlobs {
  /** Waits until the upload may begin. @throws {RegistryError | CopyError} */
  hold(blob: WantedBlob, secondary: BlobClient): Promise<BlobHold>;
  /** The secondary has this blob: it will not ask for it again. */
  settled(digest: Digest, secondary: BlobClient): void;
}
