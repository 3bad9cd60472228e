import { type FakeProfile } from './fake-profile.ts';
import { unsupported } from './fake-refusals.ts';

/** distribution 2.8.2, as packaged by Debian, with its in-memory descriptor cache. */
export const distribution28: FakeProfile = {
  name: 'distribution-2.8',
  errors: { contentType: 'application/json; charset=utf-8', detail: 'structure' },
  access: 'read-write',
  headers: {},
  // registry/storage/catalog.go: a repository is a directory with `_layers`. registry/handlers/catalog.go: maxentries 1000.
  catalog: {
    availability: 'served',
    lists: 'blobs',
    defaultPage: 100,
    maxPage: 1000,
    oddNumber: 'default-page',
  },
  // registry/handlers/tags.go of 2.8 knows no query; registry/storage/tagstore.go lists a directory as it comes.
  tags: {
    paging: 'none',
    defaultPage: null,
    maxPage: null,
    aboveMax: 'clamped',
    oddNumber: 'ignored',
    emptied: 'null',
    link: 'encoded',
    tokenParameter: 'last',
  },
  manifests: {
    accept: 'distribution-2',
    digestHeader: 'sent',
    asBlob: 'hidden',
    types: 'four',
    // registry/handlers/manifests.go: maxManifestBodySize.
    maxBytes: 4 * 1024 * 1024,
    tooLarge: 'MANIFEST_INVALID',
    children: 'required',
    sha512: 'refused',
    subject: 'unheeded',
    movedTag: 'moved',
    referrersTag: 'tag',
    unknownRepository: 'created',
  },
  deletes: {
    tag: 'by-digest-only',
    absentTag: 'MANIFEST_UNKNOWN',
    unknownRepository: 'MANIFEST_UNKNOWN',
    manifest: 'with-tags',
    taggedManifest: 'with-tags',
    untaggedManifest: 'deleted',
    childOfIndex: 'deleted',
    blob: 'unlinked',
  },
  uploads: {
    contentRange: 'ignored',
    staleLocation: 'BLOB_UPLOAD_INVALID',
    status: 'by-location',
    maxChunkBytes: null,
    minChunkBytes: null,
    laterChunks: 'kept',
    singleRequest: 'unheeded',
    mount: 'with-from',
    mountWithoutFrom: 'opened',
  },
  referrers: { api: 'absent', pageSize: null, filter: 'unheeded' },
};

export const deletesOff: FakeProfile['deletes'] = {
  ...distribution28.deletes,
  tag: unsupported,
  absentTag: unsupported,
  unknownRepository: unsupported,
  manifest: unsupported,
  taggedManifest: unsupported,
  blob: unsupported,
};

/** distribution 3.1.1 with its in-memory descriptor cache. */
export const distribution31: FakeProfile = {
  ...distribution28,
  name: 'distribution-3.1',
  errors: { contentType: 'application/json', detail: 'text' },
  // registry/storage/catalog.go of 3.x: a repository is a directory with `_manifests`.
  catalog: { ...distribution28.catalog, lists: 'manifests', oddNumber: 'refused' },
  // registry/handlers/tags.go of 3.1.1: an `n` above `maxtags` (1000) is clamped; 3.1.0 refused it.
  tags: {
    ...distribution28.tags,
    paging: 'after-last',
    maxPage: 1000,
    aboveMax: 'clamped',
    oddNumber: 'refused',
  },
  // The cache is shared by blobs and manifests of a repository, so that each is served as the other.
  manifests: { ...distribution28.manifests, accept: 'distribution-3', asBlob: 'served' },
  deletes: { ...distribution28.deletes, tag: 'untagged' },
  uploads: {
    ...distribution28.uploads,
    contentRange: 'checked',
    staleLocation: 'RANGE_INVALID',
    status: 'by-id',
  },
};

/** distribution 3.0.0. */
export const distribution30: FakeProfile = {
  ...distribution31,
  name: 'distribution-3.0',
  // registry/handlers/tags.go of 3.0.0: `sort.SearchStrings`, then one entry is skipped whether it is `last` or not.
  tags: { ...distribution31.tags, paging: 'after-index', maxPage: null, emptied: 'empty' },
};
