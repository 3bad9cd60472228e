import { mkdir, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Damage on the disk of a distribution registry (versions 2 and 3 keep the same layout). It is done behind the back of the
 * registry, as a disk, a botched restore or a garbage collection in full service do it.
 */
export class DistributionStorage {
  readonly #root: string;

  constructor(registry: { readonly storageDirectory: string }) {
    this.#root = join(registry.storageDirectory, 'docker/registry/v2');
  }

  /** Makes a manifest unknown to a repository; tags that name it stay and dangle. */
  async forgetManifest(repository: string, digest: string): Promise<void> {
    await this.#remove(join(this.#repository(repository), '_manifests/revisions', pathOf(digest)));
  }

  /** Removes a repository with all of its tags, which no request to the registry does. */
  async removeRepository(repository: string): Promise<void> {
    await this.#remove(this.#repository(repository));
  }

  /** Takes a blob out of a repository; its bytes and other repositories keep it. */
  async forgetBlob(repository: string, digest: string): Promise<void> {
    await this.#remove(join(this.#repository(repository), '_layers', pathOf(digest)));
  }

  /** Removes the bytes of a blob, and so the blob from all repositories. */
  async removeBlob(digest: string): Promise<void> {
    await this.#remove(this.#blob(digest));
  }

  /** Flips the lowest bit of one byte in the middle; the length stays. */
  async flipBit(digest: string): Promise<void> {
    const file = await open(join(this.#blob(digest), 'data'), 'r+');
    const { size } = await file.stat();
    const byte = Buffer.alloc(1);
    const position = Math.floor(size / 2);
    await file.read(byte, 0, 1, position);
    byte.writeUInt8(byte.readUInt8(0) ^ 1, 0);
    await file.write(byte, 0, 1, position);
    await file.close();
  }

  /** Cuts the second half of a blob off. */
  async truncateBlob(digest: string): Promise<void> {
    const file = join(this.#blob(digest), 'data');
    await truncate(file, Math.floor((await stat(file)).size / 2));
  }

  /** Leaves a blob without a byte, as a registry does that is killed while it writes a manifest. */
  async emptyBlob(digest: string): Promise<void> {
    await mkdir(this.#blob(digest), { recursive: true });
    await writeFile(join(this.#blob(digest), 'data'), '');
  }

  /** How many uploads to a repository were opened and are not committed. */
  async countUploads(repository: string): Promise<number> {
    return (await readdir(join(this.#repository(repository), '_uploads')).catch(() => [])).length;
  }

  #repository(name: string): string {
    return join(this.#root, 'repositories', name);
  }

  #blob(digest: string): string {
    const [algorithm = '', hex = ''] = digest.split(':');
    return join(this.#root, 'blobs', algorithm, hex.slice(0, 2), hex);
  }

  /** Fails where there is nothing: damage that missed would make a test pass for nothing. */
  async #remove(path: string): Promise<void> {
    await rm(path, { recursive: true });
  }
}

function pathOf(digest: string): string {
  return digest.replace(':', '/');
}
