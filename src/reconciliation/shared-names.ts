import type { RepositoryName } from '../oci/reference.ts';
import { listRepositories } from '../inventory/repository-lister.ts';
import type { RepositoryReport } from '../planning/cycle-report.ts';
import { mayWrite } from '../policy/write-overlap.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { failedRepository } from './failed-repository.ts';
import type { LinkContext } from './link-context.ts';
import { nameRepositories, type LinkListing, type NamedRepository } from './link-listing.ts';
import type { Neighbour } from './neighbour.ts';

/**
 * Refuses repositories that another link writes under the same name: both would undo what the other does, and take its tags for
 * orphans. The other link finds the same and refuses them as well. Where its repositories cannot be listed, nobody knows, and those
 * that it may write are refused with that reason.
 *
 * @throws {RegistryError} `CANCELLED` only.
 */
export async function refuseSharedNames(
  { neighbours }: Pick<LinkContext, 'neighbours'>,
  { repositories, refused }: LinkListing,
): Promise<LinkListing> {
  const shared = new Map<NamedRepository, RepositoryReport>();
  for (const neighbour of neighbours) {
    const possible = repositories.filter(({ secondaryRepository }) =>
      mayWrite(neighbour.writing, secondaryRepository),
    );
    // Asking for its catalog costs requests.
    if (possible.length === 0) continue;
    const written = await namesWrittenBy(neighbour);
    for (const repository of possible) {
      const refusal = refusalOf(repository, neighbour.link, written);
      if (refusal !== undefined) shared.set(repository, refusal);
    }
  }
  // What has vanished here and is written by another link now has moved there.
  const refusals = [...shared].filter(
    ([{ listed }, { failure }]) => listed.namedBy !== 'memory' || failure?.reason !== 'NAME_COLLISION',
  );
  return {
    repositories: repositories.filter((repository) => !shared.has(repository)),
    refused: [...refused, ...refusals.map(([, refusal]) => refusal)],
  };
}

function refusalOf(
  { listed: { name }, secondaryRepository }: NamedRepository,
  other: string,
  written: ReadonlySet<RepositoryName> | RegistryError,
): RepositoryReport | undefined {
  if (written instanceof RegistryError) {
    const message = `whether the link ${other} writes ${secondaryRepository}, too, cannot be told: ${written.message}`;
    return failedRepository(name, written.code, message);
  }
  if (!written.has(secondaryRepository)) return undefined;
  return failedRepository(name, 'NAME_COLLISION', `the link ${other} writes ${secondaryRepository}, too`);
}

/** The names on the secondaries, or why they cannot be told. */
async function namesWrittenBy({
  writing,
  primary,
}: Neighbour): Promise<ReadonlySet<RepositoryName> | RegistryError> {
  try {
    const { repositories } = await listRepositories(primary, writing.repositories);
    const named = nameRepositories(writing.rename, repositories).repositories;
    return new Set(named.map(({ secondaryRepository }) => secondaryRepository));
  } catch (error) {
    if (error instanceof RegistryError && error.code !== 'CANCELLED') return error;
    throw error;
  }
}
