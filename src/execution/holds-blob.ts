import { algorithmOf, Digester, type Digest } from '../oci/digest.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';

/**
 * Whether a registry gives out the bytes of a digest, found by reading all of them.
 *
 * @throws {RegistryError} where it cannot be told.
 */
export async function holdsBlob(
  blobs: RegistryClient['blobs'],
  repository: RepositoryName,
  digest: Digest,
): Promise<boolean> {
  const slot = await blobs.reserveSlot();
  try {
    const { stream } = await blobs.get(repository, digest, slot);
    const digester = new Digester(algorithmOf(digest));
    for await (const piece of stream as AsyncIterable<Buffer>) digester.update(piece);
    return digester.digest() === digest;
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return false;
    throw error;
  } finally {
    slot.release();
  }
}
