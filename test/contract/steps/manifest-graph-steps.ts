import {
  cacheIndex,
  config,
  digestOf,
  dockerImage,
  emptyDescriptorBlob,
  emptyIndex,
  index,
  indexWithDuplicates,
  layer,
  mediaTypes,
  nestedIndex,
  ociImage,
  ociImageArm,
  ociImageForeignLayer,
  ociImageMissingConfig,
  ociImageMissingLayer,
  ociImageTwiceTheLayer,
  ociImageWithoutLayers,
  ociImageWrongSizes,
  signature,
  signatureOfAbsent,
  sparseIndex,
} from '../contract-content.ts';
import { type ContractChapter } from '../contract-step.ts';
import { manifestCreated } from './expected-answers.ts';
import { manifestStep, uploadSteps } from './seed-steps.ts';
import { get, putManifest, readManifest } from './wire-requests.ts';

const repository = 'manifests/graph';
const put = (reference: string, body: Buffer, mediaType: string | null) =>
  putManifest(repository, reference, body, mediaType);

/** Manifests whose children, layers and subjects are missing, odd, or elsewhere. */
export const manifestGraphChapter: ContractChapter = {
  title: 'manifests over others',
  steps: [
    ...uploadSteps(repository, 'the config', config),
    ...uploadSteps(repository, 'the layer', layer),
    ...uploadSteps(repository, 'the empty config', emptyDescriptorBlob),
    manifestStep(repository, 'v1', ociImage, mediaTypes.ociManifest),
    manifestStep(repository, digestOf(ociImageArm), ociImageArm, mediaTypes.ociManifest),
    manifestStep(repository, 'index', index, mediaTypes.ociIndex),
    {
      title: 'refuses a missing layer',
      send: put('broken', ociImageMissingLayer, mediaTypes.ociManifest),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_BLOB_UNKNOWN'] },
    },
    {
      title: 'refuses a missing config',
      send: put('broken', ociImageMissingConfig, mediaTypes.ociManifest),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_BLOB_UNKNOWN'] },
    },
    {
      title: 'answers a sparse index',
      send: put('sparse', sparseIndex, mediaTypes.ociIndex),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_BLOB_UNKNOWN'] },
    },
    {
      title: 'answers an index that points at blobs',
      send: put('cache', cacheIndex, mediaTypes.ociIndex),
      expected: manifestCreated(repository, cacheIndex),
    },
    {
      title: 'takes an index without children',
      send: put('empty-index', emptyIndex, mediaTypes.ociIndex),
      expected: manifestCreated(repository, emptyIndex),
    },
    {
      title: 'takes an index of an index',
      send: put('nested', nestedIndex, mediaTypes.ociIndex),
      expected: manifestCreated(repository, nestedIndex),
    },
    {
      title: 'takes an index that names a child twice',
      send: put('twice', indexWithDuplicates, mediaTypes.ociIndex),
      expected: manifestCreated(repository, indexWithDuplicates),
    },
    {
      title: 'takes an image that names a layer twice',
      send: put('twice', ociImageTwiceTheLayer, mediaTypes.ociManifest),
      expected: manifestCreated(repository, ociImageTwiceTheLayer),
    },
    {
      title: 'takes an image without layers',
      send: put('no-layers', ociImageWithoutLayers, mediaTypes.ociManifest),
      expected: manifestCreated(repository, ociImageWithoutLayers),
    },
    {
      title: 'takes an image with wrong sizes',
      send: put('sizes', ociImageWrongSizes, mediaTypes.ociManifest),
      expected: manifestCreated(repository, ociImageWrongSizes),
    },
    {
      title: 'answers an image with a foreign layer',
      send: put('foreign', ociImageForeignLayer, mediaTypes.ociManifest),
      expected: { status: 500, type: 'json', codes: ['UNKNOWN', 'UNKNOWN', 'MANIFEST_BLOB_UNKNOWN'] },
    },
    {
      title: 'takes a Docker image',
      send: put('docker', dockerImage, mediaTypes.dockerManifest),
      expected: manifestCreated(repository, dockerImage),
    },
    {
      title: 'takes a referrer',
      send: put(digestOf(signature), signature, mediaTypes.ociManifest),
      expected: manifestCreated(repository, signature),
    },
    {
      title: 'takes a referrer of an absent subject',
      send: put(digestOf(signatureOfAbsent), signatureOfAbsent, mediaTypes.ociManifest),
      expected: manifestCreated(repository, signatureOfAbsent),
    },
    {
      title: 'has no referrers API',
      send: get(`/v2/${repository}/referrers/${digestOf(ociImage)}`),
      expected: { status: 404, type: 'text/plain; charset=utf-8', text: '404 page not found\n' },
    },
    {
      title: 'has no referrers tag of its own',
      send: readManifest('GET', repository, digestOf(ociImage).replace(':', '-')),
      expected: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
    },
    {
      title: 'refuses children of another repository',
      send: putManifest('manifests/elsewhere', 'index', index, mediaTypes.ociIndex),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN'] },
    },
  ],
};
