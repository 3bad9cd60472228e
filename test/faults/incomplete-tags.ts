import { createHash } from 'node:crypto';

import type { FakeStorage } from '../fakes/fake-storage.ts';

interface Descriptor {
  readonly digest: string;
  readonly mediaType?: string;
}

interface Body {
  readonly manifests?: readonly Descriptor[] | null;
  readonly layers?: readonly Descriptor[] | null;
  readonly blobs?: readonly Descriptor[] | null;
  readonly config?: Descriptor | null;
}

const SCHEMA_ONE = 'application/vnd.docker.distribution.manifest.v1+';

/**
 * What a pull of any tag of a registry would miss or refuse, as `repository:tag misses digest`; nothing where every tag is whole.
 * Foreign layers and subjects may be away. Looks at the storage alone: no HTTP, none of the product's own code.
 */
export function incompleteTags(storage: FakeStorage): readonly string[] {
  return storage
    .repositories()
    .flatMap((repository) =>
      [...storage.tags(repository)].flatMap(([tag, digest]) =>
        missingBelow(storage, repository, digest).map((missing) => `${repository}:${tag} misses ${missing}`),
      ),
    );
}

function missingBelow(storage: FakeStorage, repository: string, digest: string): readonly string[] {
  const manifest = storage.manifest(repository, digest);
  if (manifest === undefined) return isBlobThere(storage, repository, digest) ? [] : [digest];
  if (!manifest.mediaType.startsWith(SCHEMA_ONE) && digestAs(digest, manifest.bytes) !== digest) {
    return [`the bytes of ${digest}`];
  }
  const body = JSON.parse(manifest.bytes.toString()) as Body;
  const blobs = [...(body.config ? [body.config] : []), ...(body.layers ?? []), ...(body.blobs ?? [])];
  return [
    ...blobs
      .filter(({ mediaType }) => mediaType?.includes('foreign') !== true)
      .filter((blob) => !isBlobThere(storage, repository, blob.digest))
      .map((blob) => blob.digest),
    ...(body.manifests ?? []).flatMap((child) => missingBelow(storage, repository, child.digest)),
  ];
}

function isBlobThere(storage: FakeStorage, repository: string, digest: string): boolean {
  const bytes = storage.blob(repository, digest);
  return bytes !== undefined && digestAs(digest, bytes) === digest;
}

function digestAs(digest: string, bytes: Buffer): string {
  const algorithm = digest.startsWith('sha512:') ? 'sha512' : 'sha256';
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
