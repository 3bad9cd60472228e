import { type FakeUploadSession } from './fake-upload-session.ts';

/** A manifest as it was put. `digest` is what the registry calls it, which for schema 1 is not the hash of `bytes`. */
export interface FakeManifest {
  readonly digest: string;
  readonly bytes: Buffer;
  readonly mediaType: string;
}

/** What one repository holds. Everything is a Map: a tag may be called `__proto__`. */
export class FakeRepository {
  readonly name: string;
  /** Digest asked for → sha256 digest of the content; they differ for sha512. */
  readonly blobs = new Map<string, string>();
  readonly manifests = new Map<string, FakeManifest>();
  readonly tags = new Map<string, string>();
  readonly uploads = new Map<string, FakeUploadSession>();
  /** Folders that distribution makes on first use and never removes; catalog and tag list look at them. */
  readonly folders = new Set<'blobs' | 'manifests' | 'tags'>();

  constructor(name: string) {
    this.name = name;
  }

  linkBlob(digest: string, canonical: string = digest): void {
    this.folders.add('blobs');
    this.blobs.set(digest, canonical);
  }

  addManifest(manifest: FakeManifest): void {
    this.folders.add('manifests');
    this.manifests.set(manifest.digest, manifest);
  }

  setTag(tag: string, digest: string): void {
    this.folders.add('tags');
    this.tags.set(tag, digest);
  }

  /** The manifest that a tag or digest names; undefined also for a dangling tag. */
  resolve(reference: string): FakeManifest | undefined {
    return this.manifests.get(this.tags.get(reference) ?? reference);
  }

  tagsOf(digest: string): readonly string[] {
    return [...this.tags].filter(([, tagged]) => tagged === digest).map(([tag]) => tag);
  }

  /** A copy that later changes do not reach. Upload sessions stay behind. */
  copy(): FakeRepository {
    const copy = new FakeRepository(this.name);
    for (const [digest, canonical] of this.blobs) copy.blobs.set(digest, canonical);
    for (const [digest, manifest] of this.manifests) copy.manifests.set(digest, manifest);
    for (const [tag, digest] of this.tags) copy.tags.set(tag, digest);
    for (const folder of this.folders) copy.folders.add(folder);
    return copy;
  }
}
