import { isRepositoryName } from '../oci/reference.ts';
import { isInScope } from '../policy/repository-scope.ts';
import type { LinkConfiguration, RegistryConfiguration } from './configuration.ts';

/** Links that read a repository, as the primary calls it, from a registry; registries are the same where their address is. */
export function linksFrom(
  links: readonly LinkConfiguration[],
  registry: RegistryConfiguration,
  repository: string,
): readonly LinkConfiguration[] {
  if (!isRepositoryName(repository)) return [];
  return links.filter(
    ({ primary, policy }) => primary.origin === registry.origin && isInScope(policy.repositories, repository),
  );
}

/** One secondary of one link. */
export interface LinkEnd {
  readonly link: string;
  readonly secondary: string;
}

/** Where a registry is written to. */
export function endsAt(
  links: readonly LinkConfiguration[],
  registry: RegistryConfiguration,
): readonly LinkEnd[] {
  return links.flatMap(({ name, secondaries }) =>
    secondaries
      .filter(({ origin }) => origin === registry.origin)
      .map((secondary) => ({ link: name, secondary: secondary.name })),
  );
}
