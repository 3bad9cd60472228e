import { absent, digestOf, layer, otherLayer, sha512Of } from '../contract-content.ts';
import { type ContractChapter, recall, rememberPath } from '../contract-step.ts';
import { blobCreated, sessionAnswer } from './expected-answers.ts';
import { uploadSteps } from './seed-steps.ts';
import { commitUpload, get, openUpload, patchUpload, readBlob } from './wire-requests.ts';

const repository = 'uploads/ends';
const empty = Buffer.alloc(0);
const half = layer.subarray(0, 10);
const latest = rememberPath('location', 'session');

/** Commits that are refused, sessions that are cancelled or never were, digests of every kind. */
export const uploadEndChapter: ContractChapter = {
  title: 'ends of uploads',
  steps: [
    {
      title: 'opens a session for errors',
      send: openUpload(repository),
      remember: latest,
      expected: { status: 202 },
    },
    {
      title: 'refuses a chunk of an odd content type',
      send: (memory) => patchUpload(recall(memory, 'session'), half, { 'Content-Type': 'text/plain' }),
      expected: { status: 500, type: 'json', codes: ['UNKNOWN'] },
    },
    {
      title: 'refuses a commit without a digest',
      send: (memory) => ({ method: 'PUT', path: recall(memory, 'session'), body: empty }),
      expected: { status: 400, type: 'json', codes: ['DIGEST_INVALID'] },
    },
    {
      title: 'refuses a commit with a malformed digest',
      send: (memory) => commitUpload(recall(memory, 'session'), 'sha256:123', empty),
      expected: { status: 400, type: 'json', codes: ['DIGEST_INVALID'] },
    },
    {
      title: 'refuses a commit with a digest of an unknown algorithm',
      send: (memory) =>
        commitUpload(recall(memory, 'session'), 'md5:d41d8cd98f00b204e9800998ecf8427e', empty),
      expected: { status: 400, type: 'json', codes: ['DIGEST_INVALID'] },
    },
    {
      title: 'refuses a commit with the digest of other bytes',
      send: (memory) => commitUpload(recall(memory, 'session'), digestOf(absent), otherLayer),
      expected: { status: 400, type: 'json', codes: ['DIGEST_INVALID'] },
    },
    {
      title: 'refuses the same location after the wrong digest',
      send: (memory) => commitUpload(recall(memory, 'session'), digestOf(otherLayer), otherLayer),
      expected: (flavour) => flavour.uploadAfterWrongDigest,
    },
    {
      title: 'opens a session to cancel',
      send: openUpload(repository),
      remember: latest,
      expected: { status: 202 },
    },
    {
      title: 'cancels a session',
      send: (memory) => ({ method: 'DELETE', path: recall(memory, 'session') }),
      expected: { status: 204, headers: { 'docker-upload-uuid': '{uuid}' } },
    },
    {
      title: 'has forgotten the cancelled session',
      send: (memory) => get(recall(memory, 'session')),
      expected: { status: 404, type: 'json', codes: ['BLOB_UPLOAD_UNKNOWN'] },
    },
    {
      title: 'refuses to cancel it again',
      send: (memory) => ({ method: 'DELETE', path: recall(memory, 'session') }),
      expected: { status: 404, type: 'json', codes: ['BLOB_UPLOAD_UNKNOWN'] },
    },
    {
      title: 'refuses a session that never was',
      send: patchUpload(`/v2/${repository}/blobs/uploads/3f0bc3f5-2b55-4f23-a43f-0d9c1c1c2f6f`, half),
      expected: { status: 404, type: 'json', codes: ['BLOB_UPLOAD_INVALID'] },
    },
    {
      title: 'refuses the status of a session that never was',
      send: get(`/v2/${repository}/blobs/uploads/3f0bc3f5-2b55-4f23-a43f-0d9c1c1c2f6f`),
      expected: (flavour) => flavour.uploadStatusUnknown,
    },
    ...uploadSteps(repository, 'no bytes', empty),
    {
      title: 'serves the empty blob',
      send: readBlob('GET', repository, digestOf(empty)),
      expected: { status: 200, type: 'application/octet-stream', digest: digestOf(Buffer.alloc(0)) },
    },
    {
      title: 'answers a single-request upload',
      send: {
        method: 'POST',
        path: `/v2/${repository}/blobs/uploads/?digest=${encodeURIComponent(digestOf(otherLayer))}`,
        headers: { 'Content-Type': 'application/octet-stream' },
        body: otherLayer,
      },
      expected: sessionAnswer(repository, 202, '0-0'),
    },
    {
      title: 'opens a session for a sha512 digest',
      send: openUpload(repository),
      remember: latest,
      expected: { status: 202 },
    },
    {
      title: 'answers a commit by sha512',
      send: (memory) => commitUpload(recall(memory, 'session'), sha512Of(otherLayer), otherLayer),
      expected: blobCreated(repository, otherLayer),
    },
    {
      title: 'answers HEAD of a blob by sha512',
      send: readBlob('HEAD', repository, sha512Of(otherLayer)),
      expected: { status: 200, type: 'application/octet-stream', length: 27, digest: digestOf(otherLayer) },
    },
    {
      title: 'serves the same blob by its sha256',
      send: readBlob('GET', repository, digestOf(otherLayer)),
      expected: {
        status: 200,
        type: 'application/octet-stream',
        digest: digestOf(otherLayer),
        body: otherLayer,
      },
    },
  ],
};
