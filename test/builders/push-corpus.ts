import { newBlobLedger, pushContent, type BlobLedger } from './push-content.ts';
import type { RegistryEndpoint } from './registry-request.ts';
import {
  corpusChanges,
  corpusRepositories,
  corpusTags,
  type CorpusParameters,
  type CorpusTag,
} from './seeded-corpus.ts';

export interface CorpusTotals {
  readonly repositories: number;
  /** Names that a tag list shows, signature tags included. */
  readonly tags: number;
  /** Places: an equal manifest or blob counts once per repository and tag that names it. */
  readonly manifests: number;
  readonly blobs: number;
  /** Unique blobs and their bytes over the whole registry. */
  readonly uniqueBlobs: number;
  readonly uniqueBlobBytes: number;
  /** Tag to digest per repository, as a correct reader must find them. */
  readonly tagMaps: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export interface PushCorpusOptions {
  /** Tags pushed at the same time; default 8, where a registry on two cores is busy. */
  readonly concurrency?: number;
  /** Called after each tag with the number of tags so far. */
  readonly onTag?: (tagsDone: number) => void;
}

/** Builds and pushes a corpus; memory holds the layers that are in use. */
export async function pushCorpus(
  registry: RegistryEndpoint,
  parameters: CorpusParameters,
  options: PushCorpusOptions = {},
): Promise<CorpusTotals> {
  const tally = newTally();
  const ledger = newBlobLedger();
  const tags = allTags(parameters);
  const work = async (): Promise<void> => {
    // One generator for all workers: each tag goes to whoever is free, so that a large repository is no tail.
    for (const tag of { [Symbol.iterator]: () => ({ next: () => tags.next() }) }) {
      await pushTag(registry, tag, ledger);
      tally.add(tag);
      options.onTag?.(tally.tags());
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 8 }, work));
  return tally.totals();
}

/** Moves a share of the tags to new content; the totals count what was pushed. */
export async function pushCorpusChanges(
  registry: RegistryEndpoint,
  parameters: CorpusParameters,
  change: { readonly round: number; readonly share: number },
): Promise<CorpusTotals> {
  const tally = newTally();
  const ledger = newBlobLedger();
  for (const tag of corpusChanges(parameters, change)) {
    await pushTag(registry, tag, ledger);
    tally.add(tag);
  }
  return tally.totals();
}

function* allTags(parameters: CorpusParameters): Generator<CorpusTag> {
  for (const repository of corpusRepositories(parameters)) yield* corpusTags(parameters, repository);
}

/** What `pushCorpus` would push, without a registry. */
export function measureCorpus(parameters: CorpusParameters): CorpusTotals {
  const tally = newTally();
  for (const tag of allTags(parameters)) tally.add(tag);
  return tally.totals();
}

async function pushTag(registry: RegistryEndpoint, tag: CorpusTag, ledger: BlobLedger): Promise<void> {
  await pushContent(registry, tag.repository, tag.content, { tag: tag.tag, ledger });
}

interface Tally {
  add(tag: CorpusTag): void;
  tags(): number;
  totals(): CorpusTotals;
}

function newTally(): Tally {
  const tagMaps = new Map<string, Map<string, string>>();
  const blobBytes = new Map<string, number>();
  let tags = 0;
  let manifests = 0;
  let blobs = 0;
  return {
    add: ({ repository, tag, content }) => {
      const tagMap = tagMaps.get(repository) ?? new Map<string, string>();
      tagMaps.set(repository, tagMap.set(tag, content.root.digest));
      for (const extra of content.tags) tagMap.set(extra.tag, extra.manifest.digest);
      for (const blob of content.blobs) blobBytes.set(blob.digest, blob.bytes.length);
      tags += 1 + content.tags.length;
      manifests += content.manifests.length + content.tags.length;
      blobs += content.blobs.length;
    },
    tags: () => tags,
    totals: () => ({
      repositories: tagMaps.size,
      tags,
      manifests,
      blobs,
      uniqueBlobs: blobBytes.size,
      uniqueBlobBytes: [...blobBytes.values()].reduce((sum, bytes) => sum + bytes, 0),
      tagMaps,
    }),
  };
}
