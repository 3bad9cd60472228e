import type { Digest } from '../oci/digest.ts';
import type { FailureCode } from '../oci/failure-code.ts';
import type { ManifestDocument } from '../oci/manifest.ts';
import { manifestKindOf } from '../oci/media-type.ts';
import { OciError } from '../oci/oci-error.ts';
import type { Tag } from '../oci/reference.ts';
import { successorsOf, type BlobSuccessor, type ManifestSuccessor } from '../oci/successors.ts';
import type { ManifestReceipt } from '../registry/manifest-client.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { BlobCopier } from './blob-copier.ts';
import type { CopyContext } from './copy-context.ts';
import { CopyError } from './copy-failure.ts';
import type { PrimaryContent } from './primary-content.ts';
import type { PreparedContent } from './prepared-content.ts';
import { settleAll } from './settle-all.ts';

/** Real graphs are three deep (index, index, image) and a few hundred wide; these bounds stop a bomb, not an image. */
const DEEPEST = 8;
const MOST_NODES = 10_000;

/** The walk below one root. */
export interface Walk extends CopyContext {
  readonly prepared: PreparedContent;
  readonly depth: number;
  /** Counts the manifests of the whole walk. */
  readonly budget: { nodes: number };
}

export function walkFrom(context: CopyContext, prepared: PreparedContent): Walk {
  return { ...context, prepared, depth: 0, budget: { nodes: 0 } };
}

/**
 * Brings manifests and everything below them to one secondary during one cycle, bytes untouched and children first: blobs, child
 * manifests by digest, then what the manifest refers to as its subject.
 */
export class GraphCopier {
  readonly #primary: PrimaryContent;
  readonly #secondary: RegistryClient;
  readonly #blobs: BlobCopier;
  /** Manifests known to be whole on the secondary, or on their way, by repository and digest. */
  readonly #placed = new Map<string, Promise<void>>();

  constructor(primary: PrimaryContent, secondary: RegistryClient, blobs: BlobCopier) {
    this.#primary = primary;
    this.#secondary = secondary;
    this.#blobs = blobs;
  }

  /** Copies everything that a manifest points at. @throws {RegistryError | CopyError} */
  async copyBelow(document: ManifestDocument, walk: Walk): Promise<void> {
    const { manifests, blobs, undecided, subject } = successorsOf(document);
    if (walk.walk === 'doubting')
      for (const { digest } of blobs) this.#blobs.distrust(digest, walk.secondaryRepository);
    const below = { ...walk, depth: walk.depth + 1 };
    const children = [...manifests, ...undecided].filter(({ digest }) => !walk.prepared.leftOut.has(digest));
    await settleAll([
      ...blobs.map((blob) => this.#blobs.copy(blob, walk)),
      ...children.map((child) => this.#copyChild(child, below)),
    ]);
    if (subject !== undefined) await this.#copySubject(subject, below);
  }

  /**
   * Puts a manifest whose content is there. When the registry misses content all the same, everything below is walked again
   * without trusting what seemed to be there, and blobs that it still misses by name are sent whatever it says when asked.
   */
  async put(document: ManifestDocument, reference: Tag | Digest, walk: Walk): Promise<ManifestReceipt> {
    const put = (): Promise<ManifestReceipt> => this.#putOnce(document, reference, walk);
    let missing = await attempt(put);
    if (missing.kind === 'done') return await this.#proven(document, missing.receipt, walk);
    if (walk.walk !== 'doubting') {
      await this.copyBelow(document, { ...walk, walk: 'doubting' });
      missing = await attempt(put);
      if (missing.kind === 'done') return await this.#proven(document, missing.receipt, walk);
    }
    const denied = deniedBlobs(document, missing.error);
    if (denied.length === 0) throw this.#explainRefusal(missing.error, document, walk);
    await settleAll(denied.map((blob) => this.#blobs.copyAnew(blob, walk)));
    return await this.#proven(document, await put(), walk);
  }

  async #putOnce(document: ManifestDocument, reference: Tag | Digest, walk: Walk): Promise<ManifestReceipt> {
    try {
      return await this.#secondary.manifests.put(walk.secondaryRepository, reference, document);
    } catch (error) {
      if (error instanceof RegistryError && error.code === 'SPARSE_REFUSED')
        this.#secondary.capabilities.learn('sparseIndex', 'refused');
      throw error;
    }
  }

  /** Where children stay away on purpose, "content is missing" means that the registry wants whole indexes only. */
  #explainRefusal(error: RegistryError, document: ManifestDocument, walk: Walk): Error {
    if (!isSparse(document, walk)) return error;
    this.#secondary.capabilities.learn('sparseIndex', 'refused');
    return new CopyError(
      'SPARSE_REFUSED',
      `${error.request.registry} takes no index whose children are not all there; platformMode filtered makes one that it takes`,
      { cause: error },
    );
  }

  /** A registry that has a manifest already may keep what it has, whatever it says to the push; a repair reads it. */
  async #proven(document: ManifestDocument, receipt: ManifestReceipt, walk: Walk): Promise<ManifestReceipt> {
    if (isSparse(document, walk)) this.#secondary.capabilities.learn('sparseIndex', 'works');
    if (walk.walk !== 'repairing') return receipt;
    try {
      await this.#secondary.manifests.get(walk.secondaryRepository, document.digest);
      return receipt;
    } catch (error) {
      if (!isOfContent(error)) throw error;
      throw new CopyError(
        'VERIFY_FAILED',
        `${this.#secondary.name} keeps manifest ${document.digest} damaged although it was pushed again (${error.message}); its storage must be repaired`,
        { cause: error, digest: document.digest },
      );
    }
  }

  async #copyChild(child: ManifestSuccessor, walk: Walk): Promise<void> {
    const key = `${walk.walk === 'repairing' ? 'repaired ' : ''}${walk.secondaryRepository}@${child.digest}`;
    const known = walk.walk === 'doubting' ? undefined : this.#placed.get(key);
    if (known !== undefined) return known;
    const placing = this.#placeChild(child, walk);
    this.#placed.set(key, placing);
    try {
      await placing;
    } catch (error) {
      this.#placed.delete(key);
      throw error;
    }
  }

