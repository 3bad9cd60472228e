import { compilePattern, matchesAny } from '../policy/pattern.ts';
import { namedIn, type CycleScope } from '../state/link-cycle.ts';

/**
 * The tag patterns that a cycle is to work on in one of its repositories; none: all tags. A repository that comes because it is
 * marked or due comes as a whole.
 */
export function wantedTags(scope: CycleScope, repository: string, due: readonly string[]): readonly string[] {
  if (due.includes(repository)) return [];
  const named = namedIn(scope).filter(({ patterns }) =>
    matchesAny(
      patterns.map((text) => compilePattern(text)),
      repository,
    ),
  );
  if (named.some(({ tags }) => tags.length === 0)) return [];
  return [...new Set(named.flatMap(({ tags }) => tags))];
}
