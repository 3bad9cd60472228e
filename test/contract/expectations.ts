import { digestOf, dockerImage, index, layer, mediaTypes, ociImage } from './contract-content.ts';
import { type ExpectedAnswer } from './observed-answer.ts';
import { sessionAnswer } from './steps/expected-answers.ts';

const everyTag: ExpectedAnswer = {
  status: 200,
  type: 'json',
  headers: { link: null },
  tags: ['1.0', 'V1', '__proto__', '_x', 'a.b-c_d', 'v1', 'v10', 'v2'],
};
const everyRepository: ExpectedAnswer = {
  status: 200,
  type: 'json',
  headers: { link: null },
  json: { repositories: ['catalog/a', 'catalog/a/nested', 'catalog/a-b', 'catalog/b'] },
};

/** What only distribution 2.8 answers like this. Recorded from 2.8.2 (Debian). */
const distribution28 = {
  // Built with a Go before 1.23 it also breaks the connection after the headers.
  blobRangeBehind: { status: 416, headers: { 'content-range': 'bytes */21' } },
  catalogNegative: everyRepository,
  catalogWord: everyRepository,
  catalogHalves: {
    status: 200,
    type: 'json',
    headers: { link: null },
    json: { repositories: ['catalog/c-blobs-only'] },
  },
  deleteTag: { status: 400, type: 'json', codes: ['DIGEST_INVALID'] },
  getDeletedTag: { status: 200, type: mediaTypes.ociManifest, digest: digestOf(ociImage), body: ociImage },
  tagsAfterDelete: {
    status: 200,
    type: 'json',
    headers: { link: null },
    tags: ['arm', 'index', 'stable', 'v1'],
  },
  deleteTagAbsent: { status: 400, type: 'json', codes: ['DIGEST_INVALID'] },
  deleteTagUnknownRepository: { status: 400, type: 'json', codes: ['DIGEST_INVALID'] },
  deleteMd5: { status: 400, type: 'json', codes: ['DIGEST_INVALID'] },
  getIndexNarrow: {
    status: 404,
    type: 'json',
    codes: ['MANIFEST_UNKNOWN'],
    message: 'OCI index found, but accept header does not support OCI indexes',
  },
  // The length and the digest are those of a manifest that the registry makes and signs for this answer.
  headDockerNoAccept: { status: 200, type: 'application/vnd.docker.distribution.manifest.v1+prettyjws' },
  headTagAbsent: { status: 404, type: 'json', length: 96 },
  getManifestAsBlob: { status: 404, type: 'json', codes: ['BLOB_UNKNOWN'] },
  longName: { status: 500, type: 'json', codes: ['UNKNOWN'] },
  tagsAll: everyTag,
  tagsFirst: everyTag,
  tagsNext: everyTag,
  tagsAfterAbsent: everyTag,
  tagsPastEnd: everyTag,
  tagsLast: everyTag,
  tagsExact: everyTag,
  tagsZero: everyTag,
  tagsNegative: everyTag,
  tagsWord: everyTag,
  tagsFiveThousand: everyTag,
  uploadRangeGap: sessionAnswer('uploads/app', 202, '0-20'),
  uploadStatusAfterGap: { status: 404, type: 'json', codes: ['BLOB_UPLOAD_INVALID'] },
  uploadRangeLength: sessionAnswer('uploads/app', 202, '0-9'),
  uploadRangeMalformed: sessionAnswer('uploads/app', 202, '0-9'),
  uploadStale: { status: 404, type: 'json', codes: ['BLOB_UPLOAD_INVALID'] },
  uploadStaleAgain: { status: 404, type: 'json', codes: ['BLOB_UPLOAD_INVALID'] },
  uploadAfterWrongDigest: { status: 404, type: 'json', codes: ['BLOB_UPLOAD_INVALID'] },
  uploadStatusUnknown: { status: 404, type: 'json', codes: ['BLOB_UPLOAD_INVALID'] },
} satisfies Readonly<Record<string, ExpectedAnswer>>;

/** A step whose answer is not the same on every flavour. */
type DifferingAnswer = keyof typeof distribution28;

/** What sets one real registry's answers apart from another's; steps name the rest themselves. */
export interface FlavourExpectations extends Readonly<Record<DifferingAnswer, ExpectedAnswer>> {
  /** Content-Type of lists and errors. */
  readonly jsonType: string;
}

