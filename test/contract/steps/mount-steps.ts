import { absent, digestOf, layer } from '../contract-content.ts';
import { type ContractChapter } from '../contract-step.ts';
import { blobCreated, sessionAnswer } from './expected-answers.ts';
import { uploadSteps } from './seed-steps.ts';
import { openUpload, readBlob } from './wire-requests.ts';

const repository = 'mounts/app';
const mounted = 'mounts/mounted';
const elsewhere = 'mounts/elsewhere';

/** Blobs that come from another repository, or do not. */
export const mountChapter: ContractChapter = {
  title: 'mounts',
  steps: [
    ...uploadSteps(repository, 'the layer', layer),
    {
      title: 'mounts a blob of another repository',
      send: openUpload(mounted, `?mount=${digestOf(layer)}&from=${repository}`),
      expected: blobCreated(mounted, layer),
    },
    {
      title: 'serves the mounted blob',
      send: readBlob('HEAD', mounted, digestOf(layer)),
      expected: { status: 200, type: 'application/octet-stream', length: 21, digest: digestOf(layer) },
    },
    {
      title: 'opens a session where the mounted blob is absent',
      send: openUpload(mounted, `?mount=${digestOf(absent)}&from=${repository}`),
      expected: sessionAnswer(mounted, 202, '0-0'),
    },
    {
      title: 'opens a session where the repository to mount from is unknown',
      send: openUpload(mounted, `?mount=${digestOf(layer)}&from=mounts/nobody`),
      expected: sessionAnswer(mounted, 202, '0-0'),
    },
    {
      title: 'opens a session for a mount without a repository',
      send: openUpload(elsewhere, `?mount=${digestOf(layer)}`),
      expected: sessionAnswer(elsewhere, 202, '0-0'),
    },
    {
      title: 'builds locations from a forwarded host',
      send: {
        ...openUpload(elsewhere),
        headers: { 'X-Forwarded-Host': 'forwarded.example.com', 'X-Forwarded-Proto': 'https' },
      },
      expected: {
        status: 202,
        headers: {
          location: 'https://forwarded.example.com/v2/mounts/elsewhere/blobs/uploads/{uuid}?_state={state}',
          range: '0-0',
          'docker-upload-uuid': '{uuid}',
        },
      },
    },
    {
      title: 'opens a session for a mount of a malformed digest',
      send: openUpload(elsewhere, `?mount=sha256:123&from=${repository}`),
      expected: sessionAnswer(elsewhere, 202, '0-0'),
    },
  ],
};
