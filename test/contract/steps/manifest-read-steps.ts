import {
  absent,
  config,
  digestOf,
  dockerImage,
  dockerList,
  dockerListWithoutAmd64,
  index,
  indexWithoutMediaType,
  layer,
  mediaTypes,
  ociImage,
  ociImageArm,
  ociImageWithoutMediaType,
  sha512Of,
} from '../contract-content.ts';
import { type ContractChapter } from '../contract-step.ts';
import { manifestStep, uploadSteps } from './seed-steps.ts';
import { readManifest } from './wire-requests.ts';

const repository = 'manifests/read';

/** Reading manifests of every type, with Accept headers of every width. */
export const manifestReadChapter: ContractChapter = {
  title: 'manifests, read',
  steps: [
    ...uploadSteps(repository, 'the config', config),
    ...uploadSteps(repository, 'the layer', layer),
    manifestStep(repository, 'image', ociImage, mediaTypes.ociManifest),
    manifestStep(repository, digestOf(ociImageArm), ociImageArm, mediaTypes.ociManifest),
    manifestStep(repository, 'bare-image', ociImageWithoutMediaType, mediaTypes.ociManifest),
    manifestStep(repository, 'docker-image', dockerImage, mediaTypes.dockerManifest),
    manifestStep(repository, 'index', index, mediaTypes.ociIndex),
    manifestStep(repository, 'bare-index', indexWithoutMediaType, mediaTypes.ociIndex),
    manifestStep(repository, 'docker-list', dockerList, mediaTypes.dockerList),
    manifestStep(repository, 'docker-list-arm', dockerListWithoutAmd64, mediaTypes.dockerList),

    {
      title: 'answers HEAD of a tag',
      send: readManifest('HEAD', repository, 'image'),
      expected: { status: 200, type: mediaTypes.ociManifest, length: 400, digest: digestOf(ociImage) },
    },
    {
      title: 'answers GET of a tag',
      send: readManifest('GET', repository, 'image'),
      expected: { status: 200, type: mediaTypes.ociManifest, digest: digestOf(ociImage), body: ociImage },
    },
    {
      title: 'answers HEAD of a digest',
      send: readManifest('HEAD', repository, digestOf(ociImage)),
      expected: { status: 200, type: mediaTypes.ociManifest, length: 400, digest: digestOf(ociImage) },
    },
    {
      title: 'answers GET of a digest',
      send: readManifest('GET', repository, digestOf(ociImage)),
      expected: { status: 200, type: mediaTypes.ociManifest, digest: digestOf(ociImage), body: ociImage },
    },
    {
      title: 'answers GET of an untagged child',
      send: readManifest('GET', repository, digestOf(ociImageArm)),
      expected: {
        status: 200,
        type: mediaTypes.ociManifest,
        digest: digestOf(ociImageArm),
        body: ociImageArm,
      },
    },
    {
      title: 'names the type of an image that names none',
      send: readManifest('GET', repository, 'bare-image'),
      expected: {
        status: 200,
        type: mediaTypes.ociManifest,
        digest: digestOf(ociImageWithoutMediaType),
        body: ociImageWithoutMediaType,
      },
    },
    {
      title: 'names the type of an index that names none',
      send: readManifest('GET', repository, 'bare-index'),
      expected: {
        status: 200,
        type: mediaTypes.ociIndex,
        digest: digestOf(indexWithoutMediaType),
        body: indexWithoutMediaType,
      },
    },
    {
      title: 'answers GET of a Docker image',
      send: readManifest('GET', repository, 'docker-image'),
      expected: {
        status: 200,
        type: mediaTypes.dockerManifest,
        digest: digestOf(dockerImage),
        body: dockerImage,
      },
    },
    {
      title: 'answers GET of an index',
      send: readManifest('GET', repository, 'index'),
      expected: { status: 200, type: mediaTypes.ociIndex, digest: digestOf(index), body: index },
    },
    {
      title: 'answers GET of a Docker list',
      send: readManifest('GET', repository, 'docker-list'),
      expected: { status: 200, type: mediaTypes.dockerList, digest: digestOf(dockerList), body: dockerList },
    },

    {
      title: 'hides an OCI image from a client that does not accept it',
      send: readManifest('GET', repository, 'image', mediaTypes.dockerManifest),
      expected: {
        status: 404,
        type: 'json',
        codes: ['MANIFEST_UNKNOWN'],
        message: 'OCI manifest found, but accept header does not support OCI manifests',
      },
    },
    {
      title: 'hides an OCI image by digest too',
      send: readManifest('GET', repository, digestOf(ociImage), mediaTypes.dockerManifest),
      expected: {
        status: 404,
        type: 'json',
        codes: ['MANIFEST_UNKNOWN'],
        message: 'OCI manifest found, but accept header does not support OCI manifests',
      },
    },
    {
      title: 'hides an OCI image from HEAD, without an explanation',
      send: readManifest('HEAD', repository, 'image', mediaTypes.dockerManifest),
      expected: { status: 404, type: 'json', length: 122 },
    },
    {
      title: 'answers GET of an OCI index from a client that does not accept it',
      send: readManifest('GET', repository, 'index', mediaTypes.ociManifest),
      expected: (flavour) => flavour.getIndexNarrow,
    },
    {
      title: 'answers GET of an index that names no type with a narrow Accept header',
      send: readManifest('GET', repository, 'bare-index', mediaTypes.ociManifest),
      expected: {
        status: 200,
        type: mediaTypes.ociIndex,
        digest: digestOf(indexWithoutMediaType),
        body: indexWithoutMediaType,
      },
    },
    {
      title: 'hides OCI manifests where no Accept header is sent',
      send: readManifest('GET', repository, 'image', null),
      expected: {
        status: 404,
        type: 'json',
        codes: ['MANIFEST_UNKNOWN'],
        message: 'OCI manifest found, but accept header does not support OCI manifests',
      },
    },
    {
      title: 'does not take */* for an OCI type',
      send: readManifest('GET', repository, 'image', '*/*'),
      expected: {
        status: 404,
        type: 'json',
        codes: ['MANIFEST_UNKNOWN'],
        message: 'OCI manifest found, but accept header does not support OCI manifests',
      },
    },
    {
      title: 'ignores a quality value',
      send: readManifest('GET', repository, 'image', `${mediaTypes.ociManifest};q=0.1`),
      expected: { status: 200, type: mediaTypes.ociManifest, digest: digestOf(ociImage), body: ociImage },
    },
    {
      title: 'gives the amd64 child in place of a Docker list to a narrow client',
      send: readManifest('GET', repository, 'docker-list', mediaTypes.dockerManifest),
      expected: {
        status: 200,
        type: mediaTypes.dockerManifest,
        digest: digestOf(dockerImage),
        body: dockerImage,
      },
    },
    {
      title: 'answers HEAD of a Docker list to a narrow client with the digest of the child',
      send: readManifest('HEAD', repository, 'docker-list', mediaTypes.dockerManifest),
      expected: { status: 200, type: mediaTypes.dockerManifest, length: 422, digest: digestOf(dockerImage) },
    },
    {
      title: 'finds no amd64 child in a Docker list',
      send: readManifest('GET', repository, 'docker-list-arm', mediaTypes.dockerManifest),
      expected: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
    },
    {
      title: 'gives a Docker list by digest to a narrow client',
      send: readManifest('GET', repository, digestOf(dockerList), mediaTypes.dockerManifest),
      expected: { status: 200, type: mediaTypes.dockerList, digest: digestOf(dockerList), body: dockerList },
    },
    {
      title: 'gives a Docker image by digest without an Accept header',
      send: readManifest('GET', repository, digestOf(dockerImage), null),
      expected: {
        status: 200,
        type: mediaTypes.dockerManifest,
        digest: digestOf(dockerImage),
        body: dockerImage,
      },
    },
    {
      title: 'answers HEAD of a Docker image by tag without an Accept header',
      varies: 'distribution 2.8 signs a schema 1 manifest of its own',
      send: readManifest('HEAD', repository, 'docker-image', null),
      expected: (flavour) => flavour.headDockerNoAccept,
    },
    {
      title: 'answers GET of a Docker list without an Accept header',
      send: readManifest('GET', repository, 'docker-list-arm', null),
      expected: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
    },

    {
      title: 'answers an entity tag that still holds without a look at Accept',
      send: {
        ...readManifest('GET', repository, 'image', null),
        headers: { 'If-None-Match': `"${digestOf(ociImage)}"` },
      },
      expected: { status: 304 },
    },
    {
      title: 'answers GET of an absent tag',
      send: readManifest('GET', repository, 'absent'),
      expected: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
    },
    {
      title: 'answers HEAD of an absent tag',
      send: readManifest('HEAD', repository, 'absent'),
      expected: (flavour) => flavour.headTagAbsent,
    },
    {
      title: 'answers GET of an absent digest',
      send: readManifest('GET', repository, digestOf(absent)),
      expected: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
    },
    {
      title: 'answers GET of an absent sha512 digest',
      send: readManifest('GET', repository, sha512Of(absent)),
      expected: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
    },
    {
      title: 'answers GET of a tag in an unknown repository',
      send: readManifest('GET', 'manifests/nobody', 'v1'),
      expected: { status: 404, type: 'json', codes: ['MANIFEST_UNKNOWN'] },
    },
    {
      title: 'answers GET of a blob as a manifest',
      send: readManifest('GET', repository, digestOf(config)),
      expected: { status: 500, type: 'json', codes: ['UNKNOWN'] },
    },
    {
      title: 'answers GET of a manifest as a blob',
      send: { method: 'GET', path: `/v2/${repository}/blobs/${digestOf(ociImage)}` },
      expected: (flavour) => flavour.getManifestAsBlob,
    },
  ],
};
