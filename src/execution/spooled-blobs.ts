import type { Digest } from '../oci/digest.ts';
import type { BlobClient } from '../registry/blob-client.ts';
import type { BlobSpool } from './blob-spool.ts';
import { DirectBlobs, openBlob } from './direct-blobs.ts';
import type { BlobHold, PrimaryBlobs, WantedBlob } from './primary-blobs.ts';
import { SpooledBlob } from './spooled-blob.ts';
import { SpoolFailure } from './spool-failure.ts';
import { verifiedStream } from './verified-stream.ts';

interface Entry {
  readonly blob: SpooledBlob;
  /** Uploads that read it now. */
  holds: number;
}

/**
 * Blobs for several secondaries of one link: each is read from the primary once, into the spool, from where every secondary takes
 * it at its own pace. Where the spool has no room the primary is read directly.
 */
export class SpooledBlobs implements PrimaryBlobs {
  readonly #primary: BlobClient;
  readonly #direct: DirectBlobs;
  readonly #spool: BlobSpool;
  readonly #secondaries: number;
  /** Oldest first. */
  readonly #entries = new Map<Digest, Promise<Entry | undefined>>();
  readonly #ready = new Map<Digest, Entry>();
  readonly #settled = new Map<Digest, Set<string>>();
  readonly #read = new Set<Digest>();
  readonly #evict = (): boolean => this.#evictOldest();
  #rereads = 0;
  /** A spool that was closed or whose disk failed takes no more. */
  #takesMore = true;

  /** @param secondaries how many will want each blob. */
  constructor(primary: BlobClient, spool: BlobSpool, secondaries: number) {
    this.#primary = primary;
    this.#direct = new DirectBlobs(primary);
    this.#spool = spool;
    this.#secondaries = secondaries;
    spool.register(this.#evict);
  }

  /** Blobs that were read from the primary once more. */
  get rereads(): number {
    return this.#rereads;
  }

  async hold(blob: WantedBlob, secondary: BlobClient): Promise<BlobHold> {
    const entry = await this.#hold(blob);
    if (entry === undefined) {
      this.#countRead(blob.digest);
      return await this.#direct.hold(blob, secondary);
    }
    // Only now: whoever waits for a place of the primary holds none of a secondary, so that opposite links cannot wait for each other.
    const slot = await secondary.reserveSlot();
    return {
      slot,
      open: () => Promise.resolve(entry.blob.read()),
      release: () => {
        slot.release();
        entry.holds -= 1;
        this.#forgetIfDone(blob.digest);
      },
    };
  }

  settled(digest: Digest, secondary: BlobClient): void {
    const settled = this.#settled.get(digest) ?? new Set();
    this.#settled.set(digest, settled.add(secondary.registry));
    this.#forgetIfDone(digest);
  }

  /** Frees the disk; whatever is still being read or written is cut off. */
  close(): void {
    this.#takesMore = false;
    this.#spool.unregister(this.#evict);
    for (const { blob } of this.#ready.values()) blob.end();
    this.#ready.clear();
    this.#entries.clear();
  }

  async #hold(blob: WantedBlob): Promise<Entry | undefined> {
    const known = this.#entries.get(blob.digest);
    const opening = known ?? this.#begin(blob);
    if (known === undefined) this.#entries.set(blob.digest, opening);
    try {
      const entry = await opening;
      // Freed between the wait and now: the next look begins anew.
      if (entry !== undefined && this.#ready.get(blob.digest) !== entry) return await this.#retake(blob);
      if (entry === undefined) this.#drop(blob.digest, opening);
      else entry.holds += 1;
      return entry;
    } catch (error) {
      this.#drop(blob.digest, opening);
      throw error;
    }
  }

  #retake(blob: WantedBlob): Promise<Entry | undefined> {
    return this.#takesMore ? this.#hold(blob) : Promise.resolve(undefined);
  }

  #drop(digest: Digest, opening: Promise<Entry | undefined>): void {
    if (this.#entries.get(digest) === opening) this.#entries.delete(digest);
  }

  /** Resolves when the primary has begun to send. */
  async #begin(blob: WantedBlob): Promise<Entry | undefined> {
    const file = this.#takesMore ? await this.#spool.reserve(blob.sizeBytes) : undefined;
    if (file === undefined) return undefined;
    const slot = await this.#primary.reserveSlot();
    const spooled = new SpooledBlob(file);
    try {
      if (!this.#takesMore) throw new SpoolFailure('the spool was closed');
      this.#countRead(blob.digest);
      const download = await openBlob(this.#primary, blob, slot);
      const checked = verifiedStream(blob, () => undefined);
      download.once('error', (error) => checked.destroy(error));
      checked.once('close', () => download.destroy());
      const entry: Entry = { blob: spooled, holds: 0 };
      this.#ready.set(blob.digest, entry);
      void spooled.write(download.pipe(checked)).then(() => {
        slot.release();
        if (!spooled.isComplete) this.#fail(blob.digest, entry);
      });
      return entry;
    } catch (error) {
      slot.release();
      spooled.end();
      throw error;
    }
  }

  /** Whoever reads a failed blob hears why; whoever comes next begins anew. */
  #fail(digest: Digest, entry: Entry): void {
    if (this.#ready.get(digest) === entry) this.#remove(digest);
    if (entry.blob.failure instanceof SpoolFailure) this.#takesMore = false;
    entry.blob.end();
  }

  #forgetIfDone(digest: Digest): void {
    const entry = this.#ready.get(digest);
    const settled = this.#settled.get(digest)?.size ?? 0;
    if (entry === undefined || entry.holds > 0 || settled < this.#secondaries) return;
    this.#remove(digest);
    entry.blob.end();
  }

  #evictOldest(): boolean {
    for (const [digest, entry] of this.#ready) {
      if (entry.holds > 0 || !entry.blob.isComplete) continue;
      this.#remove(digest);
      entry.blob.end();
      return true;
    }
    return false;
  }

  #remove(digest: Digest): void {
    this.#ready.delete(digest);
    this.#entries.delete(digest);
  }

  #countRead(digest: Digest): void {
    if (this.#read.has(digest)) this.#rereads += 1;
    this.#read.add(digest);
  }
}
