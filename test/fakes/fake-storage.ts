import { bufferContent, bytesOf, type FakeContent, generatedContent } from './fake-content.ts';
import { digestOf } from './fake-digest.ts';
import { type FakeManifest, FakeRepository } from './fake-repository.ts';
import { FakeUploadSession } from './fake-upload-session.ts';

export interface FakeStorageOptions {
  /** Uploads above this keep digest and size but not their bytes. Default: everything is kept. */
  readonly keepUploadsUpToBytes?: number;
}

/** What a registry has on its disk, to fill and to look at without HTTP. Nothing here checks anything. */
export class FakeStorage {
  readonly #repositories = new Map<string, FakeRepository>();
  readonly #content = new Map<string, FakeContent>();
  /** Content that is gone from the disk while the descriptor cache still knows it (`loseContent`). */
  readonly #lost = new Set<string>();
  readonly #keepUploadsUpToBytes: number;

  constructor(options: FakeStorageOptions = {}) {
    this.#keepUploadsUpToBytes = options.keepUploadsUpToBytes ?? Number.MAX_SAFE_INTEGER;
  }

  // Filling.

  /** Stores a blob, links it into `repository` and returns its sha256 digest. */
  putBlob(repository: string, bytes: Buffer | string): string {
    return this.linkContent(repository, bufferContent(Buffer.from(bytes)));
  }

  /** A blob of any size that takes no memory; equal seeds and sizes give equal bytes. */
  putGeneratedBlob(repository: string, sizeBytes: number, seed = 1): string {
    return this.linkContent(repository, generatedContent(sizeBytes, seed));
  }

  linkContent(repository: string, content: FakeContent, alias: string = content.digest): string {
    this.addContent(content);
    this.repository(repository).linkBlob(alias, content.digest);
    return content.digest;
  }

  /** Stores a manifest; `reference` is a tag, or its digest for an untagged one. Returns the digest. */
  putManifest(repository: string, reference: string, bytes: Buffer | string, mediaType: string): string {
    const body = Buffer.from(bytes);
    return this.putManifestAs(repository, reference, { digest: digestOf(body), bytes: body, mediaType });
  }

  /** The same with a digest that need not be the hash of the bytes, as for schema 1 or a corrupt primary. */
  putManifestAs(repository: string, reference: string, manifest: FakeManifest): string {
    const held = this.repository(repository);
    held.addManifest(manifest);
    // Real repositories with a manifest hold blobs too, and distribution 2.8 lists no others in its catalog.
    held.folders.add('blobs');
    this.#lost.delete(manifest.digest);
    if (reference !== manifest.digest) held.setTag(reference, manifest.digest);
    return manifest.digest;
  }

  setTag(repository: string, tag: string, digest: string): void {
    this.repository(repository).setTag(tag, digest);
  }

  // Looking.

