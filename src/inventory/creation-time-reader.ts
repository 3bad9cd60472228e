import { annotatedCreationTime, configuredCreationTime } from '../oci/creation-time.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { FailureCode } from '../oci/failure-code.ts';
import { attestedDigest } from '../oci/filtered-index.ts';
import type { ManifestDocument } from '../oci/manifest.ts';
import { isImageConfiguration, manifestKindOf } from '../oci/media-type.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { CONFIGURATION_LIMIT_BYTES, readConfiguration } from './configuration-reader.ts';

/** When content was created; `null`: it does not say; `missing`: the registry has not got what would say. */
export type FoundCreationTime = Date | null | 'missing';

/** As deep as the copier goes. */
const DEEPEST = 8;

/** Manifests of one index that are asked; images for more platforms than this are not built. */
const MOST_MANIFESTS = 64;

/** Codes of bytes that are what the digest addresses and yet no manifest: they will never say anything. */
const SPEECHLESS: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'MANIFEST_INVALID',
  'AMBIGUOUS_MANIFEST',
  'UNSUPPORTED_MEDIA_TYPE',
  'MANIFEST_TOO_LARGE',
]);

/**
 * When the content of a digest was created: by the annotation of the manifest or index; else, of an image, by its configuration;
 * else, of an index, the last time that any of its children gives. An attestation is not asked: it is about an image, and
 * no part of one.
 *
 * @throws {RegistryError} where the registry does not give the answer, which is not the same as that there is none.
 */
export async function readCreationTime(
  client: RegistryClient,
  repository: RepositoryName,
  digest: Digest,
): Promise<FoundCreationTime> {
  return await new Walk(client, repository).look({ digest }, 0);
}

class Walk {
  readonly #client: RegistryClient;
  readonly #repository: RepositoryName;
  readonly #seen = new Set<Digest>();

  constructor(client: RegistryClient, repository: RepositoryName) {
    this.#client = client;
    this.#repository = repository;
  }

  async look(node: Descriptor, depth: number): Promise<FoundCreationTime> {
    this.#seen.add(node.digest);
    const document = await this.#read(node);
    if (document === null || document === 'missing') return document;
    const annotated = annotatedCreationTime(document);
    if (annotated !== undefined) return annotated;
    if (document.kind === 'image') return await this.#lookAtConfiguration(document);
    return document.kind === 'index' && depth < DEEPEST ? await this.#lookAtChildren(document, depth) : null;
  }

  async #read({ digest, mediaType }: Descriptor): Promise<ManifestDocument | null | 'missing'> {
    try {
      return await this.#client.manifests.get(this.#repository, digest, { descriptorMediaType: mediaType });
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      if (error.absent === 'manifest') return 'missing';
      if (SPEECHLESS.has(error.code)) return null;
      throw error;
    }
  }

  async #lookAtConfiguration({ view: { config } }: ManifestDocument): Promise<FoundCreationTime> {
    if (!config || !isImageConfiguration(config.mediaType)) return null;
    if ((config.size ?? 0) > CONFIGURATION_LIMIT_BYTES) return null;
    try {
      const bytes = await readConfiguration(this.#client, this.#repository, config.digest);
      return (bytes && configuredCreationTime(bytes)) ?? null;
    } catch (error) {
      if (error instanceof RegistryError && error.absent === 'blob') return 'missing';
      throw error;
    }
  }

  async #lookAtChildren(document: ManifestDocument, depth: number): Promise<FoundCreationTime> {
    let latest: FoundCreationTime = null;
    for (const child of document.view.manifests ?? []) {
      if (this.#seen.size > MOST_MANIFESTS) break;
      if (this.#seen.has(child.digest) || !isAsked(child)) continue;
      latest = later(latest, await this.look(child, depth + 1));
    }
    return latest;
  }
}

/** A layer in BuildKit's caches is no manifest. */
function isAsked(child: Descriptor): boolean {
  if (attestedDigest(child) !== undefined) return false;
  return child.mediaType === undefined || manifestKindOf(child.mediaType) !== undefined;
}

/** One child that says when is enough; without any, a child that is missing might have said it. */
function later(left: FoundCreationTime, right: FoundCreationTime): FoundCreationTime {
  if (left instanceof Date && right instanceof Date) return left >= right ? left : right;
  if (left instanceof Date) return left;
  if (right instanceof Date) return right;
  return left ?? right;
}
