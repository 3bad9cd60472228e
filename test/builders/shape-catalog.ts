import {
  artifactWithEmptyConfig,
  artifactWithUnknownTypes,
  ociArtifactManifest,
} from './artifact-content.ts';
import type { BuiltContent } from './built-content.ts';
import * as image from './image-content.ts';
import * as index from './index-content.ts';
import * as odd from './odd-json-content.ts';
import * as referrer from './referrer-content.ts';
import { schema1Image } from './schema1-content.ts';

/**
 * What a registry does with a shape: takes it as it comes from the box, takes it with `permissiveConfiguration`, or
 * refuses it with the error code given.
 */
type Acceptance = 'accepted' | 'configured' | { readonly refusedWith: string };

export interface CatalogShape {
  /** Valid as a tag and as the last part of a repository name. */
  readonly name: string;
  readonly build: (seed: string) => BuiltContent;
  /** Observed with 2.8.2 and 3.1.1. */
  readonly acceptance: Readonly<Record<'distribution2' | 'distribution3', Acceptance>>;
}

/** Settings with which distribution takes layers with `urls` and (version 2 only) schema 1. */
export const permissiveConfiguration = {
  compatibility: { schema1: { enabled: true } },
  validation: { manifests: { urls: { allow: ['^https://'] } } },
} as const;

function accepted(name: string, build: CatalogShape['build']): CatalogShape {
  return { name, build, acceptance: { distribution2: 'accepted', distribution3: 'accepted' } };
}

function refused(name: string, build: CatalogShape['build'], refusedWith: string): CatalogShape {
  return { name, build, acceptance: { distribution2: { refusedWith }, distribution3: { refusedWith } } };
}

/** Every shape that a registry may hold, and those that it should not take. */
export const shapeCatalog: readonly CatalogShape[] = [
  accepted('oci-image', image.ociImage),
  accepted('oci-image-without-media-type', image.ociImageWithoutMediaType),
  accepted('docker-image', image.dockerImage),
  accepted('image-with-empty-layers', image.imageWithEmptyLayers),
  accepted('image-without-layers', image.imageWithoutLayers),
  accepted('image-with-null-layers', image.imageWithNullLayers),
  accepted('image-with-duplicate-layers', image.imageWithDuplicateLayers),
  accepted('image-with-wrong-size', image.imageWithWrongSize),
  {
    name: 'image-with-foreign-layer',
    build: image.imageWithForeignLayer,
    acceptance: { distribution2: 'configured', distribution3: 'configured' },
  },
  refused('oversized-image', image.oversizedImage, 'MANIFEST_INVALID'),

  accepted('oci-index', index.ociIndex),
  accepted('docker-manifest-list', index.dockerManifestList),
  accepted('mixed-manifest-list', index.mixedManifestList),
  accepted('index-without-media-type', index.indexWithoutMediaType),
  accepted('index-with-duplicates', index.indexWithDuplicates),
  accepted('nested-index', index.nestedIndex),
  accepted('empty-index', index.emptyIndex),
  accepted('index-with-attestation', index.indexWithAttestation),
  accepted('index-with-wrong-size', index.indexWithWrongSize),
  accepted('buildkit-cache-index', index.buildkitCacheIndex),
  refused('index-with-sha512-child', index.indexWithSha512Child, 'DIGEST_INVALID'),
  refused('index-with-missing-child', index.indexWithMissingChild, 'MANIFEST_BLOB_UNKNOWN'),
  refused('ambiguous-manifest', index.ambiguousManifest, 'MANIFEST_INVALID'),

  accepted('artifact-with-unknown-types', artifactWithUnknownTypes),
  accepted('artifact-with-empty-config', artifactWithEmptyConfig),
  refused('oci-artifact-manifest', ociArtifactManifest, 'MANIFEST_INVALID'),

  accepted('referrer-with-subject', referrer.referrerWithSubject),
  accepted('referrer-with-dangling-subject', referrer.referrerWithDanglingSubject),
  accepted('image-with-referrers-tag', referrer.imageWithReferrersTag),
  accepted('image-with-cosign-signature', referrer.imageWithCosignSignature),

  accepted('pretty-printed-image', odd.prettyPrintedImage),
  accepted('reordered-image', odd.reorderedImage),
  accepted('escaped-image', odd.escapedImage),
  accepted('image-with-unknown-fields', odd.imageWithUnknownFields),
  accepted('image-with-duplicate-keys', odd.imageWithDuplicateKeys),
  accepted('image-with-big-numbers', odd.imageWithBigNumbers),
  refused('image-with-byte-order-mark', odd.imageWithByteOrderMark, 'MANIFEST_INVALID'),

  {
    name: 'schema1-image',
    build: schema1Image,
    acceptance: { distribution2: 'configured', distribution3: { refusedWith: 'MANIFEST_INVALID' } },
  },
];

/** The shapes that every distribution takes out of the box. */
export const everydayShapes: readonly CatalogShape[] = shapeCatalog.filter(
  (shape) => shape.acceptance.distribution2 === 'accepted' && shape.acceptance.distribution3 === 'accepted',
);
