import { digestOf, layer } from '../contract-content.ts';
import { type ContractChapter, recall, rememberPath } from '../contract-step.ts';
import { blobCreated, sessionAnswer } from './expected-answers.ts';
import { commitUpload, get, openUpload, patchUpload, readBlob } from './wire-requests.ts';

const repository = 'uploads/app';
const half = layer.subarray(0, 10);
const rest = layer.subarray(10);
const latest = rememberPath('location', 'session');

/** Upload sessions: their states, their offsets, their locations. */
export const uploadSessionChapter: ContractChapter = {
  title: 'upload sessions',
  steps: [
    {
      title: 'opens a session',
      send: openUpload(repository),
      remember: latest,
      expected: sessionAnswer(repository, 202, '0-0'),
    },
    {
      title: 'tells the state of a new session',
      send: (memory) => get(recall(memory, 'session')),
      expected: sessionAnswer(repository, 204, '0-0'),
    },
    {
      title: 'takes a first chunk',
      send: (memory) => patchUpload(recall(memory, 'session'), half),
      remember: latest,
      expected: sessionAnswer(repository, 202, '0-9'),
    },
    {
      title: 'tells the state after a chunk',
      send: (memory) => get(recall(memory, 'session')),
      expected: sessionAnswer(repository, 204, '0-9'),
    },
    {
      title: 'takes the rest with the commit',
      send: (memory) => commitUpload(recall(memory, 'session'), digestOf(layer), rest),
      expected: blobCreated(repository, layer),
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
      expected: sessionAnswer(repository, 202, '0-0'),
    },
    {
      title: 'takes a chunk with a fitting Content-Range',
      send: (memory) => patchUpload(recall(memory, 'session'), half, { 'Content-Range': '0-9' }),
      remember: latest,
      expected: sessionAnswer(repository, 202, '0-9'),
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
      expected: sessionAnswer(repository, 202, '0-20'),
    },
    {
      title: 'commits after a chunk without a length',
      send: (memory) => commitUpload(recall(memory, 'session'), digestOf(layer)),
      expected: blobCreated(repository, layer),
    },
  ],
};
