import {
  blobOf,
  contentOf,
  descriptorOf,
  digestOf,
  manifestOf,
  type BuiltContent,
  type BuiltDescriptor,
  type BuiltManifest,
  type JsonObject,
} from './built-content.ts';
import {
  amd64,
  arm64,
  dockerImage,
  imageManifest,
  imageParts,
  ociImage,
  ociImageWithoutMediaType,
  type BuiltPlatform,
} from './image-content.ts';
import { mediaTypes } from './media-types.ts';

/** An index over finished parts, with or without its own `mediaType` field. */
export function indexOver(
  parts: readonly BuiltContent[],
  descriptors: readonly BuiltDescriptor[],
): BuiltContent {
  const mediaType = mediaTypes.ociIndex;
  return contentOf(manifestOf(mediaType, { schemaVersion: 2, mediaType, manifests: descriptors }), [], parts);
}

function childOf(part: BuiltContent, platform: BuiltPlatform): BuiltDescriptor {
  return descriptorOf(part.root, { platform });
}

export function ociIndex(seed: string): BuiltContent {
  const parts = [ociImage(`${seed}/amd64`, amd64), ociImage(`${seed}/arm64`, arm64)] as const;
  return indexOver(parts, [childOf(parts[0], amd64), childOf(parts[1], arm64)]);
}

export function dockerManifestList(seed: string): BuiltContent {
  const parts = [dockerImage(`${seed}/amd64`, amd64), dockerImage(`${seed}/arm64`, arm64)] as const;
  const mediaType = mediaTypes.dockerList;
  const manifests = [childOf(parts[0], amd64), childOf(parts[1], arm64)];
  return contentOf(manifestOf(mediaType, { schemaVersion: 2, mediaType, manifests }), [], parts);
}

/** What buildah writes: neither the index nor its children say what they are; only the descriptors do. */
export function indexWithoutMediaType(seed: string): BuiltContent {
  const parts = [
    ociImageWithoutMediaType(`${seed}/amd64`, amd64),
    ociImageWithoutMediaType(`${seed}/arm64`, arm64),
  ] as const;
  const manifests = [childOf(parts[0], amd64), childOf(parts[1], arm64)];
  return contentOf(manifestOf(mediaTypes.ociIndex, { schemaVersion: 2, manifests }), [], parts);
}

/** Legal, and real (containerd#5379; public images list each of their children twice). */
export function indexWithDuplicates(seed: string): BuiltContent {
  const parts = [ociImage(`${seed}/amd64`, amd64), ociImage(`${seed}/arm64`, arm64)] as const;
  const manifests = [childOf(parts[0], amd64), childOf(parts[1], arm64)];
  return indexOver(parts, [...manifests, ...manifests]);
}

export function nestedIndex(seed: string): BuiltContent {
  const inner = ociIndex(`${seed}/inner`);
  const image = ociImage(`${seed}/image`);
  return indexOver([inner, image], [descriptorOf(inner.root), childOf(image, amd64)]);
}

export function emptyIndex(seed: string): BuiltContent {
  const annotations = { 'org.example.seed': seed };
  const mediaType = mediaTypes.ociIndex;
  return contentOf(manifestOf(mediaType, { schemaVersion: 2, mediaType, manifests: [], annotations }), []);
}

/** A list of Docker's type with one OCI child, as tools that mix builders write it. */
export function mixedManifestList(seed: string): BuiltContent {
  const parts = [dockerImage(`${seed}/docker`, amd64), ociImage(`${seed}/oci`, arm64)] as const;
  const mediaType = mediaTypes.dockerList;
  const manifests = [childOf(parts[0], amd64), childOf(parts[1], arm64)];
  return contentOf(manifestOf(mediaType, { schemaVersion: 2, mediaType, manifests }), [], parts);
}

/** What BuildKit writes with provenance on: an image and its attestation, which has no platform. */
export function indexWithAttestation(seed: string): BuiltContent {
  const image = ociImage(`${seed}/amd64`, amd64);
  const attestation = attestationFor(seed, image.root);
  const annotations = {
    'vnd.docker.reference.digest': image.root.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  const platform = { architecture: 'unknown', os: 'unknown' };
  return indexOver(
    [image, attestation],
    [childOf(image, amd64), descriptorOf(attestation.root, { annotations, platform })],
  );
}

/** The attestation alone: an image whose only layer is an in-toto statement about the given manifest. */
export function attestationFor(seed: string, about: BuiltManifest): BuiltContent {
  const statement = blobOf(
    mediaTypes.inTotoStatement,
    Buffer.from(
      JSON.stringify({ _type: 'https://in-toto.io/Statement/v0.1', subject: [about.digest], seed }),
    ),
  );
  const config = blobOf(
    mediaTypes.ociConfig,
    Buffer.from(
      JSON.stringify({
        architecture: 'unknown',
        os: 'unknown',
        config: {},
        rootfs: { type: 'layers', diff_ids: [statement.digest] },
      }),
    ),
  );
  const annotations = { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' };
  const body = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf(config),
    layers: [descriptorOf(statement, { annotations })],
  };
  return contentOf(manifestOf(mediaTypes.ociManifest, body), [config, statement]);
}

/** BuildKit's cache export: an index whose children are blobs, not manifests. */
export function buildkitCacheIndex(seed: string): BuiltContent {
  const parts = imageParts(seed);
  const cacheConfig = blobOf(
    mediaTypes.buildkitCacheConfig,
    Buffer.from(JSON.stringify({ layers: [], records: [], seed })),
  );
  const mediaType = mediaTypes.ociIndex;
  const manifests = [...parts.layers, cacheConfig].map((blob) => descriptorOf(blob));
  const body = { schemaVersion: 2, mediaType, manifests };
  return contentOf(manifestOf(mediaType, body), [...parts.layers, cacheConfig]);
}

/** A child named by its SHA-512, which OCI allows and few registries take. */
export function indexWithSha512Child(seed: string): BuiltContent {
  const image = ociImage(`${seed}/amd64`, amd64);
  const child: BuiltManifest = { ...image.root, digest: digestOf(image.root.bytes, 'sha512') };
  const part: BuiltContent = { ...image, root: child, manifests: [child] };
  return indexOver([part], [descriptorOf(child, { platform: amd64 })]);
}

/** Both an index and an image: what a reader sees depends on where it looks (CVE-2021-41190). */
export function ambiguousManifest(seed: string): BuiltContent {
  const image = ociImage(`${seed}/hidden`);
  const parts = imageParts(seed);
  const manifests = [childOf(image, amd64)];
  return contentOf(imageManifest(parts, 'oci', { manifests }), [parts.config, ...parts.layers], [image]);
}

/** An index that a registry must refuse: one child was never pushed. */
export function indexWithMissingChild(seed: string): BuiltContent {
  const present = ociImage(`${seed}/present`, amd64);
  const absent = ociImage(`${seed}/absent`, arm64);
  return indexOver([present], [childOf(present, amd64), childOf(absent, arm64)]);
}

/** The descriptor of a child says one byte more than the child has. */
export function indexWithWrongSize(seed: string): BuiltContent {
  const image = ociImage(`${seed}/amd64`, amd64);
  const wrong: JsonObject = { size: image.root.bytes.length + 1, platform: amd64 };
  return indexOver([image], [descriptorOf(image.root, wrong)]);
}
