import { isForeignLayer, type Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import type { ManifestDocument } from './manifest.ts';
import { manifestKindOf } from './media-type.ts';

/** A child manifest of an index. */
export interface ManifestSuccessor {
  readonly digest: Digest;
  readonly mediaType: string | undefined;
  readonly sizeBytes: number | undefined;
}

/** A configuration, a layer or any other opaque content. */
export interface BlobSuccessor {
  readonly digest: Digest;
  readonly sizeBytes: number | undefined;
  /** `foreign` content may be missing from the primary without being missed. */
  readonly demand: 'required' | 'foreign';
}

/** Everything that a manifest points at, each digest once, in order of first appearance. */
export interface Successors {
  readonly manifests: readonly ManifestSuccessor[];
  readonly blobs: readonly BlobSuccessor[];
  /** Children whose type says neither: asked for as a manifest first, then as a blob. */
  readonly undecided: readonly ManifestSuccessor[];
  /** The manifest that this one refers to; it may legally be missing. */
  readonly subject: ManifestSuccessor | undefined;
}

/** What an entry of a BuildKit cache index looks like; its siblings are layers, not manifests. */
const BUILDKIT_CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0';

/**
 * The nodes below a manifest. Duplicate descriptors are legal (Quay broke on them) and are followed once.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md
 */
export function successorsOf(document: ManifestDocument): Successors {
  const { view, kind } = document;
  const subject = view.subject ? toManifest(view.subject) : undefined;
  const none = { manifests: [], blobs: [], undecided: [], subject };
  switch (kind) {
    case 'index':
      return { ...none, ...childrenOfIndex(view.manifests ?? []) };
    case 'image':
      return { ...none, blobs: uniqueBlobs([...(view.config ? [view.config] : []), ...(view.layers ?? [])]) };
    case 'artifact':
      return { ...none, blobs: uniqueBlobs(view.blobs ?? []) };
    case 'schema1':
      return {
        ...none,
        blobs: uniqueBlobs((view.fsLayers ?? []).map((layer) => ({ digest: layer.blobSum }))),
      };
  }
}

function childrenOfIndex(
  children: readonly Descriptor[],
): Pick<Successors, 'manifests' | 'blobs' | 'undecided'> {
  const isBuildKitCache = children.some((child) => child.mediaType === BUILDKIT_CACHE_CONFIG);
  const manifests: Descriptor[] = [];
  const blobs: Descriptor[] = [];
  const undecided: Descriptor[] = [];
  for (const child of uniqueByDigest(children)) {
    if (manifestKindOf(child.mediaType) !== undefined) manifests.push(child);
    else if (isBuildKitCache || isBlobType(child.mediaType)) blobs.push(child);
    else undecided.push(child);
  }
  return {
    manifests: manifests.map(toManifest),
    blobs: blobs.map(toBlob),
    undecided: undecided.map(toManifest),
  };
}

/** Layer and configuration types; an index lists such entries in BuildKit's caches and in the artifacts of some tools. */
function isBlobType(mediaType: string | undefined): boolean {
  return (
    mediaType !== undefined && (/\.(?:layer|rootfs|config)\./.test(mediaType) || mediaType.includes('.tar'))
  );
}

function uniqueBlobs(descriptors: readonly Descriptor[]): BlobSuccessor[] {
  return uniqueByDigest(descriptors).map(toBlob);
}

function uniqueByDigest(descriptors: readonly Descriptor[]): Descriptor[] {
  const seen = new Map<Digest, Descriptor>();
  for (const descriptor of descriptors)
    if (!seen.has(descriptor.digest)) seen.set(descriptor.digest, descriptor);
  return [...seen.values()];
}

function toManifest({ digest, mediaType, size }: Descriptor): ManifestSuccessor {
  return { digest, mediaType, sizeBytes: size };
}

function toBlob(descriptor: Descriptor): BlobSuccessor {
  return {
    digest: descriptor.digest,
    sizeBytes: descriptor.size,
    demand: isForeignLayer(descriptor) ? 'foreign' : 'required',
  };
}
