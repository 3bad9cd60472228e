import {
  blobOf,
  contentOf,
  descriptorOf,
  manifestOf,
  type BuiltBlob,
  type BuiltContent,
  type JsonObject,
} from './built-content.ts';
import {
  amd64,
  arm64,
  configOf,
  imageManifest,
  type BuiltLayer,
  type BuiltPlatform,
} from './image-content.ts';
import { attestationFor, indexOver } from './index-content.ts';
import { cosignTagOf } from './referrer-content.ts';
import { mediaTypes } from './media-types.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';

/** Everything that decides a corpus: equal parameters give equal bytes, on every machine. */
export interface CorpusParameters {
  readonly seed: string;
  readonly repositories: number;
  /** Over all repositories; some have many and most have few, as in a real registry. */
  readonly tags: number;
  /** Families of base layers, shared by the repositories. */
  readonly bases: number;
  readonly layersPerBase: number;
  readonly baseLayerBytes: LayerSizes;
  readonly layerBytes: LayerSizes;
  /** Share of tags that add a layer of their own; the others change the configuration only. */
  readonly newLayerShare: number;
  /** Share of repositories whose tags are indexes over two platforms. */
  readonly multiArchitectureShare: number;
  /** Share of the indexes that carry BuildKit's attestations. */
  readonly attestationShare: number;
  /** Share of single images in Docker's format. */
  readonly dockerShare: number;
  /** Share of tags with a cosign-style signature tag; those tags come on top of `tags`. */
  readonly signatureShare: number;
}

/** A log-normal distribution: most layers are small and few are large. */
interface LayerSizes {
  readonly medianBytes: number;
  readonly sigma: number;
  readonly maxBytes: number;
}

/** About 440 tags with layers of realistic size; 380 MB of unique blobs. */
export const smallCorpus: CorpusParameters = {
  seed: 'small corpus',
  repositories: 20,
  tags: 420,
  bases: 4,
  layersPerBase: 4,
  baseLayerBytes: { medianBytes: 2_000_000, sigma: 1.2, maxBytes: 40_000_000 },
  layerBytes: { medianBytes: 250_000, sigma: 1.4, maxBytes: 20_000_000 },
  newLayerShare: 0.7,
  multiArchitectureShare: 0.5,
  attestationShare: 0.5,
  dockerShare: 0.3,
  signatureShare: 0.05,
};

/** About 5,200 tags that mostly share small layers: many requests, few bytes. */
export const mediumCorpus: CorpusParameters = {
  seed: 'medium corpus',
  repositories: 100,
  tags: 5_000,
  bases: 8,
  layersPerBase: 3,
  baseLayerBytes: { medianBytes: 100_000, sigma: 1, maxBytes: 2_000_000 },
  layerBytes: { medianBytes: 8_000, sigma: 1, maxBytes: 200_000 },
  newLayerShare: 0.35,
  multiArchitectureShare: 0.3,
  attestationShare: 0.5,
  dockerShare: 0.3,
  signatureShare: 0.04,
};

export interface CorpusRepository {
  readonly name: string;
  readonly tagCount: number;
}

export interface CorpusTag {
  readonly repository: string;
  readonly tag: string;
  readonly content: BuiltContent;
}

/** Names and sizes of the repositories; the sizes add up to `tags`, and each has at least one tag. */
export function corpusRepositories(parameters: CorpusParameters): CorpusRepository[] {
  const random = seededRandom(`${parameters.seed}/repositories`);
  const weights = Array.from({ length: parameters.repositories }, () => Math.exp(random.normal()));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const spare = Math.max(0, parameters.tags - parameters.repositories);
  let weightSoFar = 0;
  let tagsSoFar = 0;
  return weights.map((weight, index) => {
    weightSoFar += weight;
    const until = Math.round((spare * weightSoFar) / total);
    const tagCount = 1 + until - tagsSoFar;
    tagsSoFar = until;
    const team = String.fromCharCode('a'.charCodeAt(0) + (index % 26));
    return { name: `team-${team}/service-${String(index).padStart(4, '0')}`, tagCount };
  });
}

/** The tags of one repository, oldest first; each builds on the layers of the one before. */
export function* corpusTags(
  parameters: CorpusParameters,
  repository: CorpusRepository,
): Generator<CorpusTag> {
  const random = seededRandom(`${parameters.seed}/${repository.name}`);
  const traits: RepositoryTraits = {
    base: random.integer(parameters.bases),
    isMultiArchitecture: random.next() < parameters.multiArchitectureShare,
    family: random.next() < parameters.dockerShare ? 'docker' : 'oci',
  };
  const layerSeeds: string[] = [];
  for (let number = 0; number < repository.tagCount; number += 1) {
    const seed = `${parameters.seed}/${repository.name}/${number}`;
    const addsLayer = number === 0 || random.next() < parameters.newLayerShare;
    if (addsLayer) layerSeeds.push(seed);
    // An image has a handful of layers of its own; the oldest goes when a new one comes.
    if (layerSeeds.length > 4) layerSeeds.shift();
    const content = tagContent({ parameters, traits, seed, layerSeeds, random });
    yield { repository: repository.name, tag: tagName(repository, number), content };
  }
}

/**
 * New content for a share of the tags, for a run in which little changed: existing names, other digests. Deterministic
 * by `round`, so that a second round changes other tags.
 */
