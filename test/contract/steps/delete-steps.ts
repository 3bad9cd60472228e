import {
  absent,
  config,
  digestOf,
  index,
  layer,
  mediaTypes,
  ociImage,
  ociImageArm,
  otherLayer,
} from '../contract-content.ts';
import { type ContractChapter } from '../contract-step.ts';
import { manifestStep, uploadSteps } from './seed-steps.ts';
import { deleteManifest, get, putManifest, readBlob, readManifest } from './wire-requests.ts';

const repository = 'deletes/app';
const tags = get(`/v2/${repository}/tags/list`);

const seed = [
  ...uploadSteps(repository, 'the config', config),
  ...uploadSteps(repository, 'the layer', layer),
  manifestStep(repository, 'v1', ociImage, mediaTypes.ociManifest),
  manifestStep(repository, 'stable', ociImage, mediaTypes.ociManifest),
  manifestStep(repository, 'arm', ociImageArm, mediaTypes.ociManifest),
  manifestStep(repository, 'index', index, mediaTypes.ociIndex),
];

/** Deletes by tag name and by digest where the registry allows deletes. */
export const deleteChapter: ContractChapter = {
  title: 'deletes',
  steps: [
    ...seed,
    {
      title: 'answers DELETE of a tag by name',
      send: deleteManifest(repository, 'v1'),
      expected: (flavour) => flavour.deleteTag,
    },
    {
      title: 'answers GET of that tag',
      send: readManifest('GET', repository, 'v1'),
      expected: (flavour) => flavour.getDeletedTag,
    },
    {
      title: 'keeps the sibling tag',
      send: readManifest('HEAD', repository, 'stable'),
      expected: { status: 200, type: mediaTypes.ociManifest, length: 400, digest: digestOf(ociImage) },
    },
    {
      title: 'keeps the manifest',
      send: readManifest('HEAD', repository, digestOf(ociImage)),
      expected: { status: 200, type: mediaTypes.ociManifest, length: 400, digest: digestOf(ociImage) },
    },
    {
      title: 'lists the tags after the DELETE by name',
      send: tags,
      expected: (flavour) => flavour.tagsAfterDelete,
    },
    {
      title: 'answers DELETE of an absent tag',
      send: deleteManifest(repository, 'absent'),
      expected: (flavour) => flavour.deleteTagAbsent,
    },
    {
      title: 'answers DELETE of a tag in an unknown repository',
      send: deleteManifest('deletes/nobody', 'v1'),
      expected: (flavour) => flavour.deleteTagUnknownRepository,
    },
    {
      title: 'answers DELETE of an absent digest',
      send: deleteManifest(repository, digestOf(absent)),
      expected: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
    },
    {
      title: 'answers DELETE of a digest in an unknown repository',
      send: deleteManifest('deletes/nobody', digestOf(ociImage)),
      expected: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
    },
    {
      title: 'answers DELETE of a digest of an unknown algorithm',
      send: deleteManifest(repository, 'md5:d41d8cd98f00b204e9800998ecf8427e'),
      expected: (flavour) => flavour.deleteMd5,
    },
    {
      title: 'deletes a manifest by digest although an index names it',
      send: deleteManifest(repository, digestOf(ociImage)),
      expected: { status: 202 },
    },
    {
      title: 'has deleted every tag of that digest',
      send: readManifest('GET', repository, 'stable'),
      expected: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
    },
    {
      title: 'lists the tags after the DELETE by digest',
      send: tags,
      expected: { status: 200, type: 'json', headers: { link: null }, tags: ['arm', 'index'] },
    },
    {
      title: 'has no deleted manifest',
      send: readManifest('GET', repository, digestOf(ociImage)),
      expected: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
    },
    {
      title: 'still serves the index over the deleted child',
      send: readManifest('GET', repository, 'index'),
      expected: { status: 200, type: mediaTypes.ociIndex, digest: digestOf(index), body: index },
    },
    {
      title: 'keeps the blobs of a deleted manifest',
      send: readBlob('HEAD', repository, digestOf(layer)),
      expected: { status: 200, type: 'application/octet-stream', length: 21, digest: digestOf(layer) },
    },
    {
      title: 'answers DELETE of the same digest again',
      send: deleteManifest(repository, digestOf(ociImage)),
      expected: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
    },
    {
      title: 'refuses an index over the deleted child',
      send: putManifest(repository, 'index-again', index, mediaTypes.ociIndex),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_BLOB_UNKNOWN'] },
    },
    manifestStep(repository, 'again', ociImage, mediaTypes.ociManifest),
    {
      title: 'serves a manifest that came back',
      send: readManifest('HEAD', repository, 'again'),
      expected: { status: 200, type: mediaTypes.ociManifest, length: 400, digest: digestOf(ociImage) },
    },
  ],
};

/** The same where deletes are switched off. */
export const noDeleteChapter: ContractChapter = {
  title: 'deletes switched off',
  steps: [
    ...seed,
    ...uploadSteps(repository, 'another layer', otherLayer),
    {
      title: 'refuses DELETE of a tag',
      send: deleteManifest(repository, 'v1'),
      expected: { status: 405, type: 'json', codes: ['UNSUPPORTED'] },
    },
    {
      title: 'refuses DELETE of an absent tag',
      send: deleteManifest(repository, 'absent'),
      expected: { status: 405, type: 'json', codes: ['UNSUPPORTED'] },
    },
    {
      title: 'refuses DELETE of a manifest',
      send: deleteManifest(repository, digestOf(ociImage)),
      expected: { status: 405, type: 'json', codes: ['UNSUPPORTED'] },
    },
    {
      title: 'refuses DELETE of an absent manifest',
      send: deleteManifest(repository, digestOf(absent)),
      expected: { status: 405, type: 'json', codes: ['UNSUPPORTED'] },
    },
    {
      title: 'refuses DELETE of a blob',
      send: { method: 'DELETE', path: `/v2/${repository}/blobs/${digestOf(otherLayer)}` },
      expected: { status: 405, type: 'json', codes: ['UNSUPPORTED'] },
    },
    {
      title: 'keeps the tag',
      send: readManifest('HEAD', repository, 'v1'),
      expected: { status: 200, type: mediaTypes.ociManifest, length: 400, digest: digestOf(ociImage) },
    },
  ],
};
