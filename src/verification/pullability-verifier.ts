import type { Readable } from 'node:stream';
import { algorithmOf, Digester, type Digest } from '../oci/digest.ts';
import type { FailureCode } from '../oci/failure-code.ts';
import type { ManifestDocument } from '../oci/manifest.ts';
import type { RepositoryName } from '../oci/reference.ts';
import { successorsOf, type BlobSuccessor, type ManifestSuccessor } from '../oci/successors.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';

/** `graph`: every manifest is read and every blob looked at; `content`: every blob is read and hashed as well. */
export type WalkDepth = 'graph' | 'content';

/** Content that a pull from the secondary would miss or refuse. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError';
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

interface Below {
  readonly depth: number;
  readonly leftOut: ReadonlySet<Digest>;
}

/** As deep as the copier goes. */
const DEEPEST = 8;

/** Answers "does it pull?" for one secondary: walks what a tag stands for as a client would, and looks at each piece once per repository. */
export class PullabilityVerifier {
  readonly #secondary: RegistryClient;
  readonly #depth: WalkDepth;
  readonly #seen = new Map<string, Promise<void>>();

  constructor(secondary: RegistryClient, depth: WalkDepth) {
    this.#secondary = secondary;
    this.#depth = depth;
  }

  /**
   * Walks everything below a digest.
   *
   * @param leftOut children that a sparse index lists and that are not to be there.
   *
   * @throws {RegistryError | VerificationError} naming the first piece that is not as it must be.
   */
  async verify(
    repository: RepositoryName,
    digest: Digest,
    leftOut: ReadonlySet<Digest> = new Set(),
  ): Promise<void> {
    await this.#once(repository, digest, () =>
      this.#walk(repository, { digest, mediaType: undefined, sizeBytes: undefined }, { depth: 0, leftOut }),
    );
  }

  #once(repository: RepositoryName, digest: Digest, look: () => Promise<void>): Promise<void> {
    const key = `${repository}@${digest}`;
    const known = this.#seen.get(key);
    if (known !== undefined) return known;
    const looking = look();
    this.#seen.set(key, looking);
    return looking;
  }

  async #walk(repository: RepositoryName, node: ManifestSuccessor, { depth, leftOut }: Below): Promise<void> {
    if (depth > DEEPEST)
      throw new VerificationError(
        'MANIFEST_INVALID',
        `the graph at ${node.digest} is deeper than ${DEEPEST}`,
      );
    const document = await this.#read(repository, node);
    if (document === 'blob') return this.#lookAtBlob(repository, { ...node, demand: 'required' });
    const { manifests, undecided, blobs } = successorsOf(document);
    const children = [...manifests, ...undecided].filter((child) => !leftOut.has(child.digest));
    const below = children.map((child) =>
      this.#once(repository, child.digest, () =>
        this.#walk(repository, child, { depth: depth + 1, leftOut }),
      ),
    );
    const content = blobs.map((blob) =>
      this.#once(repository, blob.digest, () => this.#lookAtBlob(repository, blob)),
    );
    const settled = await Promise.allSettled([...below, ...content]);
    for (const result of settled) if (result.status === 'rejected') throw result.reason;
  }

  async #read(repository: RepositoryName, node: ManifestSuccessor): Promise<ManifestDocument | 'blob'> {
    try {
      return await this.#secondary.manifests.get(repository, node.digest, {
        descriptorMediaType: node.mediaType,
      });
    } catch (error) {
      if (!(error instanceof RegistryError) || error.status !== 404) throw error;
      const blob = await this.#secondary.blobs.head(repository, node.digest);
      if (blob.kind === 'present') return 'blob';
      throw new VerificationError('MISSING_CONTENT', `manifest ${node.digest} is missing in ${repository}`, {
        cause: error,
      });
    }
  }

  async #lookAtBlob(repository: RepositoryName, blob: BlobSuccessor): Promise<void> {
    const presence = await this.#secondary.blobs.head(repository, blob.digest);
    if (presence.kind === 'absent') {
      if (blob.demand === 'foreign') return;
      throw new VerificationError('MISSING_CONTENT', `blob ${blob.digest} is missing in ${repository}`);
    }
    if (
      presence.sizeBytes !== undefined &&
      blob.sizeBytes !== undefined &&
      presence.sizeBytes !== blob.sizeBytes
    ) {
      throw new VerificationError(
        'VERIFY_FAILED',
        `blob ${blob.digest} has ${presence.sizeBytes} bytes in ${repository}, its descriptor says ${blob.sizeBytes}`,
      );
    }
    if (this.#depth === 'content') await this.#hash(repository, blob);
  }

  async #hash(repository: RepositoryName, blob: BlobSuccessor): Promise<void> {
    const slot = await this.#secondary.blobs.reserveSlot();
    try {
      const { stream } = await this.#secondary.blobs.get(repository, blob.digest, slot);
      const found = await hashOf(stream, blob.digest);
      if (found !== blob.digest) {
        throw new VerificationError(
          'VERIFY_FAILED',
          `blob ${blob.digest} reads back as ${found} in ${repository}`,
        );
      }
    } finally {
      slot.release();
    }
  }
}

async function hashOf(stream: Readable, digest: Digest): Promise<Digest> {
  const digester = new Digester(algorithmOf(digest));
  for await (const piece of stream as AsyncIterable<Buffer>) digester.update(piece);
  return digester.digest();
}
