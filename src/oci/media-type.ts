export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const SCHEMA1_SIGNED = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
export const SCHEMA1 = 'application/vnd.docker.distribution.manifest.v1+json';
export const OCI_ARTIFACT = 'application/vnd.oci.artifact.manifest.v1+json';
export const OCI_EMPTY = 'application/vnd.oci.empty.v1+json';

/** The kinds of manifest that are walked differently. Docker's manifest list is an index, its schema 2 an image. */
export type ManifestKind = 'index' | 'image' | 'artifact' | 'schema1';

const KIND_BY_MEDIA_TYPE: ReadonlyMap<string, ManifestKind> = new Map([
  [OCI_MANIFEST, 'image'],
  [DOCKER_MANIFEST, 'image'],
  [OCI_INDEX, 'index'],
  [DOCKER_LIST, 'index'],
  [OCI_ARTIFACT, 'artifact'],
  [SCHEMA1_SIGNED, 'schema1'],
  [SCHEMA1, 'schema1'],
]);

/**
 * The one Accept header of every manifest request, to either side.
 *
 * A registry hides what is not named here: distribution answers 404 MANIFEST_UNKNOWN to an OCI index, and hands out the
 * linux/amd64 child (with the child's digest) for a Docker list. Asking narrowly made GitLab Geo skip 52 of 62 tags
 * (gitlab#600486). OCI first, schema 1 last, so that a registry that converts on the fly has no reason to.
 */
export const MANIFEST_ACCEPT = [
  OCI_INDEX,
  OCI_MANIFEST,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_ARTIFACT,
  SCHEMA1_SIGNED,
  SCHEMA1,
].join(', ');

/** The kind that a media type names, or `undefined` for one that is no manifest type known here. */
export function manifestKindOf(mediaType: string | undefined): ManifestKind | undefined {
  return mediaType === undefined ? undefined : KIND_BY_MEDIA_TYPE.get(mediaType);
}

const IMAGE_CONFIGURATIONS: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

/** Whether a configuration of this type is that of an image, with its platform and the time at which it was built. */
export function isImageConfiguration(mediaType: string | undefined): boolean {
  return mediaType !== undefined && IMAGE_CONFIGURATIONS.has(mediaType);
}

/** A Content-Type header without its parameters, lower case; `undefined` when there is none. */
export function essenceOf(contentType: string | undefined): string | undefined {
  const essence = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  return essence === '' ? undefined : essence;
}
