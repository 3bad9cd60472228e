import type { RepositoryName } from '../oci/reference.ts';
import { listRepositories } from '../inventory/repository-lister.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { failedRepository } from './failed-repository.ts';
import type { LinkContext } from './link-context.ts';
import { nameRepositories, type LinkListing } from './link-listing.ts';
import type { Neighbour } from './neighbour.ts';

/**
 * Refuses repositories that another link writes under the same name: both would undo what the other does, in every cycle. The other
 * link finds the same and refuses them as well.
 *
 * @throws {RegistryError} `CANCELLED` only.
 */
export async function refuseSharedNames(
  { neighbours }: Pick<LinkContext, 'neighbours'>,
  listing: LinkListing,
): Promise<LinkListing> {
  if (neighbours.length === 0 || listing.repositories.length === 0) return listing;
  const writers = new Map<RepositoryName, string>();
  for (const neighbour of neighbours) {
    for (const name of await namesWrittenBy(neighbour)) writers.set(name, neighbour.link);
  }
  const isShared = ({ secondaryRepository }: { readonly secondaryRepository: RepositoryName }): boolean =>
    writers.has(secondaryRepository);
  const shared = listing.repositories.filter(isShared).map(({ listed, secondaryRepository }) => {
    const other = writers.get(secondaryRepository) ?? '';
    const message = `the link ${other} writes ${secondaryRepository}, too`;
    return failedRepository(listed.name, 'NAME_COLLISION', message);
  });
  return {
    repositories: listing.repositories.filter((repository) => !isShared(repository)),
    refused: [...listing.refused, ...shared],
  };
}

async function namesWrittenBy({ writing, primary }: Neighbour): Promise<readonly RepositoryName[]> {
  try {
    const { repositories } = await listRepositories(primary, writing.repositories);
    return nameRepositories(writing.rename, repositories).repositories.map(
      (each) => each.secondaryRepository,
    );
  } catch (error) {
    // A link whose repositories cannot be listed writes nothing before it could list them, and then it finds this one.
    if (error instanceof RegistryError && error.code !== 'CANCELLED') return [];
    throw error;
  }
}
