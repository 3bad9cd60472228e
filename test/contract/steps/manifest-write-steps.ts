import {
  artifactManifest,
  cacheIndex,
  config,
  digestOf,
  dockerImage,
  emptyDescriptorBlob,
  emptyIndex,
  index,
  indexAndImage,
  indexWithDuplicates,
  layer,
  mediaTypes,
  nestedIndex,
  notJson,
  ociImage,
  ociImageArm,
  ociImageForeignLayer,
  ociImageMissingConfig,
  ociImageMissingLayer,
  ociImageTwiceTheLayer,
  ociImageWithoutLayers,
  ociImageWithoutMediaType,
  ociImageWrongSizes,
  oversizeManifest,
  schemaVersionOne,
  sha512Of,
  signature,
  signatureOfAbsent,
  sparseIndex,
} from '../contract-content.ts';
import { type ContractChapter } from '../contract-step.ts';
import { uploadSteps } from './seed-steps.ts';
import { get, putManifest, readManifest } from './wire-requests.ts';

const repository = 'manifests/write';
const put = (reference: string, body: Buffer, mediaType: string | null) =>
  putManifest(repository, reference, body, mediaType);

/** What a registry checks before it takes a manifest, and what it lets through. */
export const manifestWriteChapter: ContractChapter = {
  title: 'manifests, written',
  steps: [
    {
      title: 'refuses an image in a repository that holds nothing',
      send: put('v1', ociImage, mediaTypes.ociManifest),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN'] },
    },
    ...uploadSteps(repository, 'the config', config),
    {
      title: 'refuses an image whose layer is missing',
      send: put('v1', ociImage, mediaTypes.ociManifest),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_BLOB_UNKNOWN'] },
    },
    ...uploadSteps(repository, 'the layer', layer),
    ...uploadSteps(repository, 'the empty config', emptyDescriptorBlob),
    {
      title: 'refuses an index whose children are missing',
      send: put('index', index, mediaTypes.ociIndex),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN'] },
    },
    {
      title: 'takes an image by tag',
      send: put('v1', ociImage, mediaTypes.ociManifest),
      expected: {
        status: 201,
        digest: digestOf(ociImage),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(ociImage)}` },
      },
    },
    {
      title: 'takes the same image by the same tag again',
      send: put('v1', ociImage, mediaTypes.ociManifest),
      expected: {
        status: 201,
        digest: digestOf(ociImage),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(ociImage)}` },
      },
    },
    {
      title: 'takes an image by digest',
      send: put(digestOf(ociImageArm), ociImageArm, mediaTypes.ociManifest),
      expected: {
        status: 201,
        digest: digestOf(ociImageArm),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(ociImageArm)}` },
      },
    },
    {
      title: 'takes an index after its children',
      send: put('index', index, mediaTypes.ociIndex),
      expected: {
        status: 201,
        digest: digestOf(index),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(index)}` },
      },
    },
    {
      title: 'moves a tag',
      send: put('v1', ociImageArm, mediaTypes.ociManifest),
      expected: {
        status: 201,
        digest: digestOf(ociImageArm),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(ociImageArm)}` },
      },
    },
    {
      title: 'shows the moved tag',
      send: readManifest('HEAD', repository, 'v1'),
      expected: { status: 200, type: mediaTypes.ociManifest, length: 439, digest: digestOf(ociImageArm) },
    },
    {
      title: 'keeps the manifest the tag left',
      send: readManifest('HEAD', repository, digestOf(ociImage)),
      expected: { status: 200, type: mediaTypes.ociManifest, length: 400, digest: digestOf(ociImage) },
    },
    {
      title: 'takes an image without a media type',
      send: put('bare', ociImageWithoutMediaType, mediaTypes.ociManifest),
      expected: {
        status: 201,
        digest: digestOf(ociImageWithoutMediaType),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(ociImageWithoutMediaType)}` },
      },
    },
    {
      title: 'takes a Content-Type with a parameter',
      send: put('parameter', ociImage, `${mediaTypes.ociManifest}; charset=utf-8`),
      expected: {
        status: 201,
        digest: digestOf(ociImage),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(ociImage)}` },
      },
    },
    {
      title: 'refuses an image whose media type is not its Content-Type',
      send: put('mismatch', ociImage, mediaTypes.dockerManifest),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_INVALID'] },
    },
    {
      title: 'refuses an image sent as an index',
      send: put('mismatch', ociImage, mediaTypes.ociIndex),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_INVALID'] },
    },
    {
      title: 'refuses an index sent as an image',
      send: put('mismatch', index, mediaTypes.ociManifest),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_INVALID'] },
    },
    {
      title: 'refuses a body that is both index and image',
      send: put('mismatch', indexAndImage, mediaTypes.ociManifest),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_INVALID'] },
    },
    {
      title: 'refuses a manifest without a Content-Type',
      send: put('untyped', ociImage, null),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_INVALID'] },
    },
    {
      title: 'refuses a manifest sent as JSON',
      send: put('untyped', ociImage, 'application/json'),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_INVALID'] },
    },
    {
      title: 'refuses an artifact manifest',
      send: put('artifact', artifactManifest, mediaTypes.ociArtifact),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_INVALID'] },
    },
    {
      title: 'refuses half a document',
      send: put('half', notJson, mediaTypes.ociManifest),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_INVALID'] },
    },
    {
      title: 'refuses an empty body',
      send: put('half', Buffer.alloc(0), mediaTypes.ociManifest),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_INVALID'] },
    },
    {
      title: 'refuses another schema version',
      send: put('one', schemaVersionOne, mediaTypes.ociManifest),
      expected: { status: 500, type: 'json', codes: ['UNKNOWN'] },
    },
    {
      title: 'refuses a digest that is not the body’s',
      send: put(digestOf(ociImage), ociImageArm, mediaTypes.ociManifest),
      expected: { status: 400, type: 'json', codes: ['DIGEST_INVALID'] },
    },
    {
      title: 'answers a PUT by the body’s sha512',
      send: put(sha512Of(ociImage), ociImage, mediaTypes.ociManifest),
      expected: { status: 400, type: 'json', codes: ['DIGEST_INVALID'] },
    },
    {
      title: 'refuses a manifest above 4 MiB',
      send: put('large', oversizeManifest, mediaTypes.ociManifest),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_INVALID'] },
    },
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
      expected: {
        status: 201,
        digest: digestOf(cacheIndex),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(cacheIndex)}` },
      },
    },
    {
      title: 'takes an index without children',
      send: put('empty-index', emptyIndex, mediaTypes.ociIndex),
      expected: {
        status: 201,
        digest: digestOf(emptyIndex),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(emptyIndex)}` },
      },
    },
    {
      title: 'takes an index of an index',
      send: put('nested', nestedIndex, mediaTypes.ociIndex),
      expected: {
        status: 201,
        digest: digestOf(nestedIndex),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(nestedIndex)}` },
      },
    },
    {
      title: 'takes an index that names a child twice',
      send: put('twice', indexWithDuplicates, mediaTypes.ociIndex),
      expected: {
        status: 201,
        digest: digestOf(indexWithDuplicates),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(indexWithDuplicates)}` },
      },
    },
    {
      title: 'takes an image that names a layer twice',
      send: put('twice', ociImageTwiceTheLayer, mediaTypes.ociManifest),
      expected: {
        status: 201,
        digest: digestOf(ociImageTwiceTheLayer),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(ociImageTwiceTheLayer)}` },
      },
    },
    {
      title: 'takes an image without layers',
      send: put('no-layers', ociImageWithoutLayers, mediaTypes.ociManifest),
      expected: {
        status: 201,
        digest: digestOf(ociImageWithoutLayers),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(ociImageWithoutLayers)}` },
      },
    },
    {
      title: 'takes an image with wrong sizes',
      send: put('sizes', ociImageWrongSizes, mediaTypes.ociManifest),
      expected: {
        status: 201,
        digest: digestOf(ociImageWrongSizes),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(ociImageWrongSizes)}` },
      },
    },
    {
      title: 'answers an image with a foreign layer',
      send: put('foreign', ociImageForeignLayer, mediaTypes.ociManifest),
      expected: { status: 500, type: 'json', codes: ['UNKNOWN', 'UNKNOWN', 'MANIFEST_BLOB_UNKNOWN'] },
    },
    {
      title: 'takes a Docker image',
      send: put('docker', dockerImage, mediaTypes.dockerManifest),
      expected: {
        status: 201,
        digest: digestOf(dockerImage),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(dockerImage)}` },
      },
    },
    {
      title: 'takes a referrer',
      send: put(digestOf(signature), signature, mediaTypes.ociManifest),
      expected: {
        status: 201,
        digest: digestOf(signature),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(signature)}` },
      },
    },
    {
      title: 'takes a referrer of an absent subject',
      send: put(digestOf(signatureOfAbsent), signatureOfAbsent, mediaTypes.ociManifest),
      expected: {
        status: 201,
        digest: digestOf(signatureOfAbsent),
        headers: { location: `{origin}/v2/manifests/write/manifests/${digestOf(signatureOfAbsent)}` },
      },
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
