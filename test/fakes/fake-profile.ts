import { type ErrorStyle, type Refusal } from './fake-errors.ts';

export type FakeProfileName =
  | 'distribution-2.8'
  | 'distribution-2.8-nodelete'
  | 'distribution-2.8-readonly'
  | 'distribution-3.0'
  | 'distribution-3.1'
  | 'distribution-3.1-nodelete'
  | 'zot'
  | 'gitlab'
  | 'ghcr'
  | 'ecr'
  | 'hub'
  | 'quay'
  | 'gar'
  | 'harbor'
  | 'no-digest-header';

/** What makes one product's answers differ from another's, as data. Every value is some real product's behaviour. */
export interface FakeProfile {
  readonly name: FakeProfileName;
  readonly errors: ErrorStyle;
  /** `maintenance` answers every write with 405 in plain text and an Allow header. */
  readonly access: 'read-write' | 'maintenance';
  /** Headers of every answer, for example a rate limit. */
  readonly headers: Readonly<Record<string, string>>;
  readonly catalog: CatalogQuirks;
  readonly tags: TagListQuirks;
  readonly manifests: ManifestQuirks;
  readonly deletes: DeleteQuirks;
  readonly uploads: UploadQuirks;
  readonly referrers: ReferrersQuirks;
}

interface CatalogQuirks {
  readonly availability: 'served' | Refusal;
  /** What a repository must have held once to be listed. */
  readonly lists: 'blobs' | 'manifests';
  /** Entries where `n` is not given. */
  readonly defaultPage: number;
  /** A larger `n` is refused. */
  readonly maxPage: number;
  /** A negative `n` or a word. */
  readonly oddNumber: 'default-page' | 'refused';
}

export interface TagListQuirks {
  /**
   * - `none`: `n` and `last` are ignored, everything comes at once and unsorted.
   * - `after-index`: `last` is searched in the sorted list and the entry found is skipped, be it another one.
   * - `after-last`: what sorts behind `last`; a full page has a Link although nothing follows.
   * - `known-last`: `last` must still exist.
   * - `token`: pages follow tokens that only the Link gives.
   */
  readonly paging: 'none' | 'after-index' | 'after-last' | 'known-last' | 'token';
  /** Entries where `n` is not given; null is all. */
  readonly defaultPage: number | null;
  readonly maxPage: number | null;
  readonly aboveMax: 'clamped' | Refusal;
  readonly oddNumber: 'ignored' | 'refused';
  /** `tags` of a repository whose tags are all deleted, or of a page behind the last tag. */
  readonly emptied: 'null' | 'empty';
  /** `unescaped` puts the tag into the Link as it is. */
  readonly link: 'encoded' | 'unescaped';
  /** Name of the query parameter that carries a token. */
  readonly tokenParameter: string;
}

interface ManifestQuirks {
  /** Which types a narrow Accept header hides, see `negotiate-manifest.ts`. */
  readonly accept: 'distribution-2' | 'distribution-3' | 'unheeded';
  /** Docker-Content-Digest on HEAD and GET. */
  readonly digestHeader: 'sent' | 'absent' | 'absent-on-get';
  /** Whether GET of a blob with the digest of a manifest serves it. */
  readonly asBlob: 'hidden' | 'served';
  /** Content-Types of PUT; `any` takes every one that the body does not contradict. */
  readonly types: 'four' | 'any';
  readonly maxBytes: number;
  readonly tooLarge: 'MANIFEST_INVALID' | Refusal;
  /** Whether the children of an index must be there. */
  readonly children: 'required' | 'unchecked';
  readonly sha512: 'refused' | 'accepted';
  /** Whether a `subject` is answered with OCI-Subject. */
  readonly subject: 'unheeded' | 'acknowledged';
  /** The answer to a PUT that would move a tag. */
  readonly movedTag: 'moved' | Refusal;
  /** What a tag of the form `sha256-<hex>` resolves to where that digest exists. */
  readonly referrersTag: 'tag' | 'digest';
  /** What a write to a repository that does not exist does. */
  readonly unknownRepository: 'created' | Refusal;
}

interface DeleteQuirks {
  /** DELETE by tag name; `by-digest-only` is distribution 2.8, which takes the name for a digest. */
  readonly tag: 'untagged' | 'by-digest-only' | Refusal;
  readonly absentTag: 'MANIFEST_UNKNOWN' | Refusal;
  readonly unknownRepository: 'MANIFEST_UNKNOWN' | Refusal;
  /** DELETE by digest; `with-tags` takes every tag of that digest along. */
  readonly manifest: 'with-tags' | Refusal;
  /** The same while a tag names it; `with-tags` where that makes no difference. */
  readonly taggedManifest: 'with-tags' | Refusal;
  readonly untaggedManifest: 'deleted' | 'MANIFEST_UNKNOWN';
  readonly childOfIndex: 'deleted' | Refusal;
  readonly blob: 'unlinked' | Refusal;
}

interface UploadQuirks {
  /** `checked` refuses a Content-Range that does not continue the session. */
  readonly contentRange: 'ignored' | 'checked';
  /** The answer to a location that is not the latest. */
  readonly staleLocation: 'BLOB_UPLOAD_INVALID' | 'RANGE_INVALID';
  /** Whether the status of a session needs the state in its location. */
  readonly status: 'by-location' | 'by-id';
  /** A ranged chunk above this answers 416; null is no limit. */
  readonly maxChunkBytes: number | null;
  /** OCI-Chunk-Min-Length of the opening answer; null is no such header. */
  readonly minChunkBytes: number | null;
  /** `dropped` answers 201 to every PATCH and forgets the bodies of all but the first. */
  readonly laterChunks: 'kept' | 'dropped';
  /** POST with `digest` and the bytes. */
  readonly singleRequest: 'unheeded' | 'accepted';
  /** `never` opens a session whatever is asked. */
  readonly mount: 'with-from' | 'never';
  /** POST with `mount` but without `from`. */
  readonly mountWithoutFrom: 'opened' | Refusal;
}

interface ReferrersQuirks {
  readonly api: 'absent' | 'served';
  /** Descriptors on a page; null is all. */
  readonly pageSize: number | null;
  /** Whether `artifactType` is applied and OCI-Filters-Applied sent. */
  readonly filter: 'applied' | 'unheeded';
}
