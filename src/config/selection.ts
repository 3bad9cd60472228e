import { parseBudget, UNLIMITED, type Budget, type DeletionPolicy } from '../policy/deletion-policy.ts';
import type { Pattern } from '../policy/pattern.ts';
import { isEmptyScope } from '../policy/repository-scope.ts';
import type { Configuration, LinkConfiguration } from './configuration.ts';
import { FlagProblems } from './flag-problems.ts';
import { complaintAboutRepositoryPattern } from './impossible-pattern.ts';
import { listNames } from './schema-problems.ts';

/** What an operator asks for this once, of what is configured. */
export interface Selection {
  /** Names of links; none: all. */
  readonly link: readonly string[];
  /** Repository patterns; none: all in scope. */
  readonly repository: readonly string[];
  /** `N` or `N%` of each repository's tags. */
  readonly maxDeletions?: string | undefined;
}

/**
 * The configuration, narrowed to a selection. Links that are not asked for are left out; scopes are narrowed to repositories
 * that are configured and asked for, which does not change the hash of the filters; `maxDeletions` replaces the budget of
 * each repository and, being the operator's explicit word, lifts the limit per cycle.
 *
 * @throws {ConfigurationError} with every problem; the path of each is its flag.
 */
export function selectConfiguration(configuration: Configuration, selection: Selection): Configuration {
  const problems = new FlagProblems();
  const { link, repository, maxDeletions } = selection;
  const patterns = problems.patterns('--repository', repository, complaintAboutRepositoryPattern);
  const budget =
    maxDeletions === undefined
      ? undefined
      : problems.attempt('--max-deletions', () => parseBudget(maxDeletions));
  const links = selectLinks(configuration.links, link, problems).map((each) =>
    limit(narrow(each, patterns), budget),
  );
  if (
    patterns.length > 0 &&
    links.length > 0 &&
    links.every(({ policy }) => isEmptyScope(policy.repositories))
  ) {
    problems.add('--repository', 'no selected link has such a repository in its scope');
  }
  problems.throwIfAny();
  return { ...configuration, links };
}

function selectLinks(
  links: readonly LinkConfiguration[],
  names: readonly string[],
  problems: FlagProblems,
): readonly LinkConfiguration[] {
  const known = links.map(({ name }) => name);
  for (const name of names) {
    if (!known.includes(name))
      problems.add('--link', `there is no link ${JSON.stringify(name)}: ${listNames(known)}`);
  }
  return names.length === 0 ? links : links.filter(({ name }) => names.includes(name));
}

function narrow(link: LinkConfiguration, narrowedTo: readonly Pattern[]): LinkConfiguration {
  if (narrowedTo.length === 0) return link;
  const { policy } = link;
  return { ...link, policy: { ...policy, repositories: { ...policy.repositories, narrowedTo } } };
}

function limit(link: LinkConfiguration, budget: Budget | undefined): LinkConfiguration {
  if (budget === undefined) return link;
  const { policy } = link;
  const deletions: DeletionPolicy = {
    ...policy.deletions,
    perRepository: budget,
    budgetAuthority: 'operator-word',
    perCycle: UNLIMITED,
  };
  return { ...link, policy: { ...policy, deletions } };
}
