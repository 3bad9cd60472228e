import { blobOf, contentOf, descriptorOf, manifestOf, type BuiltContent } from '../builders/built-content.ts';
import { mediaTypes } from '../builders/media-types.ts';
import { seededRandom } from '../builders/seeded-random.ts';

/** The configuration of all large images: one blob that is quickly there. */
const config = blobOf(
  mediaTypes.ociConfig,
  Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux' })),
);

/** An image whose only layer has the given size, for tests that need a copy to take a while. */
export function largeImage(seed: string, sizeBytes: number): BuiltContent {
  const layer = blobOf(mediaTypes.ociLayer, seededRandom(seed).bytes(sizeBytes));
  const mediaType = mediaTypes.ociManifest;
  const body = { schemaVersion: 2, mediaType, config: descriptorOf(config), layers: [descriptorOf(layer)] };
  return contentOf(manifestOf(mediaType, body), [layer, config]);
}
