import type { Digest } from '../oci/digest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { TagMap } from '../oci/tag-map.ts';
import {
  isTagInFilter,
  selectTags,
  type CreationTimes,
  type TagFilter,
  type TagSelection,
} from '../policy/tag-filter.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { readCreationTime } from './creation-time-reader.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { readTagMap } from './tag-map-reader.ts';

/** What was found out of digests before. It never changes: a digest is its content. */
export interface CreationMemory {
  /** Digests that nobody has looked into are left out; `null`: the content does not say. */
  load(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Date | null>>;
  /** Adds what is new, and keeps what is still asked for from being forgotten. */
  save(news: ReadonlyMap<Digest, Date | null>, used: readonly Digest[]): Promise<void>;
}

/** Contents looked into at once; each costs a manifest, mostly a configuration, and of an index those of its children. */
const CONTENTS_AT_ONCE = 16;

/**
 * Selects the tags of the primary by creation time. That needs the digest of every tag that passes `include` and `exclude`: one
 * HEAD each, and nothing more for a digest that is remembered.
 *
 * @throws {RegistryError} where the time of any of them cannot be told: another selection than the true one is worse than none.
 */
export async function readNewestTags(
  client: RegistryClient,
  repository: RepositoryName,
  {
    names,
    filter,
    memory,
  }: { readonly names: readonly Tag[]; readonly filter: TagFilter; readonly memory: CreationMemory },
): Promise<{ readonly tags: TagMap; readonly selection: TagSelection }> {
  const passing = names.filter((tag) => isTagInFilter(filter, tag));
  const tags = await readTagMap(client, repository, passing);
  const digests = digestsOf(tags, { client, repository });
  const times = await readTimes(client, repository, { digests: [...new Set(digests.values())], memory });
  const selection = selectTags(filter, names, timesOfTags(digests, times));
  const selected = new Set(selection.selected);
  return { tags: new Map([...tags].filter(([tag]) => selected.has(tag))), selection };
}

/** Those that have one: a tag that stands for nothing can be told neither old nor new. */
function digestsOf(
  tags: TagMap,
  { client, repository }: { readonly client: RegistryClient; readonly repository: RepositoryName },
): ReadonlyMap<Tag, Digest> {
  const digests = new Map<Tag, Digest>();
  for (const [tag, entry] of tags) {
    if (entry.kind === 'resolved') digests.set(tag, entry.digest);
    if (entry.kind !== 'unreadable') continue;
    throw new RegistryError({
      code: entry.code,
      request: { registry: client.name, operation: 'tags', repository },
      detail: `which tags are the newest by creation time cannot be told (${entry.message})`,
    });
  }
  return digests;
}

async function readTimes(
  client: RegistryClient,
  repository: RepositoryName,
  { digests, memory }: { readonly digests: readonly Digest[]; readonly memory: CreationMemory },
): Promise<ReadonlyMap<Digest, Date | null>> {
  const known = await memory.load(digests);
  const news = new Map<Digest, Date | null>();
  const unknown = digests.filter((digest) => !known.has(digest));
  try {
    await mapConcurrently(unknown, CONTENTS_AT_ONCE, async (digest) => {
      const found = await readCreationTime(client, repository, digest);
      // What is missing may still come.
      if (found !== 'missing') news.set(digest, found);
    });
  } finally {
    // What was found is kept where something else failed: the next look begins where this one ended.
    await memory.save(news, [...known.keys()]);
  }
  return new Map([...known, ...news]);
}

function timesOfTags(
  digests: ReadonlyMap<Tag, Digest>,
  times: ReadonlyMap<Digest, Date | null>,
): CreationTimes {
  const found = new Map<Tag, Date | null>();
  for (const [tag, digest] of digests) {
    const at = times.get(digest);
    if (at !== undefined) found.set(tag, at);
  }
  return found;
}