  /** A copy of the tags: later changes do not reach it. */
  tags(repository: string): Map<string, string> {
    return new Map(this.#repositories.get(repository)?.tags);
  }

  repositories(): readonly string[] {
    return [...this.#repositories.keys()];
  }

  manifest(repository: string, reference: string): FakeManifest | undefined {
    return this.#repositories.get(repository)?.resolve(reference);
  }

  manifestDigests(repository: string): readonly string[] {
    return [...(this.#repositories.get(repository)?.manifests.keys() ?? [])];
  }

  blobDigests(repository: string): readonly string[] {
    return [...(this.#repositories.get(repository)?.blobs.keys() ?? [])];
  }

  /** The bytes of a blob, or undefined where the repository does not link it or the bytes are lost. */
  blob(repository: string, digest: string): Buffer | undefined {
    const content = this.contentOf(repository, digest);
    return content === undefined || this.#lost.has(content.digest) ? undefined : bytesOf(content);
  }

  /** Upload sessions that were opened and neither committed nor cancelled. */
  openUploads(repository: string): readonly FakeUploadSession[] {
    return [...(this.#repositories.get(repository)?.uploads.values() ?? [])];
  }

  // Harm.

  deleteTag(repository: string, tag: string): void {
    this.#repositories.get(repository)?.tags.delete(tag);
  }

  /** Deletes a manifest as distribution does: with every tag that names it. */
  deleteManifest(repository: string, digest: string): void {
    const held = this.#repositories.get(repository);
    for (const tag of held?.tagsOf(digest) ?? []) held?.tags.delete(tag);
    held?.manifests.delete(digest);
  }

  /** Leaves a dangling tag: listed, but its manifest is unknown (distribution issues 1293 and 1755). */
  deleteManifestKeepingTag(repository: string, reference: string): void {
    const held = this.#repositories.get(repository);
    held?.manifests.delete(held.tags.get(reference) ?? reference);
  }

  deleteBlob(repository: string, digest: string): void {
    this.#repositories.get(repository)?.blobs.delete(digest);
  }

  deleteRepository(repository: string): void {
    this.#repositories.delete(repository);
  }

  /** Flips one bit of a blob. Its digest and size stay, and so does every answer but the bytes. */
  corruptBlob(digest: string, offset = 0): void {
    const content = this.#content.get(digest);
    if (content === undefined) throw new Error(`no content ${digest}`);
    const bytes = flipped(bytesOf(content), offset);
    this.#content.set(digest, { ...bufferContent(bytes), digest });
  }

  /** The same for a manifest. */
  corruptManifest(repository: string, digest: string, offset = 0): void {
    const manifest = this.#repositories.get(repository)?.manifests.get(digest);
    if (manifest === undefined) throw new Error(`no manifest ${digest} in ${repository}`);
    this.repository(repository).addManifest({ ...manifest, bytes: flipped(manifest.bytes, offset) });
  }

  /**
   * What a garbage collection under a running registry leaves: a blob answers HEAD but has no bytes and mounts; a
   * manifest is taken again with 201 and stays unreadable (distribution 2.8.2, issues 2270 and 3743).
   */
  loseContent(digest: string): void {
    this.#lost.add(digest);
  }

  isLost(digest: string): boolean {
    return this.#lost.has(digest);
  }

  /** The registry's restart: its cache forgets what `loseContent` took, so that it answers 404 and can be healed. */
  restart(): void {
    for (const repository of this.#repositories.values()) {
      for (const [digest, canonical] of repository.blobs) {
        if (this.#lost.has(canonical)) repository.blobs.delete(digest);
      }
      for (const digest of repository.manifests.keys()) {
        if (this.#lost.has(digest)) repository.manifests.delete(digest);
      }
    }
    this.#lost.clear();
  }

  /** A copy to serve stale reads from. */
  snapshot(): FakeStorage {
    const copy = new FakeStorage({ keepUploadsUpToBytes: this.#keepUploadsUpToBytes });
    for (const [name, repository] of this.#repositories) copy.#repositories.set(name, repository.copy());
    for (const [digest, content] of this.#content) copy.#content.set(digest, content);
    for (const digest of this.#lost) copy.#lost.add(digest);
    return copy;
  }

  // What the routes use.

  /** The repository of that name, made where it is missing. */
  repository(name: string): FakeRepository {
    const known = this.#repositories.get(name);
    if (known !== undefined) return known;
    const made = new FakeRepository(name);
    this.#repositories.set(name, made);
    return made;
  }

  known(name: string): FakeRepository | undefined {
    return this.#repositories.get(name);
  }

  contentOf(repository: string, digest: string): FakeContent | undefined {
    const canonical = this.#repositories.get(repository)?.blobs.get(digest);
    return canonical === undefined ? undefined : this.#content.get(canonical);
  }

  /** Adds content that no repository links yet; bytes that were lost are back with it. */
  addContent(content: FakeContent): void {
    if (this.#lost.delete(content.digest) || !this.#content.has(content.digest)) {
      this.#content.set(content.digest, content);
    }
  }

  openUpload(repository: string): FakeUploadSession {
    const session = new FakeUploadSession(repository, this.#keepUploadsUpToBytes);
    this.repository(repository).uploads.set(session.id, session);
    return session;
  }
}

function flipped(bytes: Buffer, offset: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(offset) ^ 1, offset);
  return copy;
}
