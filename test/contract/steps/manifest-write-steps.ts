import {
  artifactManifest,
  config,
  digestOf,
  index,
  indexAndImage,
  layer,
  mediaTypes,
  notJson,
  ociImage,
  ociImageArm,
  ociImageWithoutMediaType,
  oversizeManifest,
  schemaVersionOne,
  sha512Of,
} from '../contract-content.ts';
import { type ContractChapter } from '../contract-step.ts';
import { manifestCreated } from './expected-answers.ts';
import { uploadSteps } from './seed-steps.ts';
import { putManifest, readManifest } from './wire-requests.ts';

const repository = 'manifests/write';
const put = (reference: string, body: Buffer, mediaType: string | null) =>
  putManifest(repository, reference, body, mediaType);

/** What a registry checks of a manifest before it takes it. */
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
    {
      title: 'refuses an index whose children are missing',
      send: put('index', index, mediaTypes.ociIndex),
      expected: { status: 400, type: 'json', codes: ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN'] },
    },
    {
      title: 'takes an image by tag',
      send: put('v1', ociImage, mediaTypes.ociManifest),
      expected: manifestCreated(repository, ociImage),
    },
    {
      title: 'takes the same image by the same tag again',
      send: put('v1', ociImage, mediaTypes.ociManifest),
      expected: manifestCreated(repository, ociImage),
    },
    {
      title: 'takes an image by digest',
      send: put(digestOf(ociImageArm), ociImageArm, mediaTypes.ociManifest),
      expected: manifestCreated(repository, ociImageArm),
    },
    {
      title: 'takes an index after its children',
      send: put('index', index, mediaTypes.ociIndex),
      expected: manifestCreated(repository, index),
    },
    {
      title: 'moves a tag',
      send: put('v1', ociImageArm, mediaTypes.ociManifest),
      expected: manifestCreated(repository, ociImageArm),
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
      expected: manifestCreated(repository, ociImageWithoutMediaType),
    },
    {
      title: 'takes a Content-Type with a parameter',
      send: put('parameter', ociImage, `${mediaTypes.ociManifest}; charset=utf-8`),
      expected: manifestCreated(repository, ociImage),
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
  ],
};
