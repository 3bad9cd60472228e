import type { BuiltBlob, BuiltContent, BuiltManifest } from './built-content.ts';
import { expectStatus, type RegistryEndpoint } from './registry-request.ts';

export interface PushOptions {
  /** Tag of the root; without one it is pushed by its digest only. */
  readonly tag?: string;
  /** Remembers what is where, so that a large push asks and uploads each blob once and mounts it elsewhere. */
  readonly ledger?: BlobLedger;
}

/** Repositories that are known to hold a blob, per digest; kept by the caller for one registry. */
export interface BlobLedger {
  readonly repositories: Map<string, Set<string>>;
  /**
   * The last transfer of each digest. They go one after the other: two at once would send a blob twice, and distribution
   * 2.8 answers 500 to a HEAD for a blob that another request is linking into the same repository.
   */
  readonly transfers: Map<string, Promise<void>>;
}

export function newBlobLedger(): BlobLedger {
  return { repositories: new Map(), transfers: new Map() };
}

/**
 * Pushes blobs, then manifests in their order, the root last, then the tags that the content brings along. Gives
 * back the digest of the root. Throws `UnexpectedAnswerError` where the registry refuses a part.
 */
export async function pushContent(
  registry: RegistryEndpoint,
  repository: string,
  content: BuiltContent,
  options: PushOptions = {},
): Promise<string> {
  for (const blob of content.blobs) await pushBlob(registry, repository, blob, options.ledger);
  for (const manifest of content.manifests) {
    const reference = manifest === content.root ? (options.tag ?? manifest.digest) : manifest.digest;
    await putManifest(registry, repository, reference, manifest);
  }
  for (const { tag, manifest } of content.tags) await putManifest(registry, repository, tag, manifest);
  return content.root.digest;
}

/** Puts a manifest that the repository may already hold under one more reference. */
export async function putManifest(
  registry: RegistryEndpoint,
  repository: string,
  reference: string,
  manifest: BuiltManifest,
): Promise<void> {
  const request = {
    method: 'PUT',
    path: `/v2/${repository}/manifests/${reference}`,
    headers: { 'content-type': manifest.mediaType },
    body: manifest.bytes,
  } as const;
  const response = await expectStatus(registry, request, 201);
  const answered = response.headers['docker-content-digest'];
  if (answered !== undefined && answered !== manifest.digest) {
    throw new Error(`the registry stored ${manifest.digest} as ${String(answered)}`);
  }
}

/** Points a tag at the content's root, which must have been pushed to this repository. */
export async function tagManifest(
  registry: RegistryEndpoint,
  repository: string,
  tag: string,
  content: BuiltContent,
): Promise<void> {
  await putManifest(registry, repository, tag, content.root);
}

/** Deletes a tag by name. Throws `UnexpectedAnswerError` where the registry refuses, as distribution 2 does. */
export async function deleteTag(registry: RegistryEndpoint, repository: string, tag: string): Promise<void> {
  await expectStatus(registry, { method: 'DELETE', path: `/v2/${repository}/manifests/${tag}` }, 202, 204);
}

/** Deletes a manifest by digest, and with it every tag that points to it. */
export async function deleteManifest(
  registry: RegistryEndpoint,
  repository: string,
  digest: string,
): Promise<void> {
  await expectStatus(registry, { method: 'DELETE', path: `/v2/${repository}/manifests/${digest}` }, 202);
}

/** Uploads a blob unless the repository has it; with a ledger it is mounted from where it is known to be. */
export async function pushBlob(
  registry: RegistryEndpoint,
  repository: string,
  blob: BuiltBlob,
  ledger: BlobLedger = newBlobLedger(),
): Promise<void> {
  const holders = ledger.repositories.get(blob.digest) ?? new Set<string>();
  ledger.repositories.set(blob.digest, holders);
  if (holders.has(repository)) return;
  // No pause between the look at the last transfer and the note of this one.
  const last = ledger.transfers.get(blob.digest) ?? Promise.resolve();
  const transfer = last.then(() => transferBlob(registry, repository, blob, holders));
  ledger.transfers.set(blob.digest, transfer);
  await transfer;
}

async function transferBlob(
  registry: RegistryEndpoint,
  repository: string,
  blob: BuiltBlob,
  holders: Set<string>,
): Promise<void> {
  if (holders.has(repository)) return;
  const [origin] = holders;
  if (origin === undefined) await uploadUnlessPresent(registry, repository, blob);
  else await mountOrUpload(registry, repository, blob, origin);
  holders.add(repository);
}

async function uploadUnlessPresent(
  registry: RegistryEndpoint,
  repository: string,
  blob: BuiltBlob,
): Promise<void> {
  const path = `/v2/${repository}/blobs/${blob.digest}`;
  const present = await expectStatus(registry, { method: 'HEAD', path }, 200, 404);
  if (present.status === 200) return;
  const session = await expectStatus(
    registry,
    { method: 'POST', path: `/v2/${repository}/blobs/uploads/` },
    202,
  );
  await finishUpload(registry, session.headers.location, blob);
}

async function mountOrUpload(
  registry: RegistryEndpoint,
  repository: string,
  blob: BuiltBlob,
  origin: string,
): Promise<void> {
  const query = `mount=${blob.digest}&from=${encodeURIComponent(origin)}`;
  const path = `/v2/${repository}/blobs/uploads/?${query}`;
  const answer = await expectStatus(registry, { method: 'POST', path }, 201, 202);
  if (answer.status === 202) await finishUpload(registry, answer.headers.location, blob);
}

async function finishUpload(
  registry: RegistryEndpoint,
  location: string | undefined,
  blob: BuiltBlob,
): Promise<void> {
  if (location === undefined) throw new Error('an upload session without a Location');
  const path = `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(blob.digest)}`;
  const headers = { 'content-type': 'application/octet-stream' };
  await expectStatus(registry, { method: 'PUT', path, headers, body: blob.bytes }, 201);
}
