import type { Digest } from '../oci/digest.ts';
import { isDigestTag, subjectOfDigestTag, type RepositoryName, type Tag } from '../oci/reference.ts';
import { digestOfEntry, type TagEntry, type TagMap } from '../oci/tag-map.ts';
import type { DroppedTag, TagSelection } from '../policy/tag-filter.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { mapConcurrently } from './map-concurrently.ts';
import type { PlatformFilter } from './platform-filter.ts';
import type { RepositoryReading } from './repository-reader.ts';

/** Tags looked into at once; each costs a manifest and at most a few more. */
const TAGS_AT_ONCE = 16;

/**
 * What a secondary is to hold of a reading of the primary under a platform filter: tags whose content is on no wanted platform
 * are dropped, the others carry the digest of what takes their place.
 *
 * @param remembered what was made of a digest of the primary before, so that an unchanged tag costs nothing here.
 */
export async function expectTags(
  reading: RepositoryReading,
  repository: RepositoryName,
  {
    filter,
    remembered,
  }: { readonly filter: PlatformFilter; readonly remembered: ReadonlyMap<Digest, Digest> },
): Promise<RepositoryReading> {
  const tags = new Map<Tag, TagEntry>();
  const dropped = new Map<Tag, DroppedTag>();
  const drop = (tag: Tag, message: string): void => {
    dropped.set(tag, { tag, reason: 'FILTERED_PLATFORM', message });
  };
  // What belongs to an image by name runs on no platform itself: it goes where its image goes.
  const [followers, images] = partition([...reading.tags], ([tag]) => isDigestTag(tag));
  const expectations = await mapConcurrently(images, TAGS_AT_ONCE, async ([tag, entry]) => ({
    tag,
    expected:
      entry.kind === 'resolved' ? await expectTag(repository, entry.digest, { filter, remembered }) : entry,
  }));
  for (const { tag, expected } of expectations) {
    if (expected.kind === 'dropped') drop(tag, expected.message);
    else tags.set(tag, expected);
  }
  const gone = digestsOf(reading.tags, [...dropped.keys()]);
  for (const kept of digestsOf(reading.tags, [...tags.keys()])) gone.delete(kept);
  for (const [tag, entry] of followers) {
    if (gone.has(subjectOfDigestTag(tag) ?? ''))
      drop(tag, 'belongs to an image that is on none of the wanted platforms');
    else tags.set(tag, entry);
  }
  return { ...reading, tags, selection: narrow(reading.selection, tags, dropped) };
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): readonly [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

function digestsOf(map: TagMap, tags: readonly Tag[]): Set<string> {
  return new Set(tags.map((tag) => digestOfEntry(map.get(tag))).filter((digest) => digest !== null));
}

function narrow(selection: TagSelection, tags: TagMap, dropped: ReadonlyMap<Tag, DroppedTag>): TagSelection {
  return {
    selected: selection.selected.filter((tag) => tags.has(tag)),
    dropped: [...selection.dropped, ...dropped.values()],
  };
}

type ExpectedEntry = TagEntry | { readonly kind: 'dropped'; readonly message: string };

async function expectTag(
  repository: RepositoryName,
  digest: Digest,
  {
    filter,
    remembered,
  }: { readonly filter: PlatformFilter; readonly remembered: ReadonlyMap<Digest, Digest> },
): Promise<ExpectedEntry> {
  const before = remembered.get(digest);
  if (before !== undefined) return resolved(digest, before);
  try {
    const content = await filter.apply(repository, digest);
    switch (content.kind) {
      case 'no-match':
        return { kind: 'dropped', message: 'the content is on none of the wanted platforms' };
      case 'filtered':
        return resolved(digest, content.digest);
      case 'as-is':
      case 'sparse':
        return resolved(digest, digest);
    }
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code === 'CANCELLED') throw error;
    const code = error.absent === 'manifest' ? 'MISSING_CONTENT' : error.code;
    return { kind: 'unreadable', code, message: error.message };
  }
}

function resolved(digest: Digest, expectedDigest: Digest): TagEntry {
  return expectedDigest === digest
    ? { kind: 'resolved', digest }
    : { kind: 'resolved', digest, expectedDigest };
}
