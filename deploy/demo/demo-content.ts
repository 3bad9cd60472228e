import { artifactWithUnknownTypes } from '../../test/builders/artifact-content.ts';
import { contentOf, type BuiltContent } from '../../test/builders/built-content.ts';
import { configOf, dockerImage, imageManifest, layerOf } from '../../test/builders/image-content.ts';
import {
  buildkitCacheIndex,
  dockerManifestList,
  indexWithAttestation,
  indexWithDuplicates,
  indexWithoutMediaType,
  nestedIndex,
  ociIndex,
} from '../../test/builders/index-content.ts';
import { prettyPrintedImage } from '../../test/builders/odd-json-content.ts';
import { imageWithCosignSignature, referrerWithSubject } from '../../test/builders/referrer-content.ts';

/** Content under a tag of one registry. */
export interface DemoTag {
  readonly repository: string;
  readonly tag: string;
  readonly content: BuiltContent;
}

/** A tag that the demo points out. */
export interface ExplainedTag extends DemoTag {
  readonly meaning: string;
}

const release = ociIndex('shop/api 1.4.0');
const newRelease = indexWithoutMediaType('shop/api 1.5.0');
const signed = imageWithCosignSignature('shop/api 1.3.9');

/** One of each kind that registries hold and mirrors trip over. */
export const primaryTags: readonly ExplainedTag[] = [
  explained('shop/api:1.4.0', release, 'image index, amd64 and arm64'),
  explained('shop/api:1.5.0', newRelease, 'index without mediaType, as buildah writes it'),
  explained('shop/api:latest', newRelease, 'the same as 1.5.0'),
  explained('shop/api:1.3.9', signed, 'image with a cosign signature (a tag sha256-….sig)'),
  explained('shop/web:2.0', indexWithAttestation('shop/web 2.0'), 'image with a BuildKit attestation'),
  explained('shop/web:2.1', indexWithDuplicates('shop/web 2.1'), 'index that lists each child twice'),
  explained('shop/web:cache', buildkitCacheIndex('shop/web cache'), 'BuildKit cache: its children are blobs'),
  explained('tools/cli:nested', nestedIndex('tools/cli nested'), 'index within an index'),
  explained('tools/cli:list', dockerManifestList('tools/cli list'), 'Docker manifest list'),
  explained(
    'tools/cli:odd-json',
    prettyPrintedImage('tools/cli odd'),
    'bytes that no serialiser would write',
  ),
  explained('tools/cli:__proto__', dockerImage('tools/cli proto'), 'a legal tag that breaks plain objects'),
  explained('tools/chart:0.3.1', artifactWithUnknownTypes('tools/chart'), 'artifact of types nobody knows'),
  explained('tools/chart:report', referrerWithSubject('tools/chart report'), 'artifact with a subject'),
];

/** What an earlier run, a clean-up on the primary and a stranger have left on the secondary. */
export const secondaryTags: readonly ExplainedTag[] = [
  explained('shop/api:1.4.0', release, 'in sync already'),
  explained('shop/api:latest', release, 'moved: the primary has 1.5.0 there by now'),
  explained(
    'shop/api:1.4.0-rc1',
    release,
    'orphan with the digest of 1.4.0: by digest, 1.4.0 would go with it',
  ),
  explained('private/notes:keep', ociIndex('private/notes'), 'a repository that the primary does not have'),
];

/** Few, so that the result stays short, and large, so that progress can be watched. */
const BUILDS = ['mon', 'tue', 'wed'];
const BASE_LAYER_BYTES = 20_000_000;
const BUILD_LAYER_BYTES = 10_000_000;

/** Builds over one base layer; the second repository shares it, so that it is mounted there instead of sent again. */
export function* nightlyBuilds(): Generator<DemoTag> {
  const base = layerOf('nightly base', BASE_LAYER_BYTES);
  for (const repository of ['nightly/worker', 'nightly/scheduler']) {
    for (const tag of BUILDS) {
      const seed = `${repository} ${tag}`;
      const layers = [base, layerOf(seed, BUILD_LAYER_BYTES)];
      const config = configOf(seed, layers);
      const blobs = layers.map((layer) => layer.blob);
      const content = contentOf(imageManifest({ config, layers: blobs }), [config, ...blobs]);
      yield { repository, tag, content };
    }
  }
}

function explained(name: string, content: BuiltContent, meaning: string): ExplainedTag {
  const [repository = '', tag = ''] = name.split(':');
  return { repository, tag, content, meaning };
}
