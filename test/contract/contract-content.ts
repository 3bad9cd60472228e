import { createHash } from 'node:crypto';

/** Media types the script sends and expects. */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  ociArtifact: 'application/vnd.oci.artifact.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociForeignLayer: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

/** The Accept header of a client that reads everything. */
export const acceptAll = [
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
  mediaTypes.dockerManifest,
  mediaTypes.dockerList,
].join(', ');

export const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
export const sha512Of = (bytes: Buffer): string =>
  `sha512:${createHash('sha512').update(bytes).digest('hex')}`;

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const describe = (mediaType: string, bytes: Buffer) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});
const onPlatform = (mediaType: string, bytes: Buffer, architecture: string) => ({
  ...describe(mediaType, bytes),
  platform: { architecture, os: 'linux' },
});

export const layer = Buffer.from('the bytes of a layer\n');
export const otherLayer = Buffer.from('the bytes of another layer\n');
export const config = json({
  architecture: 'amd64',
  os: 'linux',
  created: '2024-01-01T00:00:00Z',
  config: {},
  history: [{ created: '2024-01-01T00:00:00Z', created_by: 'contract' }],
  rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
});
/** Bytes that no step uploads. */
export const absent = Buffer.from('nobody has these bytes\n');

const ociBody = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: describe(mediaTypes.ociConfig, config),
  layers: [describe(mediaTypes.ociLayer, layer)],
};

export const ociImage = json(ociBody);
export const ociImageArm = json({ ...ociBody, annotations: { architecture: 'arm64' } });
export const ociImageWithoutMediaType = json({
  schemaVersion: 2,
  config: ociBody.config,
  layers: ociBody.layers,
});
export const ociImageWithoutLayers = json({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: ociBody.config,
});
export const ociImageTwiceTheLayer = json({ ...ociBody, layers: [...ociBody.layers, ...ociBody.layers] });
export const ociImageMissingLayer = json({ ...ociBody, layers: [describe(mediaTypes.ociLayer, absent)] });
export const ociImageMissingConfig = json({ ...ociBody, config: describe(mediaTypes.ociConfig, absent) });
export const ociImageWrongSizes = json({ ...ociBody, layers: [{ ...ociBody.layers[0], size: 7 }] });
export const ociImageForeignLayer = json({
  ...ociBody,
  layers: [{ ...describe(mediaTypes.ociForeignLayer, absent), urls: ['https://layers.example.com/layer'] }],
});
export const schemaVersionOne = json({ ...ociBody, schemaVersion: 1 });
export const indexAndImage = json({ ...ociBody, manifests: [] });

export const dockerImage = json({
  schemaVersion: 2,
  mediaType: mediaTypes.dockerManifest,
  config: describe(mediaTypes.dockerConfig, config),
  layers: [describe(mediaTypes.dockerLayer, layer)],
});
export const dockerList = json({
  schemaVersion: 2,
  mediaType: mediaTypes.dockerList,
  manifests: [onPlatform(mediaTypes.dockerManifest, dockerImage, 'amd64')],
});
export const dockerListWithoutAmd64 = json({
  schemaVersion: 2,
  mediaType: mediaTypes.dockerList,
  manifests: [onPlatform(mediaTypes.dockerManifest, dockerImage, 'arm64')],
});

const indexBody = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociIndex,
  manifests: [
    onPlatform(mediaTypes.ociManifest, ociImage, 'amd64'),
    onPlatform(mediaTypes.ociManifest, ociImageArm, 'arm64'),
  ],
};
export const index = json(indexBody);
export const indexWithoutMediaType = json({ schemaVersion: 2, manifests: indexBody.manifests });
export const indexWithDuplicates = json({
  ...indexBody,
  manifests: [...indexBody.manifests, ...indexBody.manifests],
});
export const emptyIndex = json({ ...indexBody, manifests: [] });
export const nestedIndex = json({ ...indexBody, manifests: [describe(mediaTypes.ociIndex, index)] });
export const sparseIndex = json({
  ...indexBody,
  manifests: [...indexBody.manifests, onPlatform(mediaTypes.ociManifest, absent, 's390x')],
});
/** A BuildKit cache index: its children are blobs. */
export const cacheIndex = json({
  ...indexBody,
  manifests: [
    describe(mediaTypes.ociLayer, layer),
    describe('application/vnd.buildkit.cacheconfig.v0', config),
  ],
});

const emptyConfig = Buffer.from('{}');
export const emptyDescriptorBlob = emptyConfig;
const signatureBody = {
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  artifactType: 'application/vnd.example.signature',
  config: describe('application/vnd.oci.empty.v1+json', emptyConfig),
  layers: [describe('application/vnd.oci.empty.v1+json', emptyConfig)],
};
export const signature = json({ ...signatureBody, subject: describe(mediaTypes.ociManifest, ociImage) });
export const signatureOfAbsent = json({
  ...signatureBody,
  subject: describe(mediaTypes.ociManifest, absent),
});
export const artifactManifest = json({
  mediaType: mediaTypes.ociArtifact,
  artifactType: 'application/vnd.example.sbom',
  blobs: [describe('text/plain', layer)],
});
/** Some bytes more than the 4 MiB that distribution reads of a manifest. */
export const oversizeManifest = json({ ...ociBody, annotations: { pad: 'x'.repeat(4 * 1024 * 1024) } });
export const notJson = Buffer.from('{"schemaVersion": 2,');
