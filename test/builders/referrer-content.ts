import { emptyBlob } from './artifact-content.ts';
import {
  blobOf,
  contentOf,
  descriptorOf,
  manifestOf,
  type BuiltContent,
  type BuiltManifest,
} from './built-content.ts';
import { amd64, configOf, ociImage, type BuiltPlatform } from './image-content.ts';
import { mediaTypes } from './media-types.ts';
import { seededRandom } from './seeded-random.ts';

/** The artifact type of the referrers that are built here. */
const reportArtifactType = 'application/vnd.example.report';

/** A referrer alone: an artifact whose `subject` is the given manifest, which is not part of the content. */
export function referrerOf(seed: string, subject: BuiltManifest): BuiltContent {
  const layer = blobOf('application/vnd.example.report.v1', seededRandom(seed).bytes(300));
  const body = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: reportArtifactType,
    config: descriptorOf(emptyBlob),
    layers: [descriptorOf(layer)],
    subject: descriptorOf(subject),
    annotations: { 'org.example.seed': seed },
  };
  return contentOf(manifestOf(mediaTypes.ociManifest, body), [emptyBlob, layer]);
}

/** A referrer as root, its subject pushed before it. */
export function referrerWithSubject(seed: string): BuiltContent {
  const image = ociImage(`${seed}/subject`);
  const referrer = referrerOf(seed, image.root);
  return contentOf(referrer.root, referrer.blobs, [image]);
}

/** A referrer whose subject exists nowhere; OCI 1.1 allows it. */
export function referrerWithDanglingSubject(seed: string): BuiltContent {
  return referrerOf(seed, ociImage(`${seed}/absent`).root);
}

/** The name of the referrers tag of OCI 1.1, for a registry without the referrers API. */
export function referrersTagOf(manifest: BuiltManifest): string {
  return manifest.digest.replace(':', '-');
}

/** The tags under which cosign keeps what belongs to an image. */
export function cosignTagOf(manifest: BuiltManifest, suffix: 'sig' | 'att' | 'sbom'): string {
  return `${referrersTagOf(manifest)}.${suffix}`;
}

/** An image with two referrers and the referrers tag that lists them; the image is the root. */
export function imageWithReferrersTag(seed: string): BuiltContent {
  const image = ociImage(`${seed}/image`);
  const referrers = [referrerOf(`${seed}/first`, image.root), referrerOf(`${seed}/second`, image.root)];
  const manifests = referrers.map((referrer) =>
    descriptorOf(referrer.root, { artifactType: reportArtifactType }),
  );
  const mediaType = mediaTypes.ociIndex;
  const list = manifestOf(mediaType, { schemaVersion: 2, mediaType, manifests });
  const content = contentOf(image.root, image.blobs, [image, ...referrers]);
  // The image is the root and the list refers to referrers only, so the list is pushed as a tag of its own.
  return { ...content, tags: [{ tag: referrersTagOf(image.root), manifest: list }] };
}

/** An image with a cosign-style signature under its `.sig` tag; the image is the root. */
export function imageWithCosignSignature(seed: string, platform: BuiltPlatform = amd64): BuiltContent {
  const image = ociImage(`${seed}/image`, platform);
  const payload = blobOf(
    mediaTypes.cosignSignature,
    Buffer.from(
      JSON.stringify({
        critical: { image: { 'docker-manifest-digest': image.root.digest } },
        optional: null,
      }),
    ),
  );
  const config = configOf(`${seed}/signature`, []);
  const annotations = {
    'dev.cosignproject.cosign/signature': seededRandom(seed).bytes(70).toString('base64'),
  };
  const signature = manifestOf(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf(config),
    layers: [descriptorOf(payload, { annotations })],
  });
  const content = contentOf(image.root, [config, payload], [image]);
  return { ...content, tags: [{ tag: cosignTagOf(image.root, 'sig'), manifest: signature }] };
}
