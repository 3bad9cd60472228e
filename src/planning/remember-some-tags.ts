import { rememberSettled, type Observation, type SettledRepository } from './remember-repository.ts';
import type { RepositoryMemory, RepositoryUpdate } from './repository-memory.ts';

/**
 * What to write after a cycle that was about some tags of a repository: those tags and nothing else. It was no observation of the
 * repository, so it counts none and forgets no tag. `undefined`: the repository has not been through a cycle, so nothing is known
 * that could be changed.
 */
export function rememberSomeTags(
  previous: RepositoryMemory | undefined,
  settled: SettledRepository,
  observation: Observation,
): RepositoryUpdate | undefined {
  if (previous === undefined) return undefined;
  const { changedTags } = rememberSettled(previous, settled, observation);
  return {
    repository: previous.repository,
    changedTags: changedTags.filter(({ tag }) => settled.expected.has(tag)),
    forgottenTags: [],
  };
}
