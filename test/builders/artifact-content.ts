import {
  blobOf,
  contentOf,
  descriptorOf,
  manifestOf,
  type BuiltBlob,
  type BuiltContent,
} from './built-content.ts';
import { mediaTypes } from './media-types.ts';
import { seededRandom } from './seeded-random.ts';

/** The two bytes that stand for "no configuration" (OCI image specification, "Guidance for an Empty Descriptor"). */
export const emptyBlob: BuiltBlob = blobOf(mediaTypes.ociEmpty, Buffer.from('{}'));

/** A chart-like artifact: a configuration and a layer of types that no registry knows. */
export function artifactWithUnknownTypes(seed: string): BuiltContent {
  const config = blobOf(
    'application/vnd.example.chart.config.v1+json',
    Buffer.from(JSON.stringify({ name: seed })),
  );
  const layer = blobOf('application/vnd.example.chart.content.v1.tar+gzip', seededRandom(seed).bytes(400));
  const body = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf(config),
    layers: [descriptorOf(layer)],
    annotations: { 'org.opencontainers.image.title': seed },
  };
  return contentOf(manifestOf(mediaTypes.ociManifest, body), [config, layer]);
}

/** An artifact of OCI 1.1 with the empty descriptor as its configuration, its two bytes repeated inline. */
export function artifactWithEmptyConfig(seed: string): BuiltContent {
  const layer = blobOf('application/vnd.example.report.v1', seededRandom(seed).bytes(300));
  const body = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: 'application/vnd.example.report',
    config: descriptorOf(emptyBlob, { data: emptyBlob.bytes.toString('base64') }),
    layers: [descriptorOf(layer)],
  };
  return contentOf(manifestOf(mediaTypes.ociManifest, body), [emptyBlob, layer]);
}

/** The artifact manifest that OCI 1.1 had in its release candidates and dropped: `blobs`, no configuration. */
export function ociArtifactManifest(seed: string): BuiltContent {
  const mediaType = mediaTypes.ociArtifactManifest;
  const blob = blobOf('application/vnd.example.report.v1', seededRandom(seed).bytes(300));
  const body = { mediaType, artifactType: 'application/vnd.example.report', blobs: [descriptorOf(blob)] };
  return contentOf(manifestOf(mediaType, body), [blob]);
}
