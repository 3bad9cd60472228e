import { randomUUID } from 'node:crypto';
import { open, statfs, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Several large images at once; whoever falls further behind reads the primary again. */
const SPOOL_LIMIT_BYTES = 10 * 1024 ** 3;

/** Of the disk's free space, so that the spool never is what fills it (and where it is memory, leaves half of that). */
const SHARE_OF_FREE_SPACE = 0.5;

/** Each spooled blob holds a file descriptor; common limits begin at 1024, and sockets need theirs. */
const MOST_FILES = 256;

/** Small blobs are most of the blobs and few of the bytes: they take no file each, as long as memory for them is left. */
const SMALL_BYTES = 64 * 1024;
const MEMORY_LIMIT_BYTES = 32 * 1024 ** 2;

/** Room for one blob that was granted; `end` gives it back. */
export interface SpoolFile {
  write(piece: Buffer, position: number): Promise<void>;
  /** Fills `piece` from a position on, as far as that goes, and says how far. */
  read(piece: Buffer, position: number): Promise<number>;
  end(): void;
}

export interface SpoolOptions {
  readonly directory?: string | undefined;
  readonly limitBytes?: number | undefined;
}

/**
 * Room for blobs on their way to several secondaries, bounded for the whole process: memory for small ones, else disk. Its files have no name: they are unlinked
 * while they are open, so that the system frees them when the process ends, however it ends.
 */
export class BlobSpool {
  readonly #directory: string;
  readonly #limitBytes: number;
  /** Gives room back when asked; the first registered is asked first. */
  readonly #owners = new Set<() => boolean>();
  #usedBytes = 0;
  #memoryBytes = 0;
  #files = 0;

  constructor({ directory = tmpdir(), limitBytes = SPOOL_LIMIT_BYTES }: SpoolOptions = {}) {
    this.#directory = directory;
    this.#limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** @param evict frees the oldest piece that nobody reads, and says whether there was one. */
  register(evict: () => boolean): void {
    this.#owners.add(evict);
  }

  unregister(evict: () => boolean): void {
    this.#owners.delete(evict);
  }

  /** Room for so many bytes, or `undefined` when there is none: then the primary is read directly. */
  async reserve(sizeBytes: number): Promise<SpoolFile | undefined> {
    if (sizeBytes > this.#limitBytes) return undefined;
    const isSmall = sizeBytes <= SMALL_BYTES && this.#memoryBytes + sizeBytes <= MEMORY_LIMIT_BYTES;
    while (this.#usedBytes + sizeBytes > this.#limitBytes || (!isSmall && this.#files >= MOST_FILES)) {
      if (!this.#evictOne()) return undefined;
    }
    return isSmall ? this.#inMemory(sizeBytes) : await this.#onDisk(sizeBytes);
  }

  #inMemory(sizeBytes: number): SpoolFile {
    this.#usedBytes += sizeBytes;
    this.#memoryBytes += sizeBytes;
    const bytes = Buffer.alloc(sizeBytes);
    return {
      write: (piece, position) => {
        piece.copy(bytes, position);
        return Promise.resolve();
      },
      read: (piece, position) => Promise.resolve(bytes.copy(piece, 0, position)),
      end: once(() => {
        this.#usedBytes -= sizeBytes;
        this.#memoryBytes -= sizeBytes;
      }),
    };
  }

  async #onDisk(sizeBytes: number): Promise<SpoolFile | undefined> {
    this.#usedBytes += sizeBytes;
    this.#files += 1;
    const giveBack = once(() => {
      this.#usedBytes -= sizeBytes;
      this.#files -= 1;
    });
    const handle = await this.#openFile(sizeBytes);
    if (handle === undefined) {
      giveBack();
      return undefined;
    }
    const close = once(() => void handle.close().catch(() => undefined)); // waits for what is being read of it
    return {
      write: (piece, position) => writeAll(handle, piece, position),
      read: async (piece, position) => (await handle.read(piece, 0, piece.length, position)).bytesRead,
      end: () => {
        giveBack();
        close();
      },
    };
  }

  #evictOne(): boolean {
    for (const evict of this.#owners) if (evict()) return true;
    return false;
  }

  /** A disk that is full, read-only or not there makes no copy fail. */
  async #openFile(sizeBytes: number): Promise<FileHandle | undefined> {
    const path = join(this.#directory, `geo-reconciler-spool-${randomUUID()}`);
    try {
      const { bavail, bsize } = await statfs(this.#directory);
      if (sizeBytes > bavail * bsize * SHARE_OF_FREE_SPACE) return undefined;
      const handle = await open(path, 'wx+', 0o600);
      await unlink(path);
      return handle;
    } catch {
      return undefined;
    }
  }
}

async function writeAll(handle: FileHandle, piece: Buffer, position: number): Promise<void> {
  for (let offset = 0; offset < piece.length;) {
    const { bytesWritten } = await handle.write(piece, offset, piece.length - offset, position + offset);
    offset += bytesWritten;
  }
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}