/** The same requests on 3.x. Recorded from 3.1.1. */
const distribution31: Readonly<Record<DifferingAnswer, ExpectedAnswer>> = {
  blobRangeBehind: {
    status: 416,
    type: 'text/plain; charset=utf-8',
    digest: digestOf(layer),
    headers: { 'content-range': 'bytes */21' },
    text: 'invalid range: failed to overlap\n',
  },
  catalogNegative: { status: 400, type: 'json', codes: ['PAGINATION_NUMBER_INVALID'] },
  catalogWord: { status: 400, type: 'json', codes: ['PAGINATION_NUMBER_INVALID'] },
  catalogHalves: {
    status: 200,
    type: 'json',
    headers: { link: null },
    json: { repositories: ['catalog/c-manifests-only'] },
  },
  deleteTag: { status: 202 },
  getDeletedTag: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
  tagsAfterDelete: { status: 200, type: 'json', headers: { link: null }, tags: ['arm', 'index', 'stable'] },
  deleteTagAbsent: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
  deleteTagUnknownRepository: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
  deleteMd5: { status: 500, type: 'json', codes: ['UNKNOWN'] },
  getIndexNarrow: { status: 200, type: mediaTypes.ociIndex, digest: digestOf(index), body: index },
  headDockerNoAccept: {
    status: 200,
    type: mediaTypes.dockerManifest,
    length: 422,
    digest: digestOf(dockerImage),
  },
  headTagAbsent: { status: 404, type: 'json', length: 100 },
  getManifestAsBlob: {
    status: 200,
    type: 'application/octet-stream',
    digest: digestOf(ociImage),
    body: ociImage,
  },
  longName: { status: 500, type: 'json' },
  tagsAll: {
    status: 200,
    type: 'json',
    headers: { link: null },
    json: { name: 'tags/app', tags: ['1.0', 'V1', '__proto__', '_x', 'a.b-c_d', 'v1', 'v10', 'v2'] },
  },
  tagsFirst: {
    status: 200,
    type: 'json',
    headers: { link: '</v2/tags/app/tags/list?last=__proto__&n=3>; rel="next"' },
    json: { name: 'tags/app', tags: ['1.0', 'V1', '__proto__'] },
  },
  tagsNext: {
    status: 200,
    type: 'json',
    headers: { link: '</v2/tags/app/tags/list?last=v1&n=3>; rel="next"' },
    json: { name: 'tags/app', tags: ['_x', 'a.b-c_d', 'v1'] },
  },
  tagsAfterAbsent: {
    status: 200,
    type: 'json',
    headers: { link: '</v2/tags/app/tags/list?last=v2&n=3>; rel="next"' },
    json: { name: 'tags/app', tags: ['v1', 'v10', 'v2'] },
  },
  tagsPastEnd: { status: 200, type: 'json', headers: { link: null }, json: { name: 'tags/app', tags: null } },
  tagsLast: {
    status: 200,
    type: 'json',
    headers: { link: null },
    json: { name: 'tags/app', tags: ['v10', 'v2'] },
  },
  tagsExact: {
    status: 200,
    type: 'json',
    headers: { link: '</v2/tags/app/tags/list?last=v2&n=8>; rel="next"' },
    json: { name: 'tags/app', tags: ['1.0', 'V1', '__proto__', '_x', 'a.b-c_d', 'v1', 'v10', 'v2'] },
  },
  tagsZero: { status: 200, type: 'json', headers: { link: null }, json: { name: 'tags/app', tags: [] } },
  tagsNegative: { status: 400, type: 'json', codes: ['PAGINATION_NUMBER_INVALID'] },
  tagsWord: { status: 400, type: 'json', codes: ['PAGINATION_NUMBER_INVALID'] },
  tagsFiveThousand: {
    status: 200,
    type: 'json',
    headers: { link: null },
    json: { name: 'tags/app', tags: ['1.0', 'V1', '__proto__', '_x', 'a.b-c_d', 'v1', 'v10', 'v2'] },
  },
  uploadRangeGap: { status: 416, type: 'json', codes: ['RANGE_INVALID'] },
  uploadStatusAfterGap: sessionAnswer('uploads/app', 204, '0-9'),
  uploadRangeLength: { status: 400, type: 'json', codes: ['SIZE_INVALID'] },
  uploadRangeMalformed: { status: 500, type: 'json', codes: ['UNKNOWN'] },
  uploadStale: { status: 416, type: 'json', codes: ['RANGE_INVALID'] },
  uploadStaleAgain: { status: 416, type: 'json', codes: ['RANGE_INVALID'] },
  uploadAfterWrongDigest: { status: 416, type: 'json', codes: ['RANGE_INVALID'] },
  uploadStatusUnknown: { status: 404, type: 'json', codes: ['BLOB_UPLOAD_UNKNOWN'] },
};

export type ContractFlavour = 'distribution-2.8' | 'distribution-3.1';

export const expectations: Readonly<Record<ContractFlavour, FlavourExpectations>> = {
  'distribution-2.8': { jsonType: 'application/json; charset=utf-8', ...distribution28 },
  'distribution-3.1': { jsonType: 'application/json', ...distribution31 },
};
