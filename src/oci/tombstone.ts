import { digestOf, type Digest } from './digest.ts';
import { parseManifest, type ManifestDocument } from './manifest.ts';
import { OCI_EMPTY, OCI_MANIFEST } from './media-type.ts';
import type { Tag } from './reference.ts';

/** What tells a tombstone from content, also years after the process that wrote it died. */
const TOMBSTONE_ARTIFACT_TYPE = 'application/vnd.geo-reconciler.tombstone.v1';

/** The empty JSON object, `{}`: configuration and only layer of a tombstone. */
export const EMPTY_BLOB: Uint8Array = Buffer.from('{}');
export const EMPTY_BLOB_DIGEST: Digest = digestOf(EMPTY_BLOB);

/**
 * A manifest whose digest no other tag can have, put under a tag in order to delete that digest.
 *
 * @param id unique per tombstone; chance is the caller's.
 */
export function buildTombstone(tag: Tag, id: string): ManifestDocument {
  const empty = { mediaType: OCI_EMPTY, digest: EMPTY_BLOB_DIGEST, size: EMPTY_BLOB.length };
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: TOMBSTONE_ARTIFACT_TYPE,
    config: empty,
    layers: [empty],
    annotations: { 'vnd.geo-reconciler.tombstone.id': id, 'vnd.geo-reconciler.tombstone.tag': tag },
  };
  return parseManifest(Buffer.from(JSON.stringify(manifest)));
}

export function isTombstone(document: ManifestDocument): boolean {
  return document.view.artifactType === TOMBSTONE_ARTIFACT_TYPE;
}
