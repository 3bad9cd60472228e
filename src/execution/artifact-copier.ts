import type { Digest } from '../oci/digest.ts';
import type { ManifestDocument } from '../oci/manifest.ts';
import type { Tag } from '../oci/reference.ts';
import { successorsOf, type ManifestSuccessor } from '../oci/successors.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { BlobCopier } from './blob-copier.ts';
import type { CopyContext } from './copy-context.ts';
import { CopyError } from './copy-failure.ts';
import { settleAll } from './settle-all.ts';

/** Real graphs are three deep (index, index, image) and a few hundred wide; these bounds stop a bomb, not an image. */
const DEEPEST = 8;
const MOST_NODES = 10_000;

/** The walk below one tag. */
interface Walk extends CopyContext {
  readonly depth: number;
  /** Counts the manifests of the whole walk. */
  readonly budget: { nodes: number };
}

/**
 * Brings a tagged manifest and everything below it to one secondary, bytes untouched: blobs first, then child manifests by
 * digest, then the subject they refer to, the tag last, and then read back.
 */
export class ArtifactCopier {
  readonly #primary: RegistryClient;
  readonly #secondary: RegistryClient;
  readonly #blobs: BlobCopier;
  /** Manifests known to be whole on the secondary, or on their way, by repository and digest. */
  readonly #placed = new Map<string, Promise<void>>();

  constructor(primary: RegistryClient, secondary: RegistryClient, blobs: BlobCopier) {
    this.#primary = primary;
    this.#secondary = secondary;
    this.#blobs = blobs;
  }

  /**
   * Makes the secondary's tag stand for `digest`. It is copied by the digest that the plan saw, never by the tag.
   *
   * @throws {RegistryError | CopyError}
   */
  async copyTag(tag: Tag, digest: Digest, context: CopyContext): Promise<void> {
    const document = await this.#readRoot(tag, digest, context);
    const walk: Walk = { ...context, depth: 0, budget: { nodes: 0 } };
    await this.#copyBelow(document, walk);
    await this.#put(document, tag, walk);
    await this.#readBack(tag, digest, context);
  }

  async #readRoot(tag: Tag, digest: Digest, { primaryRepository }: CopyContext): Promise<ManifestDocument> {
    try {
      return await this.#primary.manifests.get(primaryRepository, digest);
    } catch (error) {
      if (!(error instanceof RegistryError) || error.absent === undefined) throw error;
      const now = await this.#primary.manifests.resolve(primaryRepository, tag).catch(() => undefined);
      if (now !== undefined && now !== digest) {
        throw new CopyError('TAG_MOVED', `the primary's tag moved to ${now} during the copy; the next cycle copies it`, { cause: error });
      }
      throw new CopyError('MISSING_CONTENT', `the primary does not have the manifest ${digest} that its tag names`, { cause: error });
    }
  }

  async #copyBelow(document: ManifestDocument, walk: Walk): Promise<void> {
    const { manifests, blobs, undecided, subject } = successorsOf(document);
    const below = { ...walk, depth: walk.depth + 1 };
    await settleAll([
      ...blobs.map((blob) => this.#blobs.copy(blob, walk)),
      ...manifests.map((child) => this.#copyChild(child, below)),
      ...undecided.map((child) => this.#copyChild(child, below)),
    ]);
    if (subject !== undefined) await this.#copySubject(subject, below);
  }

  async #copyChild(child: ManifestSuccessor, walk: Walk): Promise<void> {
    const key = `${walk.secondaryRepository}@${child.digest}`;
    const known = walk.walk === 'trusting' ? this.#placed.get(key) : undefined;
    if (known !== undefined) return await known;
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
    if (walk.walk === 'trusting' && (await this.#secondary.manifests.exists(walk.secondaryRepository, child.digest))) return;
    const document = await this.#readChild(child, walk);
    if (document === 'blob') return await this.#blobs.copy({ ...child, demand: 'required' }, walk);
    await this.#copyBelow(document, walk);
    await this.#put(document, document.digest, walk);
  }

  #count(child: ManifestSuccessor, walk: Walk): void {
    walk.budget.nodes += 1;
    if (walk.depth <= DEEPEST && walk.budget.nodes <= MOST_NODES) return;
    throw new CopyError('MANIFEST_INVALID', `the graph at ${child.digest} is deeper than ${DEEPEST} or has more than ${MOST_NODES} manifests`);
  }

  /** A child that the primary knows as a blob only is one (BuildKit caches, artifacts of odd tools). */
  async #readChild(child: ManifestSuccessor, { primaryRepository }: CopyContext): Promise<ManifestDocument | 'blob'> {
    try {
      const document = await this.#primary.manifests.get(primaryRepository, child.digest, { descriptorMediaType: child.mediaType });
      if (child.sizeBytes === undefined || child.sizeBytes === document.raw.length) return document;
      throw new CopyError('SOURCE_CORRUPT', `manifest ${child.digest} has ${document.raw.length} bytes, its descriptor says ${child.sizeBytes}`);
    } catch (error) {
      if (!(error instanceof RegistryError) || error.status !== 404) throw error;
      const blob = await this.#primary.blobs.head(primaryRepository, child.digest);
      if (blob.kind === 'present') return 'blob';
      throw new CopyError('MISSING_CONTENT', `the primary does not have ${child.digest}, which a manifest above it names`, { cause: error, digest: child.digest });
    }
  }

  /** What a manifest refers to comes with it when the primary has it; a subject may legally be missing. */
  async #copySubject(subject: ManifestSuccessor, walk: Walk): Promise<void> {
    try {
      await this.#copyChild(subject, walk);
    } catch (error) {
      const isMissing = error instanceof CopyError && error.code === 'MISSING_CONTENT' && error.digest === subject.digest;
      if (!isMissing) throw error;
    }
  }

  /** Puts a manifest whose content is there; when the registry misses content all the same, everything is walked again. */
  async #put(document: ManifestDocument, reference: Tag | Digest, walk: Walk): Promise<void> {
    try {
      await this.#secondary.manifests.put(walk.secondaryRepository, reference, document);
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code !== 'MISSING_CONTENT' || walk.walk === 'doubting') throw error;
      this.#distrust(document, walk);
      await this.#copyBelow(document, { ...walk, walk: 'doubting' });
      await this.#secondary.manifests.put(walk.secondaryRepository, reference, document);
    }
  }

  #distrust(document: ManifestDocument, { secondaryRepository }: CopyContext): void {
    for (const { digest } of successorsOf(document).blobs) this.#blobs.distrust(digest, secondaryRepository);
  }

  /** 201 is a promise: only what can be read back was copied. */
  async #readBack(tag: Tag, digest: Digest, { secondaryRepository }: CopyContext): Promise<void> {
    let found: Digest;
    try {
      found = await this.#secondary.manifests.resolve(secondaryRepository, tag);
    } catch (error) {
      if (!(error instanceof RegistryError) || error.status !== 404) throw error;
      throw new CopyError(
        'ACKED_NOT_READABLE',
        `${this.#secondary.name} acknowledged ${secondaryRepository}:${tag} and does not serve it; restarting that registry drops a stale cache`,
        { cause: error },
      );
    }
    if (found !== digest) {
      throw new CopyError('VERIFY_FAILED', `${secondaryRepository}:${tag} reads back as ${found}: somebody else writes to the secondary`);
    }
  }
}
