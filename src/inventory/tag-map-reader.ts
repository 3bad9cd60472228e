import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { TagEntry, TagMap } from '../oci/tag-map.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { mapConcurrently } from './map-concurrently.ts';

/** Tags looked at at once per repository; the registry's own limit bounds what is really under way. */
const TAGS_AT_ONCE = 64;

/**
 * Resolves every one of `tags`, which a complete listing named: one HEAD each. The map holds all of them, or this throws.
 *
 * @throws {RegistryError} `CANCELLED`, and what a second listing throws.
 */
export async function readTagMap(
  client: RegistryClient,
  repository: RepositoryName,
  tags: readonly Tag[],
): Promise<TagMap> {
  const entries = await mapConcurrently(tags, TAGS_AT_ONCE, (tag) => readTag(client, repository, tag));
  const map = new Map<Tag, TagEntry>();
  tags.forEach((tag, index) => {
    const entry = entries[index];
    if (entry !== undefined) map.set(tag, entry);
  });
  return await withoutVanished(client, repository, map);
}

async function readTag(client: RegistryClient, repository: RepositoryName, tag: Tag): Promise<TagEntry> {
  try {
    return { kind: 'resolved', digest: await client.manifests.resolve(repository, tag) };
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code === 'CANCELLED') throw error;
    if (error.absent === 'manifest') return { kind: 'dangling' };
    return { kind: 'unreadable', code: error.code, message: error.message };
  }
}

/** A tag that was deleted between the listing and its HEAD is gone; one that is still listed is dangling. */
async function withoutVanished(
  client: RegistryClient,
  repository: RepositoryName,
  map: Map<Tag, TagEntry>,
): Promise<TagMap> {
  const dangling = [...map].filter(([, entry]) => entry.kind === 'dangling').map(([tag]) => tag);
  if (dangling.length === 0) return map;
  const listing = await client.listTags(repository);
  const names = new Set<Tag>(listing.kind === 'listed' ? listing.names : []);
  for (const tag of dangling) if (!names.has(tag)) map.delete(tag);
  return map;
}
