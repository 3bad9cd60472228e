import { type Refusal } from './fake-errors.ts';
import { type FakeProfile, type FakeProfileName } from './fake-profile.ts';

/**
 * The profiles. `distribution-2.8`, `-3.1` and their variants are held to the real programs by test/contract. The
 * others follow sources and issues named beside each quirk; what a vendor does not document is left as distribution
 * does it and says "not verified".
 */

const json = (status: number, code: string, message?: string): Refusal => ({
  status,
  form: 'json',
  code,
  ...(message === undefined ? {} : { message }),
});
const plain = (status: number, text: string): Refusal => ({ status, form: 'plain', code: text });

const unsupported = json(405, 'UNSUPPORTED', 'The operation is unsupported.');

/** distribution 2.8.2, as packaged by Debian, with its in-memory descriptor cache. */
const distribution28: FakeProfile = {
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

const deletesOff: FakeProfile['deletes'] = {
  ...distribution28.deletes,
  tag: unsupported,
  absentTag: unsupported,
  unknownRepository: unsupported,
  manifest: unsupported,
  taggedManifest: unsupported,
  blob: unsupported,
};

/** distribution 3.1.1 with its in-memory descriptor cache. */
const distribution31: FakeProfile = {
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
const distribution30: FakeProfile = {
  ...distribution31,
  name: 'distribution-3.0',
  // registry/handlers/tags.go of 3.0.0: `sort.SearchStrings`, then one entry is skipped whether it is `last` or not.
  tags: { ...distribution31.tags, paging: 'after-index', maxPage: null, emptied: 'empty' },
};

/** zot 2.1 (pkg/api/routes.go, read Aug 2026). */
const zot: FakeProfile = {
  ...distribution31,
  name: 'zot',
  // ListTags: a `last` that is gone, like any storage error, is 404 NAME_UNKNOWN; the Link holds `last=%s` unescaped.
  tags: { ...distribution31.tags, paging: 'known-last', maxPage: null, emptied: 'empty', link: 'unescaped' },
  manifests: {
    ...distribution31.manifests,
    accept: 'unheeded',
    asBlob: 'served',
    types: 'any',
    sha512: 'accepted',
    subject: 'acknowledged',
  },
  deletes: {
    ...distribution31.deletes,
    // DeleteManifest: NAME_UNKNOWN comes with 400 there; a child of an index is refused with 405 DENIED.
    unknownRepository: json(400, 'NAME_UNKNOWN', 'repository name not known to registry'),
    childOfIndex: json(405, 'DENIED', 'requested access to the resource is denied'),
  },
  uploads: { ...distribution31.uploads, singleRequest: 'accepted' },
  referrers: { api: 'served', pageSize: null, filter: 'applied' },
};

/** GitLab container registry with the metadata database, from 16.4 on. */
const gitlab: FakeProfile = {
  ...distribution31,
  name: 'gitlab',
  errors: { contentType: 'application/json', detail: 'structure' },
  // Catalog needs a right that no project token has; not verified which answer comes first.
  catalog: { ...distribution31.catalog, availability: json(401, 'UNAUTHORIZED', 'authentication required') },
  // Pages of 100, up to 1000 (container-registry API documentation).
  tags: { ...distribution31.tags, defaultPage: 100, emptied: 'empty' },
  // A tag `sha256-<hex>` answers with the image of that digest itself (oras issue 2148, Sep 2026).
  manifests: { ...distribution31.manifests, asBlob: 'hidden', referrersTag: 'digest' },
};

/** GitHub's registry, ghcr.io. */
const ghcr: FakeProfile = {
  ...distribution31,
  name: 'ghcr',
  catalog: { ...distribution31.catalog, availability: plain(404, '404 page not found') },
  // Page size not verified.
  tags: { ...distribution31.tags, defaultPage: 100, emptied: 'empty' },
  manifests: { ...distribution31.manifests, asBlob: 'hidden', children: 'unchecked' },
  // 405 for tag and digest (skopeo issue 1880, fluxcd/pkg issue 328, docker-mirror-monitor issue 13).
  deletes: deletesOff,
  // A chunk above 4 MiB answers 416 (ocx issue 237).
  uploads: { ...distribution31.uploads, maxChunkBytes: 4 * 1024 * 1024 },
};

/** Amazon ECR, private. */
const ecr: FakeProfile = {
  ...distribution31,
  name: 'ecr',
  catalog: { ...distribution31.catalog, availability: plain(404, '404 page not found') },
  // n above 1000 and a `last` that no Link gave answer 405 (go-containerregistry issue 681, drydock issue 927).
  tags: {
    ...distribution31.tags,
    paging: 'token',
    defaultPage: 100,
    maxPage: 1000,
    aboveMax: json(
      405,
      'UNSUPPORTED',
      "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 1000'",
    ),
    emptied: 'empty',
    tokenParameter: 'last',
  },
  manifests: {
    ...distribution31.manifests,
    asBlob: 'hidden',
    accept: 'unheeded',
    // GET has no Docker-Content-Digest (aws/containers-roadmap; HEAD has it).
    digestHeader: 'absent-on-get',
    subject: 'acknowledged',
    // Only where the repository is set to immutable; this profile is (ImageTagAlreadyExistsException).
    movedTag: json(
      400,
      'TAG_INVALID',
      'The image tag already exists in the repository and cannot be overwritten because the tag is immutable.',
    ),
    unknownRepository: json(404, 'NAME_UNKNOWN', 'The repository does not exist in the registry'),
  },
  uploads: {
    ...distribution31.uploads,
    // Every PATCH answers 201 and bodies after the first are lost (aws/containers-roadmap issue 2831).
    laterChunks: 'dropped',
    // Parts of at least 5 MiB (sdk-container-builds issue 424).
    minChunkBytes: 5 * 1024 * 1024,
  },
  referrers: { api: 'served', pageSize: 50, filter: 'applied' },
};

/** Docker Hub. */
const hub: FakeProfile = {
  ...distribution28,
  name: 'hub',
  // 100 pulls in six hours without an account (docs.docker.com, "Docker Hub usage and limits").
  headers: { 'RateLimit-Limit': '100;w=21600', 'RateLimit-Remaining': '99;w=21600' },
  catalog: { ...distribution28.catalog, availability: json(401, 'UNAUTHORIZED', 'authentication required') },
  // Page size not verified.
  tags: { ...distribution28.tags, paging: 'after-last', defaultPage: 100, maxPage: 1000 },
  manifests: { ...distribution28.manifests, subject: 'acknowledged', children: 'unchecked' },
  // Tag delete is accepted since Dec 2023 (hub-feedback issue 1759); 202 expected, not verified.
  deletes: { ...distribution28.deletes, tag: 'untagged' },
  referrers: { api: 'served', pageSize: null, filter: 'unheeded' },
};

/** Quay (source of Aug 2026). */
const quay: FakeProfile = {
  ...distribution31,
  name: 'quay',
  // endpoints/v2: pages follow an encrypted `next_page` token.
  tags: {
    ...distribution31.tags,
    paging: 'token',
    defaultPage: 50,
    maxPage: 100,
    aboveMax: 'clamped',
    emptied: 'empty',
    tokenParameter: 'next_page',
  },
  manifests: { ...distribution31.manifests, asBlob: 'hidden', subject: 'acknowledged' },
  deletes: {
    ...distribution31.deletes,
    unknownRepository: json(404, 'NAME_UNKNOWN', 'repository name not known to registry'),
    // endpoints/v2/manifest.py: a digest without tags is unknown.
    untaggedManifest: 'MANIFEST_UNKNOWN',
  },
  // Mount without `from` fails (go-containerregistry, pkg/v1/remote/write.go).
  uploads: {
    ...distribution31.uploads,
    mountWithoutFrom: json(400, 'NAME_INVALID', 'invalid repository name'),
  },
  referrers: { api: 'served', pageSize: null, filter: 'applied' },
};

/** Google Artifact Registry. */
const gar: FakeProfile = {
  ...distribution31,
  name: 'gar',
  tags: { ...distribution31.tags, maxPage: null, emptied: 'empty' },
  manifests: { ...distribution31.manifests, asBlob: 'hidden', accept: 'unheeded', subject: 'acknowledged' },
  deletes: {
    ...distribution31.deletes,
    // reg issue 136, harbor issue 19495.
    taggedManifest: json(
      400,
      'GOOGLE_MANIFEST_DANGLING_TAG',
      'Manifest is still referenced by one or more tags.',
    ),
  },
  referrers: { api: 'served', pageSize: null, filter: 'unheeded' },
};

/** Harbor 2.x. */
const harbor: FakeProfile = {
  ...distribution28,
  name: 'harbor',
  tags: { ...distribution28.tags, paging: 'after-last', emptied: 'empty' },
  manifests: {
    ...distribution28.manifests,
    subject: 'acknowledged',
    // An immutability rule answers 412; this profile has one (harbor documentation, "Immutable Tags").
    movedTag: json(412, 'PRECONDITION', 'configured as immutable'),
  },
  // src/server/registry/manifest.go: tags are deleted through Harbor's own API.
  deletes: {
    ...distribution28.deletes,
    tag: json(400, 'UNSUPPORTED', 'delete manifest by tag is not supported'),
    absentTag: json(400, 'UNSUPPORTED', 'delete manifest by tag is not supported'),
    unknownRepository: json(400, 'UNSUPPORTED', 'delete manifest by tag is not supported'),
  },
  referrers: { api: 'served', pageSize: null, filter: 'applied' },
};

const all: readonly FakeProfile[] = [
  distribution28,
  { ...distribution28, name: 'distribution-2.8-nodelete', deletes: deletesOff },
  { ...distribution28, name: 'distribution-2.8-readonly', access: 'maintenance' },
  distribution30,
  distribution31,
  { ...distribution31, name: 'distribution-3.1-nodelete', deletes: deletesOff },
  zot,
  gitlab,
  ghcr,
  ecr,
  hub,
  quay,
  gar,
  harbor,
  // Nexus, Artifactory, caching proxies: no Docker-Content-Digest at all (regclient issue 363, distribution issue 3792).
  {
    ...distribution28,
    name: 'no-digest-header',
    manifests: { ...distribution28.manifests, digestHeader: 'absent' },
  },
];

export const fakeProfiles: ReadonlyMap<FakeProfileName, FakeProfile> = new Map(
  all.map((profile) => [profile.name, profile]),
);

/** The profile of that name. */
export function fakeProfile(name: FakeProfileName): FakeProfile {
  const profile = fakeProfiles.get(name);
  if (profile === undefined) throw new Error(`no profile ${name}`);
  return profile;
}
