import { digestOf, emptyDescriptorBlob, layer, mediaTypes, ociImage } from '../contract-content.ts';
import { type ContractChapter } from '../contract-step.ts';
import { deleteManifest, get, openUpload, putManifest } from './wire-requests.ts';

const repository = 'readonly/app';

/** A registry in read-only maintenance; it is empty, for nothing can be written. */
export const readOnlyChapter: ContractChapter = {
  title: 'read-only maintenance',
  steps: [
    {
      title: 'answers the base route',
      send: get('/v2/'),
      expected: { status: 200, type: 'json', body: emptyDescriptorBlob },
    },
    {
      title: 'refuses an upload',
      send: openUpload(repository),
      expected: {
        status: 405,
        type: 'text/plain; charset=utf-8',
        headers: { allow: 'GET, HEAD' },
        text: 'Method not allowed\n',
      },
    },
    {
      title: 'refuses a manifest',
      send: putManifest(repository, 'v1', ociImage, mediaTypes.ociManifest),
      expected: {
        status: 405,
        type: 'text/plain; charset=utf-8',
        headers: { allow: 'GET, HEAD' },
        text: 'Method not allowed\n',
      },
    },
    {
      title: 'refuses DELETE of a tag',
      send: deleteManifest(repository, 'v1'),
      expected: {
        status: 405,
        type: 'text/plain; charset=utf-8',
        headers: { allow: 'GET, HEAD' },
        text: 'Method not allowed\n',
      },
    },
    {
      title: 'refuses DELETE of a manifest',
      send: deleteManifest(repository, digestOf(ociImage)),
      expected: {
        status: 405,
        type: 'text/plain; charset=utf-8',
        headers: { allow: 'GET, HEAD' },
        text: 'Method not allowed\n',
      },
    },
    {
      title: 'refuses DELETE of a blob',
      send: { method: 'DELETE', path: `/v2/${repository}/blobs/${digestOf(layer)}` },
      expected: {
        status: 405,
        type: 'text/plain; charset=utf-8',
        headers: { allow: 'GET, HEAD' },
        text: 'Method not allowed\n',
      },
    },
  ],
};
