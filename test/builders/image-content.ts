import {
  blobOf,
  contentOf,
  descriptorOf,
  manifestOf,
  type BuiltBlob,
  type BuiltContent,
  type BuiltManifest,
  type JsonObject,
} from './built-content.ts';
import { gzipOf, tarOf } from './layer-archive.ts';
import { mediaTypes } from './media-types.ts';
import { seededRandom } from './seeded-random.ts';

export interface BuiltPlatform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

export const amd64: BuiltPlatform = { architecture: 'amd64', os: 'linux' };
export const arm64: BuiltPlatform = { architecture: 'arm64', os: 'linux', variant: 'v8' };

/** A layer with the digest of its uncompressed archive, which the configuration names. */
export interface BuiltLayer {
  readonly blob: BuiltBlob;
  readonly diffId: string;
}

export interface ImageParts {
  readonly config: BuiltBlob;
  readonly layers: readonly BuiltBlob[];
}

type Family = 'oci' | 'docker';

const familyTypes = {
  oci: { manifest: mediaTypes.ociManifest, config: mediaTypes.ociConfig, layer: mediaTypes.ociLayer },
  docker: {
    manifest: mediaTypes.dockerManifest,
    config: mediaTypes.dockerConfig,
    layer: mediaTypes.dockerLayer,
  },
} as const;

/** A layer that engines can unpack: a gzipped tar with one file of the given number of bytes. */
export function layerOf(seed: string, sizeBytes = 600, family: Family = 'oci'): BuiltLayer {
  const archive = tarOf(
    `data/${seed.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 80)}`,
    seededRandom(seed).bytes(sizeBytes),
  );
  const diffId = blobOf('', archive).digest;
  return { blob: blobOf(familyTypes[family].layer, gzipOf(archive)), diffId };
}

/** The configuration blob of an image; the label carries the seed, so that two seeds never share one. */
export function configOf(
  seed: string,
  layers: readonly BuiltLayer[],
  platform: BuiltPlatform = amd64,
  family: Family = 'oci',
): BuiltBlob {
  const document = {
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    config: { Labels: { seed } },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map(() => ({ created_by: 'test' })),
  };
  return blobOf(familyTypes[family].config, Buffer.from(JSON.stringify(document)));
}

/** Configuration and two layers of an image. */
export function imageParts(
  seed: string,
  platform: BuiltPlatform = amd64,
  family: Family = 'oci',
): ImageParts {
  const layers = [layerOf(`${seed}/layer-1`, 600, family), layerOf(`${seed}/layer-2`, 900, family)];
  return { config: configOf(seed, layers, platform, family), layers: layers.map((layer) => layer.blob) };
}

/** The manifest of an image with its `mediaType` field. */
export function imageManifest(
  parts: ImageParts,
  family: Family = 'oci',
  fields: JsonObject = {},
): BuiltManifest {
  const mediaType = familyTypes[family].manifest;
  return manifestOf(mediaType, { schemaVersion: 2, mediaType, ...imageBody(parts), ...fields });
}

function imageBody(parts: ImageParts): JsonObject {
  return { config: descriptorOf(parts.config), layers: parts.layers.map((layer) => descriptorOf(layer)) };
}

function contentOfParts(parts: ImageParts, manifest: BuiltManifest): BuiltContent {
  return contentOf(manifest, [parts.config, ...parts.layers]);
}

export function ociImage(seed: string, platform: BuiltPlatform = amd64): BuiltContent {
  const parts = imageParts(seed, platform);
  return contentOfParts(parts, imageManifest(parts));
}

/** The field is optional in the image specification, and buildah leaves it out. */
export function ociImageWithoutMediaType(seed: string, platform: BuiltPlatform = amd64): BuiltContent {
  const parts = imageParts(seed, platform);
  return contentOfParts(parts, manifestOf(mediaTypes.ociManifest, { schemaVersion: 2, ...imageBody(parts) }));
}

export function dockerImage(seed: string, platform: BuiltPlatform = amd64): BuiltContent {
  const parts = imageParts(seed, platform, 'docker');
  return contentOfParts(parts, imageManifest(parts, 'docker'));
}

export function imageWithEmptyLayers(seed: string): BuiltContent {
  const parts: ImageParts = { config: configOf(seed, []), layers: [] };
  return contentOfParts(parts, imageManifest(parts));
}

export function imageWithoutLayers(seed: string): BuiltContent {
  const config = configOf(seed, []);
  const body = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: descriptorOf(config) };
  return contentOf(manifestOf(mediaTypes.ociManifest, body), [config]);
}

export function imageWithNullLayers(seed: string): BuiltContent {
  const parts: ImageParts = { config: configOf(seed, []), layers: [] };
  return contentOfParts(parts, imageManifest(parts, 'oci', { layers: null }));
}

/** The same layer twice, as images with two empty steps have it. */
export function imageWithDuplicateLayers(seed: string): BuiltContent {
  const layer = layerOf(seed);
  const parts: ImageParts = { config: configOf(seed, [layer, layer]), layers: [layer.blob, layer.blob] };
  return contentOfParts(parts, imageManifest(parts));
}

/** A Windows-style base layer that lives elsewhere: the registry never gets its bytes. */
export function imageWithForeignLayer(seed: string): BuiltContent {
  const parts = imageParts(seed, { architecture: 'amd64', os: 'windows' }, 'docker');
  const foreign = blobOf(mediaTypes.dockerForeignLayer, seededRandom(`${seed}/foreign`).bytes(500));
  const urls = [`https://layers.example.com/${foreign.digest}`];
  const layers = [descriptorOf(foreign, { urls }), ...parts.layers.map((layer) => descriptorOf(layer))];
  return contentOfParts(parts, imageManifest(parts, 'docker', { layers }));
}

/** Registries take this: the configuration's descriptor says one byte more than there is. */
export function imageWithWrongSize(seed: string): BuiltContent {
  const parts = imageParts(seed);
  const config = { ...descriptorOf(parts.config), size: parts.config.bytes.length + 1 };
  return contentOfParts(parts, imageManifest(parts, 'oci', { config }));
}

/** A manifest of more than 4 MiB, the limit of distribution and the one that the product reads by default. */
export function oversizedImage(seed: string): BuiltContent {
  const parts = imageParts(seed);
  const annotations = { 'org.example.padding': 'x'.repeat(4 * 1024 * 1024) };
  return contentOfParts(parts, imageManifest(parts, 'oci', { annotations }));
}
