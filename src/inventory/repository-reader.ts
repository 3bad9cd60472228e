import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { TagMap } from '../oci/tag-map.ts';
import { selectSecondaryTags, selectTags, type TagFilter, type TagSelection } from '../policy/tag-filter.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
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

/** Reads the primary's side; once, for all secondaries of a link. @throws {RegistryError} */
export async function readPrimary(
  client: RegistryClient,
  repository: RepositoryName,
  filter: TagFilter,
): Promise<RepositoryReading> {
  return await read(client, repository, (tags) => selectTags(filter, tags));
}

/** Reads a secondary's side. @throws {RegistryError} */
export async function readSecondary(
  client: RegistryClient,
  repository: RepositoryName,
  { filter, primary }: { readonly filter: TagFilter; readonly primary: TagSelection },
): Promise<RepositoryReading> {
  return await read(client, repository, (tags) => selectSecondaryTags(filter, tags, primary));
}

async function read(
  client: RegistryClient,
  repository: RepositoryName,
  select: (tags: readonly Tag[]) => TagSelection,
): Promise<RepositoryReading> {
  const listing = await client.listTags(repository);
  if (listing.kind === 'repository-unknown') {
    return { listing: 'unknown', tags: new Map(), selection: { selected: [], dropped: [] }, invalid: [] };
  }
  const selection = select(listing.names);
  const tags = await readTagMap(client, repository, selection.selected);
  return { listing: 'listed', tags, selection, invalid: listing.invalid };
}
