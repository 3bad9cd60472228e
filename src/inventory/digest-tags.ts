import type { Digest } from '../oci/digest.ts';
import { subjectOfDigestTag, type RepositoryName, type Tag } from '../oci/reference.ts';
import { successorsOf } from '../oci/successors.ts';
import type { TagMap } from '../oci/tag-map.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { mapConcurrently } from './map-concurrently.ts';

const TAGS_AT_ONCE = 16;

/**
 * Of the tags that belong to images by name (referrers tags, cosign's signatures), those whose image is among the selected ones, or is
 * listed by an index among them: a signature follows its image past the tag filters.
 *
 * @throws {RegistryError} when an index that would decide cannot be read.
 */
export async function selectDigestTags(
  client: RegistryClient,
  repository: RepositoryName,
  { digestTags, selected }: { readonly digestTags: readonly Tag[]; readonly selected: TagMap },
): Promise<readonly Tag[]> {
  const roots = new Set<Digest>();
  for (const entry of selected.values()) if (entry.kind === 'resolved') roots.add(entry.digest);
  const isOf = (tag: Tag, subjects: ReadonlySet<string>): boolean =>
    subjects.has(subjectOfDigestTag(tag) ?? '');
  const undecided = digestTags.filter((tag) => !isOf(tag, roots));
  if (undecided.length === 0 || roots.size === 0) return digestTags.filter((tag) => isOf(tag, roots));
  const children = await listChildren(client, repository, [...roots]);
  return digestTags.filter((tag) => isOf(tag, roots) || isOf(tag, children));
}

async function listChildren(
  client: RegistryClient,
  repository: RepositoryName,
  roots: readonly Digest[],
): Promise<ReadonlySet<Digest>> {
  const documents = await mapConcurrently(roots, TAGS_AT_ONCE, (digest) =>
    client.manifests.get(repository, digest),
  );
  return new Set(
    documents.flatMap((document) => successorsOf(document).manifests.map(({ digest }) => digest)),
  );
}