export function* corpusChanges(
  parameters: CorpusParameters,
  change: { readonly round: number; readonly share: number },
): Generator<CorpusTag> {
  for (const repository of corpusRepositories(parameters)) {
    const random = seededRandom(`${parameters.seed}/${repository.name}/round-${change.round}`);
    for (let number = 0; number < repository.tagCount; number += 1) {
      if (random.next() >= change.share) continue;
      const seed = `${parameters.seed}/${repository.name}/${number}/round-${change.round}`;
      const traits: RepositoryTraits = { base: 0, isMultiArchitecture: false, family: 'oci' };
      const plain = { ...parameters, signatureShare: 0 };
      const content = tagContent({ parameters: plain, traits, seed, layerSeeds: [seed], random });
      yield { repository: repository.name, tag: tagName(repository, number), content };
    }
  }
}

interface RepositoryTraits {
  readonly base: number;
  readonly isMultiArchitecture: boolean;
  readonly family: 'oci' | 'docker';
}

interface TagPlan {
  readonly parameters: CorpusParameters;
  readonly traits: RepositoryTraits;
  readonly seed: string;
  readonly layerSeeds: readonly string[];
  readonly random: SeededRandom;
}

function tagName(repository: CorpusRepository, number: number): string {
  return number === repository.tagCount - 1 ? 'latest' : `v1.${Math.floor(number / 10)}.${number % 10}`;
}

function tagContent(plan: TagPlan): BuiltContent {
  const { parameters, traits, random } = plan;
  const isSigned = random.next() < parameters.signatureShare;
  const content = traits.isMultiArchitecture ? indexContent(plan) : imageContent(plan, amd64, traits.family);
  return isSigned ? withSignature(content, plan.seed) : content;
}

function indexContent(plan: TagPlan): BuiltContent {
  const images = [amd64, arm64].map((platform) => ({
    platform,
    content: imageContent(plan, platform, 'oci'),
  }));
  const children = images.map(({ platform, content }) => descriptorOf(content.root, { platform }));
  if (plan.random.next() >= plan.parameters.attestationShare) {
    return indexOver(
      images.map(({ content }) => content),
      children,
    );
  }
  const attestations = images.map(({ content, platform }) => ({
    content: attestationFor(`${plan.seed}/${platform.architecture}`, content.root),
    about: content.root.digest,
  }));
  const extra = attestations.map(({ content, about }) =>
    descriptorOf(content.root, {
      annotations: {
        'vnd.docker.reference.digest': about,
        'vnd.docker.reference.type': 'attestation-manifest',
      },
      platform: { architecture: 'unknown', os: 'unknown' },
    }),
  );
  return indexOver(
    [...images, ...attestations].map(({ content }) => content),
    [...children, ...extra],
  );
}

function imageContent(plan: TagPlan, platform: BuiltPlatform, family: 'oci' | 'docker'): BuiltContent {
  const { parameters, traits, layerSeeds } = plan;
  const base = Array.from({ length: parameters.layersPerBase }, (_, position) =>
    corpusLayer(
      `${parameters.seed}/base-${traits.base}/${position}/${platform.architecture}`,
      parameters.baseLayerBytes,
      family,
    ),
  );
  const own = layerSeeds.map((seed) =>
    corpusLayer(`${seed}/${platform.architecture}`, parameters.layerBytes, family),
  );
  const layers = [...base, ...own];
  const config = configOf(`${plan.seed}/${platform.architecture}`, layers, platform, family);
  const blobs = layers.map((layer) => layer.blob);
  return contentOf(imageManifest({ config, layers: blobs }, family), [config, ...blobs]);
}

/** Layers by seed: base layers serve thousands of tags, and those of a repository its next tags. */
const layers = new Map<string, BuiltLayer>();
let layerBytes = 0;
/** Holds the bases of the corpora above and the layers of the tags under way; what fell out is computed again. */
const REMEMBERED_BYTES = 256 * 1024 * 1024;

/** Plain random bytes: nobody unpacks a benchmark, and an archive around each layer would double the cost. */
function corpusLayer(seed: string, sizes: LayerSizes, family: 'oci' | 'docker'): BuiltLayer {
  const key = `${family} ${seed} ${sizes.medianBytes}`;
  const known = layers.get(key);
  if (known !== undefined) {
    // Back to the end of the queue.
    layers.delete(key);
    layers.set(key, known);
    return known;
  }
  const random = seededRandom(seed);
  const drawn = Math.exp(Math.log(sizes.medianBytes) + sizes.sigma * random.normal());
  const bytes = random.bytes(Math.round(Math.min(sizes.maxBytes, Math.max(64, drawn))));
  const blob = blobOf(family === 'oci' ? mediaTypes.ociLayer : mediaTypes.dockerLayer, bytes);
  const layer = { blob, diffId: blob.digest };
  layers.set(key, layer);
  layerBytes += bytes.length;
  forgetOldLayers();
  return layer;
}

function forgetOldLayers(): void {
  for (const [key, layer] of layers) {
    if (layerBytes <= REMEMBERED_BYTES) return;
    layers.delete(key);
    layerBytes -= layer.blob.bytes.length;
  }
}

function withSignature(content: BuiltContent, seed: string): BuiltContent {
  const payload: BuiltBlob = blobOf(
    mediaTypes.cosignSignature,
    Buffer.from(JSON.stringify({ critical: { image: { 'docker-manifest-digest': content.root.digest } } })),
  );
  const config = configOf(`${seed}/signature`, []);
  const body: JsonObject = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptorOf(config),
    layers: [descriptorOf(payload)],
  };
  const signature = manifestOf(mediaTypes.ociManifest, body);
  const tag = { tag: cosignTagOf(content.root, 'sig'), manifest: signature };
  return { ...content, blobs: [...content.blobs, config, payload], tags: [...content.tags, tag] };
}
