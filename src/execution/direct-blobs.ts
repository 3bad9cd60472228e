import type { Readable } from 'node:stream';
import type { BlobClient } from '../registry/blob-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { Slot } from '../registry/transport/request-gate.ts';
import { CopyError } from './copy-failure.ts';
import type { BlobHold, PrimaryBlobs, WantedBlob } from './primary-blobs.ts';

/** Blobs straight from the primary: what is read goes out at once, and nothing is kept. */
export class DirectBlobs implements PrimaryBlobs {
  readonly #primary: BlobClient;

  constructor(primary: BlobClient) {
    this.#primary = primary;
  }

  async hold(blob: WantedBlob, secondary: BlobClient): Promise<BlobHold> {
    const slots = await this.#reserveSlots(secondary);
    return {
      slot: slots.secondary,
      open: () => openBlob(this.#primary, blob, slots.primary),
      release: () => {
        slots.primary.release();
        slots.secondary.release();
      },
    };
  }

  settled(): void {
    // Nothing is kept.
  }

  /**
   * Takes a place on both registries, in the order of their names: two opposite links must not wait for each other. Within
   * one registry (a rename) one place serves both ends.
   */
  async #reserveSlots(secondary: BlobClient): Promise<{ readonly primary: Slot; readonly secondary: Slot }> {
    const primary = this.#primary;
    if (primary.registry === secondary.registry) {
      const slot = await primary.reserveSlot();
      return { primary: slot, secondary: { release: () => undefined } };
    }
    if (primary.registry < secondary.registry) {
      return { primary: await primary.reserveSlot(), secondary: await secondary.reserveSlot() };
    }
    const slot = await secondary.reserveSlot();
    return { primary: await primary.reserveSlot(), secondary: slot };
  }
}

/** Opens a blob on the primary in a place that the caller holds. @throws {RegistryError | CopyError} */
export async function openBlob(primary: BlobClient, blob: WantedBlob, slot: Slot): Promise<Readable> {
  try {
    const { stream, sizeBytes } = await primary.get(blob.repository, blob.digest, slot);
    if (sizeBytes === undefined || sizeBytes === blob.sizeBytes) return stream;
    stream.destroy();
    throw new CopyError(
      'SOURCE_CORRUPT',
      `the primary has ${sizeBytes} bytes of blob ${blob.digest}, its descriptor says ${blob.sizeBytes}`,
    );
  } catch (error) {
    if (!(error instanceof RegistryError) || error.status !== 404) throw error;
    throw new CopyError(
      'MISSING_CONTENT',
      `the primary does not have blob ${blob.digest} in ${blob.repository}`,
    );
  }
}