  async #placeChild(child: ManifestSuccessor, walk: Walk): Promise<void> {
    this.#count(child, walk);
    // Not of a child that may be a blob: distribution answers 500 to the question for a manifest that it has as a blob.
    const mayBeThere = walk.walk === 'trusting' && manifestKindOf(child.mediaType) !== undefined;
    if (mayBeThere && (await this.#isThere(child, walk))) return;
    const document = await this.#read(child, walk);
    if (document === 'blob') return this.#blobs.copy({ ...child, demand: 'required' }, walk);
    await this.copyBelow(document, walk);
    await this.put(document, document.digest, walk);
  }

  #isThere({ digest }: ManifestSuccessor, { secondaryRepository }: Walk): Promise<boolean> {
    return this.#secondary.manifests.exists(secondaryRepository, digest);
  }

  #count(child: ManifestSuccessor, walk: Walk): void {
    walk.budget.nodes += 1;
    if (walk.depth <= DEEPEST && walk.budget.nodes <= MOST_NODES) return;
    throw new CopyError(
      'MANIFEST_INVALID',
      `the graph at ${child.digest} is deeper than ${DEEPEST} or has more than ${MOST_NODES} manifests`,
    );
  }

  /**
   * A child that the primary knows as a blob only is one (BuildKit caches, artifacts of odd tools). distribution answers 500 to
   * the question for a manifest under the digest of a blob: it finds the bytes and does not know what to make of them.
   */
  async #read(child: ManifestSuccessor, walk: Walk): Promise<ManifestDocument | 'blob'> {
    const prepared = walk.prepared.documents.get(child.digest);
    if (prepared !== undefined) return prepared;
    try {
      return checkSize(
        child,
        await this.#primary.getManifest(walk.primaryRepository, child.digest, {
          descriptorMediaType: child.mediaType,
        }),
      );
    } catch (error) {
      if (!(error instanceof RegistryError) || !mayBeBlob(child, error)) throw error;
      const blob = await this.#primary.headBlob(walk.primaryRepository, child.digest);
      if (blob.kind === 'present') return 'blob';
      if (error.status !== 404) throw error;
      throw new CopyError(
        'MISSING_CONTENT',
        `the primary does not have ${child.digest}, which a manifest above it names`,
        { cause: error, digest: child.digest },
      );
    }
  }

  /** What a manifest refers to comes with it when the primary has it; a subject may legally be missing. */
  async #copySubject(subject: ManifestSuccessor, walk: Walk): Promise<void> {
    try {
      await this.#copyChild(subject, walk);
    } catch (error) {
      const isMissing =
        error instanceof CopyError && error.code === 'MISSING_CONTENT' && error.digest === subject.digest;
      if (!isMissing) throw error;
    }
  }
}

/** Failures that say nothing about what a registry holds. */
const OF_THE_WAY: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'CANCELLED',
  'NETWORK',
  'TIMEOUT',
  'TLS',
  'RATE_LIMITED',
  'UNAUTHORIZED',
  'FORBIDDEN',
]);

function isOfContent(error: unknown): error is RegistryError | OciError {
  return error instanceof OciError || (error instanceof RegistryError && !OF_THE_WAY.has(error.code));
}

type PutResult =
  | { readonly kind: 'done'; readonly receipt: ManifestReceipt }
  | { readonly kind: 'content-missing'; readonly error: RegistryError };

async function attempt(put: () => Promise<ManifestReceipt>): Promise<PutResult> {
  try {
    return { kind: 'done', receipt: await put() };
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'MISSING_CONTENT') throw error;
    return { kind: 'content-missing', error };
  }
}

/** Blobs of a manifest that the registry names as missing; a foreign layer may stay away. */
function deniedBlobs(document: ManifestDocument, { digests }: RegistryError): readonly BlobSuccessor[] {
  return successorsOf(document).blobs.filter(
    ({ digest, demand }) => demand === 'required' && digests.includes(digest),
  );
}

function mayBeBlob({ mediaType }: ManifestSuccessor, { status, errorCodes }: RegistryError): boolean {
  if (status === 404) return true;
  return status === 500 && errorCodes.includes('UNKNOWN') && manifestKindOf(mediaType) === undefined;
}

function checkSize(child: ManifestSuccessor, document: ManifestDocument): ManifestDocument {
  if (child.sizeBytes === undefined || child.sizeBytes === document.raw.length) return document;
  throw new CopyError(
    'SOURCE_CORRUPT',
    `manifest ${child.digest} has ${document.raw.length} bytes, its descriptor says ${child.sizeBytes}`,
  );
}

function isSparse(document: ManifestDocument, { prepared }: Walk): boolean {
  return (
    prepared.leftOut.size > 0 &&
    successorsOf(document).manifests.some(({ digest }) => prepared.leftOut.has(digest))
  );
}
