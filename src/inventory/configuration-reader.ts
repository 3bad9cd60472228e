import { algorithmOf, digestOf, type Digest } from '../oci/digest.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';

/** Real image configurations are a few KiB; a larger one is not read. */
export const CONFIGURATION_LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * The bytes of an image configuration, checked against its digest; `undefined` for more of them than are read.
 *
 * @throws {RegistryError} also for a body that breaks off or is another one.
 */
export async function readConfiguration(
  client: RegistryClient,
  repository: RepositoryName,
  digest: Digest,
): Promise<Uint8Array | undefined> {
  const { stream } = await client.blobs.get(repository, digest);
  const request = { registry: client.name, operation: 'blob-get', repository, reference: digest } as const;
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > CONFIGURATION_LIMIT_BYTES) {
        stream.destroy();
        return undefined;
      }
      pieces.push(piece);
    }
  } catch (cause) {
    if (cause instanceof RegistryError) throw cause;
    throw new RegistryError({ code: 'NETWORK', request, detail: 'the answer broke off', cause });
  }
  const bytes = Buffer.concat(pieces);
  if (digestOf(bytes, algorithmOf(digest)) === digest) return bytes;
  throw new RegistryError({ code: 'DIGEST_MISMATCH', request, detail: 'the registry sent other bytes' });
}
