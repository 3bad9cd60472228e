import { blobOf, contentOf, descriptorOf, type BuiltContent, type JsonObject } from './built-content.ts';
import { imageManifest, imageParts } from './image-content.ts';
import { indexOver } from './index-content.ts';

const CREATED = 'org.opencontainers.image.created';

/** An image whose configuration has these fields besides its own, such as `created`. */
export function imageConfigured(seed: string, fields: JsonObject): BuiltContent {
  const { config, layers } = imageParts(seed);
  const document = { ...(JSON.parse(config.bytes.toString()) as JsonObject), ...fields };
  return imageWithConfiguration(seed, JSON.stringify(document), layers);
}

/** An image with these bytes for a configuration. */
export function imageWithConfiguration(
  seed: string,
  text: string,
  layers = imageParts(seed).layers,
): BuiltContent {
  const config = blobOf(imageParts(seed).config.mediaType, Buffer.from(text));
  return contentOf(imageManifest({ config, layers }), [config, ...layers]);
}

/** An image whose manifest says when, and whose configuration says something else. */
export function imageAnnotated(
  seed: string,
  created: string,
  configured = '2001-01-01T00:00:00Z',
): BuiltContent {
  const { blobs } = imageConfigured(seed, { created: configured });
  const [config, ...layers] = blobs;
  if (config === undefined) throw new Error('an image without a configuration');
  const manifest = imageManifest({ config, layers }, 'oci', { annotations: { [CREATED]: created } });
  return contentOf(manifest, [config, ...layers]);
}

/** An index that says nothing itself, over images that were created at these times. */
export function indexCreated(seed: string, ...created: readonly string[]): BuiltContent {
  const parts = created.map((at, index) => imageConfigured(`${seed}/${index}`, { created: at }));
  return indexOver(
    parts,
    parts.map(({ root }) => descriptorOf(root)),
  );
}
