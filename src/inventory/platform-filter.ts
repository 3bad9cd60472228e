import { type z } from 'zod';
import { Platform, type Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { attestedDigest, filterIndex, type ChildFate } from '../oci/filtered-index.ts';
import type { ManifestDocument } from '../oci/manifest.ts';
import { isImageConfiguration, manifestKindOf } from '../oci/media-type.ts';
import type { RepositoryName } from '../oci/reference.ts';
import { matchesPlatform, type PlatformPolicy } from '../policy/platform-policy.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { readConfiguration } from './configuration-reader.ts';

/** What a platform filter makes of the content of one tag. */
export type FilteredContent =
  /** Copied as it is: it is on a wanted platform as a whole, or on none at all (a chart, a signature). */
  | { readonly kind: 'as-is' }
  /** Other bytes take its place; `documents` holds them and every nested index that changed, by their new digests. */
  | {
      readonly kind: 'filtered';
      readonly digest: Digest;
      readonly documents: ReadonlyMap<Digest, ManifestDocument>;
    }
  /** The same bytes, but these children stay away. */
  | { readonly kind: 'sparse'; readonly leftOut: ReadonlySet<Digest> }
  | { readonly kind: 'no-match' };

type SelectedPlatforms = Extract<PlatformPolicy, { kind: 'only' }>;

/** As deep as the copier goes. */
const DEEPEST = 8;

/** Decides what of the primary's content is on a wanted platform. Each digest is looked at once. */
export class PlatformFilter {
  readonly #primary: RegistryClient;
  readonly #policy: SelectedPlatforms;
  readonly #known = new Map<Digest, Promise<FilteredContent>>();

  constructor(primary: RegistryClient, policy: SelectedPlatforms) {
    this.#primary = primary;
    this.#policy = policy;
  }

  /** @throws {RegistryError} when content that decides it cannot be read. */
  async apply(repository: RepositoryName, digest: Digest): Promise<FilteredContent> {
    const known = this.#known.get(digest) ?? this.#look(repository, { digest }, 0);
    this.#known.set(digest, known);
    return await known.catch((error: unknown) => {
      this.#known.delete(digest);
      throw error;
    });
  }

  async #look(repository: RepositoryName, node: Descriptor, depth: number): Promise<FilteredContent> {
    const document = await this.#primary.manifests.get(repository, node.digest, {
      descriptorMediaType: node.mediaType,
    });
    if (document.kind === 'image')
      return (await this.#isWantedImage(repository, document)) ? AS_IS : NO_MATCH;
    if (document.kind !== 'index' || depth > DEEPEST || isNoImageIndex(document)) return AS_IS;
    return await this.#filterIndex(repository, document, depth);
  }

  async #filterIndex(
    repository: RepositoryName,
    document: ManifestDocument,
    depth: number,
  ): Promise<FilteredContent> {
    const children = document.view.manifests ?? [];
    const contents = new Map<Digest, FilteredContent>();
    for (const child of children) {
      if (attestedDigest(child) !== undefined || contents.has(child.digest)) continue;
      contents.set(child.digest, await this.#lookAtChild(repository, child, depth + 1));
    }
    const fates = children.map((child) => this.#fateOf(child, contents));
    return this.#policy.mode === 'sparse'
      ? toSparse(children, fates, contents)
      : toFiltered(document, fates, contents);
  }

  async #lookAtChild(repository: RepositoryName, child: Descriptor, depth: number): Promise<FilteredContent> {
    const kind = manifestKindOf(child.mediaType);
    if (kind === 'index') return await this.#look(repository, child, depth);
    if (kind === undefined && child.mediaType !== undefined) return AS_IS; // a layer or an artifact runs on no platform
    const { platform } = child;
    if (isNamed(platform)) return this.#isWanted(platform) ? AS_IS : NO_MATCH;
    // A child that names no platform: its own manifest and configuration tell.
    return await this.#look(repository, child, depth);
  }

  #fateOf(child: Descriptor, contents: ReadonlyMap<Digest, FilteredContent>): ChildFate {
    const attested = attestedDigest(child);
    const content = contents.get((attested ?? child.digest) as Digest);
    if (content === undefined || content.kind === 'no-match') return { kind: 'drop' };
    if (attested !== undefined || content.kind !== 'filtered') return { kind: 'keep' };
    const sizeBytes = content.documents.get(content.digest)?.raw.length ?? 0;
    return { kind: 'replace', digest: content.digest, sizeBytes };
  }

  async #isWantedImage(repository: RepositoryName, document: ManifestDocument): Promise<boolean> {
    const { config } = document.view;
    if (!config || !isImageConfiguration(config.mediaType)) return true;
    const platform = await this.#readPlatform(repository, config);
    // A configuration without a platform is that of no image that could run on the wrong one (cosign's signatures leave it empty).
    return !isNamed(platform) || this.#isWanted(platform);
  }

  async #readPlatform(repository: RepositoryName, config: Descriptor): Promise<Platform | undefined> {
    const bytes = await readConfiguration(this.#primary, repository, config.digest);
    const parsed = parsePlatform(bytes ?? new Uint8Array());
    return parsed.success ? parsed.data : undefined;
  }

  #isWanted(platform: Platform): boolean {
    return this.#policy.platforms.some((selector) => matchesPlatform(selector, platform));
  }
}

const AS_IS: FilteredContent = { kind: 'as-is' };
const NO_MATCH: FilteredContent = { kind: 'no-match' };

/** BuildKit writes `unknown/unknown` for what runs nowhere, cosign leaves both empty. */
function isNamed(platform: Platform | null | undefined): platform is Platform {
  return [platform?.os, platform?.architecture].every((name) => Boolean(name) && name !== 'unknown');
}

function parsePlatform(bytes: Uint8Array): z.ZodSafeParseResult<Platform> {
  try {
    return Platform.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return Platform.safeParse(undefined);
  }
}

/** An empty index, and BuildKit's caches, whose entries are layers: there is nothing in them to choose from. */
function isNoImageIndex(document: ManifestDocument): boolean {
  return (document.view.manifests ?? []).every(
    ({ mediaType }) => mediaType !== undefined && manifestKindOf(mediaType) === undefined,
  );
}

function toFiltered(
  document: ManifestDocument,
  fates: readonly ChildFate[],
  contents: ReadonlyMap<Digest, FilteredContent>,
): FilteredContent {
  const filtered = filterIndex(document, fates);
  if (filtered === undefined) return NO_MATCH;
  if (filtered === document) return AS_IS;
  const documents = new Map([[filtered.digest, filtered]]);
  for (const content of contents.values()) {
    if (content.kind === 'filtered')
      for (const [digest, nested] of content.documents) documents.set(digest, nested);
  }
  return { kind: 'filtered', digest: filtered.digest, documents };
}

function toSparse(
  children: readonly Descriptor[],
  fates: readonly ChildFate[],
  contents: ReadonlyMap<Digest, FilteredContent>,
): FilteredContent {
  if (fates.every(({ kind }) => kind === 'drop')) return NO_MATCH;
  const leftOut = new Set(
    children.filter((_child, position) => fates[position]?.kind === 'drop').map(({ digest }) => digest),
  );
  for (const content of contents.values()) {
    if (content.kind === 'sparse') for (const digest of content.leftOut) leftOut.add(digest);
  }
  return leftOut.size === 0 ? AS_IS : { kind: 'sparse', leftOut };
}
