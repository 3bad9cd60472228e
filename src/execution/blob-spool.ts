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

/** A piece of disk that was granted; `end` gives it back. */
export interface SpoolFile {
  readonly handle: FileHandle;
  end(): void;
}

export interface SpoolOptions {
  readonly directory?: string | undefined;
  readonly limitBytes?: number | undefined;
}

/**
 * Disk for blobs on their way to several secondaries, bounded for the whole process. Its files have no name: they are unlinked
 * while they are open, so that the system frees them when the process ends, however it ends.
 */
export class BlobSpool {
  readonly #directory: string;
  readonly #limitBytes: number;
  /** Gives room back when asked; the first registered is asked first. */
  readonly #owners = new Set<() => boolean>();
  #usedBytes = 0;
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

  /** A file for so many bytes, or `undefined` when there is no room: then the primary is read directly. */
  async reserve(sizeBytes: number): Promise<SpoolFile | undefined> {
    if (sizeBytes > this.#limitBytes) return undefined;
    while (this.#usedBytes + sizeBytes > this.#limitBytes || this.#files >= MOST_FILES) {
      if (!this.#evictOne()) return undefined;
    }
    this.#usedBytes += sizeBytes;
    this.#files += 1;
    const handle = await this.#openFile(sizeBytes);
    const giveBack = (): void => {
      this.#usedBytes -= sizeBytes;
      this.#files -= 1;
    };
    if (handle === undefined) {
      giveBack();
      return undefined;
    }
    let isOpen = true;
    const end = (): void => {
      if (!isOpen) return;
      isOpen = false;
      giveBack();
      void handle.close().catch(() => undefined); // waits for what is being read of it
    };
    return { handle, end };
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
