import { absent, digestOf, layer, sha512Of } from '../contract-content.ts';
import { type ContractChapter } from '../contract-step.ts';
import { uploadSteps } from './seed-steps.ts';
import { get, readBlob } from './wire-requests.ts';

const repository = 'blobs/app';
const range = (value: string) => ({
  ...readBlob('GET', repository, digestOf(layer)),
  headers: { Range: value },
});

/** Blobs that are there, in part, in another repository, or not at all. */
export const blobChapter: ContractChapter = {
  title: 'blobs',
  steps: [
    ...uploadSteps(repository, 'the layer', layer),
    {
      title: 'answers HEAD of a blob',
      send: readBlob('HEAD', repository, digestOf(layer)),
      expected: { status: 200, type: 'application/octet-stream', length: 21, digest: digestOf(layer) },
    },
    {
      title: 'answers GET of a blob',
      send: readBlob('GET', repository, digestOf(layer)),
      expected: { status: 200, type: 'application/octet-stream', digest: digestOf(layer), body: layer },
    },
    {
      title: 'gives a range',
      send: range('bytes=4-8'),
      expected: {
        status: 206,
        type: 'application/octet-stream',
        digest: digestOf(layer),
        headers: { 'content-range': 'bytes 4-8/21' },
        text: 'bytes',
      },
    },
    {
      title: 'gives the rest from an offset',
      send: range('bytes=10-'),
      expected: {
        status: 206,
        type: 'application/octet-stream',
        digest: digestOf(layer),
        headers: { 'content-range': 'bytes 10-20/21' },
        text: 'of a layer\n',
      },
    },
    {
      title: 'gives a suffix',
      send: range('bytes=-5'),
      expected: {
        status: 206,
        type: 'application/octet-stream',
        digest: digestOf(layer),
        headers: { 'content-range': 'bytes 16-20/21' },
        text: 'ayer\n',
      },
    },
    {
      title: 'refuses a range behind the end',
      varies: 'the headers depend on the Go version that the registry was built with',
      send: range('bytes=500-'),
      expected: (flavour) => flavour.blobRangeBehind,
    },
    {
      title: 'answers an entity tag that still holds',
      send: {
        ...readBlob('GET', repository, digestOf(layer)),
        headers: { 'If-None-Match': `"${digestOf(layer)}"` },
      },
      expected: { status: 304, digest: digestOf(layer) },
    },
    {
      title: 'answers HEAD of an absent blob',
      send: readBlob('HEAD', repository, digestOf(absent)),
      expected: { status: 404, type: 'json', length: 157 },
    },
    {
      title: 'answers GET of an absent blob',
      send: readBlob('GET', repository, digestOf(absent)),
      expected: { status: 404, type: 'json', codes: ['BLOB_UNKNOWN'] },
    },
    {
      title: 'does not serve a blob of another repository',
      send: readBlob('GET', 'blobs/other', digestOf(layer)),
      expected: { status: 404, type: 'json', codes: ['BLOB_UNKNOWN'] },
    },
    {
      title: 'answers HEAD of a blob by an absent sha512',
      send: readBlob('HEAD', repository, sha512Of(absent)),
      expected: { status: 404, type: 'json', length: 221 },
    },
    {
      title: 'answers GET of a malformed digest',
      send: get(`/v2/${repository}/blobs/sha256:123`),
      expected: { status: 400, type: 'json', codes: ['DIGEST_INVALID'] },
    },
    {
      title: 'answers GET of a digest of an unknown algorithm',
      send: get(`/v2/${repository}/blobs/md5:d41d8cd98f00b204e9800998ecf8427e`),
      expected: { status: 400, type: 'json', codes: ['DIGEST_INVALID'] },
    },
    {
      title: 'has no route for a blob by a word',
      send: get(`/v2/${repository}/blobs/latest`),
      expected: { status: 404, type: 'text/plain; charset=utf-8', text: '404 page not found\n' },
    },
    {
      title: 'deletes a blob',
      send: { method: 'DELETE', path: `/v2/${repository}/blobs/${digestOf(layer)}` },
      expected: { status: 202 },
    },
    {
      title: 'has no deleted blob',
      send: readBlob('HEAD', repository, digestOf(layer)),
      expected: { status: 404, type: 'json', length: 157 },
    },
    {
      title: 'answers DELETE of an absent blob',
      send: { method: 'DELETE', path: `/v2/${repository}/blobs/${digestOf(layer)}` },
      expected: { status: 404, type: 'json', codes: ['BLOB_UNKNOWN'] },
    },
  ],
};
