import { deletesOff, distribution28, distribution31 } from './fake-distribution-profiles.ts';
import { type FakeProfile } from './fake-profile.ts';
import { json, plain } from './fake-refusals.ts';

/** zot 2.1 (pkg/api/routes.go, read Aug 2026). */
export const zot: FakeProfile = {
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
export const gitlab: FakeProfile = {
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
export const ghcr: FakeProfile = {
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
export const ecr: FakeProfile = {
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
    // GET has no Docker-Content-Digest, HEAD has it; issue not verified.
    digestHeader: 'absent-on-get',
    subject: 'acknowledged',
    // Only where the repository is set to immutable; this profile is (ImageTagAlreadyExistsException). Code and status
    // on the wire not verified.
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
export const hub: FakeProfile = {
  ...distribution28,
  name: 'hub',
  // The form is Docker's (docs.docker.com, "Docker Hub usage and limits"); HEAD is not counted.
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
export const quay: FakeProfile = {
  ...distribution31,
  name: 'quay',
  // endpoints/v2: pages follow an encrypted `next_page` token; page sizes not verified.
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
  // Mount without `from` fails (go-containerregistry, pkg/v1/remote/write.go); with which code is not verified.
  uploads: {
    ...distribution31.uploads,
    mountWithoutFrom: json(400, 'NAME_INVALID', 'invalid repository name'),
  },
  referrers: { api: 'served', pageSize: null, filter: 'applied' },
};

/** Google Artifact Registry. */
export const gar: FakeProfile = {
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
export const harbor: FakeProfile = {
  ...distribution28,
  name: 'harbor',
  tags: { ...distribution28.tags, paging: 'after-last', emptied: 'empty' },
  manifests: {
    ...distribution28.manifests,
    subject: 'acknowledged',
    // An immutability rule answers 412, from memory and not verified; this profile has one.
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
