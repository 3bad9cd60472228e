import { isRepositoryName, type RepositoryName } from '../oci/reference.ts';
import { matchesAny, type Pattern } from './pattern.ts';

/** Which repositories of the primary a link replicates. */
export interface RepositoryScope {
  readonly include: readonly Pattern[] | 'all';
  readonly exclude: readonly Pattern[];
  /** What an operator asked for this once: a repository must match one of these too. Absent: no narrowing. */
  readonly narrowedTo?: readonly Pattern[];
}

export function isInScope(scope: RepositoryScope, name: RepositoryName): boolean {
  const isIncluded = scope.include === 'all' || matchesAny(scope.include, name);
  const isAskedFor = scope.narrowedTo === undefined || matchesAny(scope.narrowedTo, name);
  return isIncluded && isAskedFor && !matchesAny(scope.exclude, name);
}

/**
 * Every repository of the scope where it names each of them exactly, so that no catalog is needed; else `undefined`.
 * Excludes and the narrowing apply, and exact names to narrow to are enough; in the order written, each once.
 */
export function exactNames(scope: RepositoryScope): readonly RepositoryName[] | undefined {
  const named = namesOf(scope.include) ?? namesOf(scope.narrowedTo ?? 'all');
  if (named === undefined) return undefined;
  return [...new Set(named)].filter(isRepositoryName).filter((name) => isInScope(scope, name));
}

/** Whether no name can be both in the scope and asked for; `false` also where that cannot be told without a catalog. */
export function isEmptyScope(scope: RepositoryScope): boolean {
  return exactNames(scope)?.length === 0;
}

function namesOf(patterns: readonly Pattern[] | 'all'): readonly string[] | undefined {
  if (patterns === 'all') return undefined;
  const exact = patterns.filter((pattern) => pattern.kind === 'exact');
  return exact.length === patterns.length ? exact.map((pattern) => pattern.text) : undefined;
}
