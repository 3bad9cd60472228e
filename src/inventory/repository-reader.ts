import { isDigestTag, type RepositoryName } from '../oci/reference.ts';
import type { TagMap } from '../oci/tag-map.ts';
import {
  isTagInFilter,
  selectSecondaryTags,
  selectTags,
  type TagFilter,
  type TagSelection,
} from '../policy/tag-filter.ts';
import type { RegistryClient, TagListing } from '../registry/registry-client.ts';
import { selectDigestTags } from './digest-tags.ts';
import { readNewestTags, type CreationMemory } from './newest-tags.ts';
import { readTagMap } from './tag-map-reader.ts';

/** Everything that one registry holds of one repository, as far as a link looks at it. Complete, or it is not made. */
export interface RepositoryReading {
  /** `unknown`: the registry says that it knows no such repository. */
  readonly listing: 'listed' | 'unknown';
  /** Tags in the filter. */
  readonly tags: TagMap;
  /** Which tags are in the filter, and the rule that drops each of the others. */
  readonly selection: TagSelection;
  /** Entries of the listing that are no tags, printable. */
  readonly invalid: readonly string[];
}

/** What of a repository a link looks at. */
export interface ReadingRules {
  readonly filter: TagFilter;
  /** `follow`: tags that belong to an image by name come with it, whatever the filter says. */
  readonly digestTags: 'follow' | 'filter';
  /** Asked only where the newest tags go by creation time. */
  readonly memory: CreationMemory;
}

/** Reads the primary's side; once, for all secondaries of a link. @throws {RegistryError} */
export async function readPrimary(
  client: RegistryClient,
  repository: RepositoryName,
  rules: ReadingRules,
): Promise<RepositoryReading> {
  const listing = await client.listTags(repository);
  if (listing.kind === 'repository-unknown') return UNKNOWN;
  const { filter, digestTags } = rules;
  if (digestTags === 'filter' || isAllTags(filter)) {
    return await select(client, repository, listing, rules);
  }
  const names = listing.names.filter((tag) => !isDigestTag(tag));
  const own = await select(client, repository, { ...listing, names }, rules);
  return await withFollowers(client, repository, { listing, own, filter });
}

async function select(
  client: RegistryClient,
  repository: RepositoryName,
  listing: ListedTags,
  { filter, memory }: ReadingRules,
): Promise<RepositoryReading> {
  const { names, invalid } = listing;
  if (filter.newest?.by !== 'created') {
    return await resolve(client, repository, listing, selectTags(filter, names));
  }
  const newest = await readNewestTags(client, repository, { names, filter, memory });
  return { listing: 'listed', ...newest, invalid };
}

/** Reads a secondary's side. @throws {RegistryError} */
export async function readSecondary(
  client: RegistryClient,
  repository: RepositoryName,
  { filter, primary }: { readonly filter: TagFilter; readonly primary: TagSelection },
): Promise<RepositoryReading> {
  const listing = await client.listTags(repository);
  if (listing.kind === 'repository-unknown') return UNKNOWN;
  const { selected, dropped } = selectSecondaryTags(filter, listing.names, primary);
  // What the primary selects past the filter (a signature that follows its image) is looked at here as well.
  const followers = new Set(primary.selected.filter(isDigestTag));
  const selection: TagSelection = {
    selected: [...selected, ...dropped.map(({ tag }) => tag).filter((tag) => followers.has(tag))],
    dropped: dropped.filter(({ tag }) => !followers.has(tag)),
  };
  return await resolve(client, repository, listing, selection);
}

const UNKNOWN: RepositoryReading = {
  listing: 'unknown',
  tags: new Map(),
  selection: { selected: [], dropped: [] },
  invalid: [],
};

type ListedTags = Extract<TagListing, { kind: 'listed' }>;

function isAllTags({ include, exclude, newest, narrowedTo }: TagFilter): boolean {
  return include === 'all' && exclude.length === 0 && newest === undefined && narrowedTo === undefined;
}

async function resolve(
  client: RegistryClient,
  repository: RepositoryName,
  { invalid }: ListedTags,
  selection: TagSelection,
): Promise<RepositoryReading> {
  const tags = await readTagMap(client, repository, selection.selected);
  return { listing: 'listed', tags, selection, invalid };
}

/** Adds the digest tags whose image is selected, and those that the filter lets through by themselves, where it does not count. */
async function withFollowers(
  client: RegistryClient,
  repository: RepositoryName,
  {
    listing,
    own,
    filter,
  }: { readonly listing: ListedTags; readonly own: RepositoryReading; readonly filter: TagFilter },
): Promise<RepositoryReading> {
  const digestTags = listing.names.filter(isDigestTag);
  const wanted = new Set(await selectDigestTags(client, repository, { digestTags, selected: own.tags }));
  // Among the newest are images; what belongs to the others is left out with them.
  const byThemselves = filter.newest === undefined ? digestTags : [];
  for (const tag of byThemselves) if (isTagInFilter(filter, tag)) wanted.add(tag);
  const followers = await readTagMap(client, repository, [...wanted]);
  const left = digestTags.filter((tag) => !wanted.has(tag));
  return {
    ...own,
    tags: new Map([...own.tags, ...followers]),
    selection: {
      selected: [...own.selection.selected, ...wanted],
      dropped: [...own.selection.dropped, ...left.map((tag) => ({ tag, ...FOREIGN_SUBJECT }))],
    },
  };
}

const FOREIGN_SUBJECT = {
  reason: 'FILTERED_TAG',
  message: 'belongs to an image that is not selected',
} as const;
