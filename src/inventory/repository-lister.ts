import type { RepositoryName } from '../oci/reference.ts';
import { exactNames, isInScope, type RepositoryScope } from '../policy/repository-scope.ts';
import type { RegistryClient } from '../registry/registry-client.ts';

/** A repository of the primary that is in scope, and who said that it exists. */
export interface ListedRepository {
  readonly name: RepositoryName;
  /**
   * `exact`: an operator wrote this very name, so its absence is a failure. `memory`: only the state knows it, the catalog no longer
   * names it.
   */
  readonly namedBy: 'exact' | 'catalog' | 'memory';
}

export interface RepositorySelection {
  readonly repositories: readonly ListedRepository[];
  /** Entries of the catalog that cannot be repositories, printable. */
  readonly invalid: readonly string[];
}

/**
 * The repositories of a link. Only exact names need no catalog: many registries have none (Docker Hub, GHCR).
 *
 * @throws {RegistryError} when the catalog is needed and cannot be read completely.
 */
export async function listRepositories(
  client: RegistryClient,
  scope: RepositoryScope,
): Promise<RepositorySelection> {
  const exact = exactNames(scope);
  if (exact !== undefined)
    return { repositories: exact.map((name) => ({ name, namedBy: 'exact' })), invalid: [] };
  const catalog = await client.listRepositories();
  const listed = catalog.names.filter((name) => isInScope(scope, name));
  const named = namedExactly(scope);
  const names = [...new Set([...listed, ...named])];
  return {
    repositories: names.map((name) => ({ name, namedBy: named.has(name) ? 'exact' : 'catalog' })),
    invalid: catalog.invalid,
  };
}

/** A catalog may hide what an operator knows to be there: names written out beside patterns are looked at all the same. */
function namedExactly(scope: RepositoryScope): Set<RepositoryName> {
  if (scope.include === 'all') return new Set();
  const include = scope.include.filter((pattern) => pattern.kind === 'exact');
  return new Set(exactNames({ ...scope, include }) ?? []);
}
