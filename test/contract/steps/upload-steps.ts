import { absent, digestOf, layer, otherLayer, sha512Of } from '../contract-content.ts';
import { type ContractChapter, recall, rememberPath } from '../contract-step.ts';
import { uploadSteps } from './seed-steps.ts';
import { commitUpload, get, openUpload, patchUpload, readBlob } from './wire-requests.ts';

const repository = 'uploads/app';
const empty = Buffer.alloc(0);
const half = layer.subarray(0, 10);
const rest = layer.subarray(10);
const latest = rememberPath('location', 'session');

/** Upload sessions: their states, their offsets, their ends. */
export const uploadChapter: ContractChapter = {
  title: 'uploads',
  steps: [
    {
      title: 'opens a session',
      send: openUpload(repository),
      remember: latest,
      expected: {
        status: 202,
        headers: {
          location: '{origin}/v2/uploads/app/blobs/uploads/{uuid}?_state={state}',
          range: '0-0',
          'docker-upload-uuid': '{uuid}',
        },
      },
    },
    {
      title: 'tells the state of a new session',
      send: (memory) => get(recall(memory, 'session')),
      expected: {
        status: 204,
        headers: {
          location: '{origin}/v2/uploads/app/blobs/uploads/{uuid}?_state={state}',
          range: '0-0',
          'docker-upload-uuid': '{uuid}',
        },
      },
    },
    {
      title: 'takes a first chunk',
      send: (memory) => patchUpload(recall(memory, 'session'), half),
      remember: latest,
      expected: {
        status: 202,
        headers: {
          location: '{origin}/v2/uploads/app/blobs/uploads/{uuid}?_state={state}',
          range: '0-9',
          'docker-upload-uuid': '{uuid}',
        },
      },
    },
    {
      title: 'tells the state after a chunk',
      send: (memory) => get(recall(memory, 'session')),
      expected: {
        status: 204,
        headers: {
          location: '{origin}/v2/uploads/app/blobs/uploads/{uuid}?_state={state}',
          range: '0-9',
          'docker-upload-uuid': '{uuid}',
        },
      },
    },
    {
      title: 'takes the rest with the commit',
      send: (memory) => commitUpload(recall(memory, 'session'), digestOf(layer), rest),
      expected: {
        status: 201,
        digest: digestOf(layer),
        headers: { location: `{origin}/v2/uploads/app/blobs/${digestOf(layer)}` },
      },
    },
    {
      title: 'has forgotten the session after the commit',
      send: (memory) => get(recall(memory, 'session')),
      expected: { status: 404, type: 'json', codes: ['BLOB_UPLOAD_UNKNOWN'] },
    },
    {
      title: 'refuses to commit the same session again',
      send: (memory) => commitUpload(recall(memory, 'session'), digestOf(layer)),
      expected: { status: 404, type: 'json', codes: ['BLOB_UPLOAD_UNKNOWN'] },
    },
    {
      title: 'serves what the session wrote',
      send: readBlob('GET', repository, digestOf(layer)),
      expected: { status: 200, type: 'application/octet-stream', digest: digestOf(layer), body: layer },
    },

    {
      title: 'opens a session for a range',
      send: openUpload(repository),
      remember: latest,
      expected: {
        status: 202,
        headers: {
          location: '{origin}/v2/uploads/app/blobs/uploads/{uuid}?_state={state}',
          range: '0-0',
          'docker-upload-uuid': '{uuid}',
        },
      },
    },
    {
      title: 'takes a chunk with a fitting Content-Range',
      send: (memory) => patchUpload(recall(memory, 'session'), half, { 'Content-Range': '0-9' }),
      remember: latest,
      expected: {
        status: 202,
        headers: {
          location: '{origin}/v2/uploads/app/blobs/uploads/{uuid}?_state={state}',
          range: '0-9',
          'docker-upload-uuid': '{uuid}',
        },
      },
    },
    {
      title: 'answers a chunk with a Content-Range that leaves a gap',
      send: (memory) => patchUpload(recall(memory, 'session'), rest, { 'Content-Range': '50-60' }),
      expected: (flavour) => flavour.uploadRangeGap,
    },
    {
      title: 'answers the state of the session after that',
      send: (memory) => get(recall(memory, 'session')),
      expected: (flavour) => flavour.uploadStatusAfterGap,
    },

    {
      title: 'opens a session for a range of another length',
      send: openUpload(repository),
      remember: latest,
      expected: { status: 202 },
    },
    {
      title: 'answers a chunk whose Content-Range has another length',
      send: (memory) => patchUpload(recall(memory, 'session'), half, { 'Content-Range': '0-99' }),
      remember: latest,
      expected: (flavour) => flavour.uploadRangeLength,
    },
    {
      title: 'opens a session for a malformed range',
      send: openUpload(repository),
      remember: latest,
      expected: { status: 202 },
    },
    {
      title: 'answers a chunk whose Content-Range is no range',
      send: (memory) => patchUpload(recall(memory, 'session'), half, { 'Content-Range': 'bytes 0-9/21' }),
      expected: (flavour) => flavour.uploadRangeMalformed,
    },

    {
      title: 'opens a session for a stale location',
      send: openUpload(repository),
      remember: latest,
      expected: { status: 202 },
    },
    {
      title: 'takes a chunk before the stale location',
      send: (memory) => patchUpload(recall(memory, 'session'), half),
      expected: { status: 202 },
    },
    {
      title: 'refuses a chunk at the location of before',
      send: (memory) => patchUpload(recall(memory, 'session'), half),
      expected: (flavour) => flavour.uploadStale,
    },
    {
      title: 'answers another chunk at the location of before',
      send: (memory) => patchUpload(recall(memory, 'session'), half),
      expected: (flavour) => flavour.uploadStaleAgain,
    },

    {
      title: 'opens a session for a chunk without a length',
      send: openUpload(repository),
      remember: latest,
      expected: { status: 202 },
    },
    {
      title: 'takes a chunk without a length',
      send: (memory) => ({ ...patchUpload(recall(memory, 'session'), layer), framing: 'chunked' }),
      remember: latest,
      expected: {
        status: 202,
        headers: {
          location: '{origin}/v2/uploads/app/blobs/uploads/{uuid}?_state={state}',
          range: '0-20',
          'docker-upload-uuid': '{uuid}',
        },
      },
    },
    {
      title: 'commits after a chunk without a length',
      send: (memory) => commitUpload(recall(memory, 'session'), digestOf(layer)),
      expected: {
        status: 201,
        digest: digestOf(layer),
        headers: { location: `{origin}/v2/uploads/app/blobs/${digestOf(layer)}` },
      },
    },

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
      expected: {
        status: 202,
        headers: {
          location: '{origin}/v2/uploads/app/blobs/uploads/{uuid}?_state={state}',
          range: '0-0',
          'docker-upload-uuid': '{uuid}',
        },
      },
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
      expected: {
        status: 201,
        digest: digestOf(otherLayer),
        headers: { location: `{origin}/v2/uploads/app/blobs/${digestOf(otherLayer)}` },
      },
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

    {
      title: 'mounts a blob of another repository',
      send: openUpload('uploads/mounted', `?mount=${digestOf(layer)}&from=${repository}`),
      expected: {
        status: 201,
        digest: digestOf(layer),
        headers: { location: `{origin}/v2/uploads/mounted/blobs/${digestOf(layer)}` },
      },
    },
    {
      title: 'serves the mounted blob',
      send: readBlob('HEAD', 'uploads/mounted', digestOf(layer)),
      expected: { status: 200, type: 'application/octet-stream', length: 21, digest: digestOf(layer) },
    },
    {
      title: 'opens a session where the mounted blob is absent',
      send: openUpload('uploads/mounted', `?mount=${digestOf(absent)}&from=${repository}`),
      expected: {
        status: 202,
        headers: {
          location: '{origin}/v2/uploads/mounted/blobs/uploads/{uuid}?_state={state}',
          range: '0-0',
          'docker-upload-uuid': '{uuid}',
        },
      },
    },
    {
      title: 'opens a session where the repository to mount from is unknown',
      send: openUpload('uploads/mounted', `?mount=${digestOf(layer)}&from=uploads/nobody`),
      expected: {
        status: 202,
        headers: {
          location: '{origin}/v2/uploads/mounted/blobs/uploads/{uuid}?_state={state}',
          range: '0-0',
          'docker-upload-uuid': '{uuid}',
        },
      },
    },
    {
      title: 'opens a session for a mount without a repository',
      send: openUpload('uploads/elsewhere', `?mount=${digestOf(layer)}`),
      expected: {
        status: 202,
        headers: {
          location: '{origin}/v2/uploads/elsewhere/blobs/uploads/{uuid}?_state={state}',
          range: '0-0',
          'docker-upload-uuid': '{uuid}',
        },
      },
    },
    {
      title: 'builds locations from a forwarded host',
      send: {
        ...openUpload('uploads/elsewhere'),
        headers: { 'X-Forwarded-Host': 'forwarded.example.com', 'X-Forwarded-Proto': 'https' },
      },
      expected: {
        status: 202,
        headers: {
          location: 'https://forwarded.example.com/v2/uploads/elsewhere/blobs/uploads/{uuid}?_state={state}',
          range: '0-0',
          'docker-upload-uuid': '{uuid}',
        },
      },
    },
    {
      title: 'opens a session for a mount of a malformed digest',
      send: openUpload('uploads/elsewhere', `?mount=sha256:123&from=${repository}`),
      expected: {
        status: 202,
        headers: {
          location: '{origin}/v2/uploads/elsewhere/blobs/uploads/{uuid}?_state={state}',
          range: '0-0',
          'docker-upload-uuid': '{uuid}',
        },
      },
    },
  ],
};
