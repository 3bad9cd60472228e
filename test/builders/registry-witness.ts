import { digestOf } from './built-content.ts';
import { mediaTypes } from './media-types.ts';
import {
  errorCodeOf,
  expectStatus,
  sendRequest,
  UnexpectedAnswerError,
  type RegistryEndpoint,
} from './registry-request.ts';

/** Everything that a manifest can be; distribution hides what is not listed (404, or another platform's child). */
const acceptedTypes = [
  mediaTypes.ociIndex,
  mediaTypes.ociManifest,
  mediaTypes.dockerList,
  mediaTypes.dockerManifest,
  mediaTypes.ociArtifactManifest,
  mediaTypes.schema1Signed,
  mediaTypes.schema1,
].join(', ');

export interface WitnessedManifest {
  readonly mediaType: string;
  /** SHA-256 of the bytes, computed here. */
  readonly digest: string;
  readonly bytes: Buffer;
}

/** Names of all repositories in the catalog, over all its pages. */
export async function listRepositories(registry: RegistryEndpoint): Promise<string[]> {
  return await readPages(registry, '/v2/_catalog?n=1000', 'repositories');
}

/** Names of all tags of a repository, over all pages; empty where the repository does not exist. */
export async function listTags(registry: RegistryEndpoint, repository: string): Promise<string[]> {
  try {
    return await readPages(registry, `/v2/${repository}/tags/list`, 'tags');
  } catch (error) {
    if (error instanceof UnexpectedAnswerError && error.status === 404 && error.code === 'NAME_UNKNOWN')
      return [];
    throw error;
  }
}

/** Every tag with the digest that a HEAD tells; null for a listed tag whose manifest is gone (MANIFEST_UNKNOWN). */
export async function readTagMap(
  registry: RegistryEndpoint,
  repository: string,
): Promise<Map<string, string | null>> {
  const tags = await listTags(registry, repository);
  const entries = await Promise.all(
    tags.map(async (tag): Promise<[string, string | null]> => [
      tag,
      await readDigest(registry, repository, tag),
    ]),
  );
  return new Map(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The digest of a tag as a HEAD tells it, or null where there is no such tag. */
export async function readDigest(
  registry: RegistryEndpoint,
  repository: string,
  tag: string,
): Promise<string | null> {
  const path = `/v2/${repository}/manifests/${tag}`;
  const headers = { accept: acceptedTypes };
  const response = await expectStatus(registry, { method: 'HEAD', path, headers }, 200, 404);
  if (response.status === 404) return null;
  const digest = response.headers['docker-content-digest'];
  if (typeof digest !== 'string') throw new Error(`HEAD ${path}: no Docker-Content-Digest`);
  return digest;
}

/** A manifest's bytes by tag or digest, or undefined where a registry's JSON says that it is unknown. */
export async function readManifest(
  registry: RegistryEndpoint,
  repository: string,
  reference: string,
): Promise<WitnessedManifest | undefined> {
  const request = {
    method: 'GET',
    path: `/v2/${repository}/manifests/${reference}`,
    headers: { accept: acceptedTypes },
  } as const;
  const response = await sendRequest(registry, request);
  const isUnknown = ['MANIFEST_UNKNOWN', 'NAME_UNKNOWN'].includes(errorCodeOf(response.body));
  if (response.status === 404 && isUnknown) return undefined;
  if (response.status !== 200) throw new UnexpectedAnswerError(request, response);
  const mediaType = response.headers['content-type'] ?? '';
  return { mediaType, digest: digestOf(response.body), bytes: response.body };
}

/** A blob's bytes, or undefined where the repository does not have it. */
export async function readBlob(
  registry: RegistryEndpoint,
  repository: string,
  digest: string,
): Promise<Buffer | undefined> {
  const path = `/v2/${repository}/blobs/${digest}`;
  const response = await expectStatus(registry, { method: 'GET', path }, 200, 404);
  return response.status === 200 ? response.body : undefined;
}

/** Whether the repository has the blob. */
export async function hasBlob(
  registry: RegistryEndpoint,
  repository: string,
  digest: string,
): Promise<boolean> {
  const path = `/v2/${repository}/blobs/${digest}`;
  const response = await expectStatus(registry, { method: 'HEAD', path }, 200, 404);
  return response.status === 200;
}

async function readPages(
  registry: RegistryEndpoint,
  firstPath: string,
  field: 'repositories' | 'tags',
): Promise<string[]> {
  const names: string[] = [];
  for (let path: string | undefined = firstPath; path !== undefined;) {
    const response = await expectStatus(registry, { method: 'GET', path }, 200);
    const page = JSON.parse(response.body.toString('utf8')) as Record<typeof field, string[] | null>;
    names.push(...(page[field] ?? []));
    // One link with rel="next" is all that registries send.
    path = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(response.headers.link ?? ''))?.[1];
  }
  return names;
}
