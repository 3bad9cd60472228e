import type { LinkReport } from '../planning/cycle-report.ts';

/**
 * Whether the filters of a link leave nothing to work on: no repository, or tags in none of them. That is in sync to the letter and
 * hardly ever what somebody wanted. `undefined` where something is selected, or nobody knows.
 */
export function emptySelection({
  failure,
  repositories,
  totals,
}: LinkReport): 'no-repository' | 'no-tag' | undefined {
  if (failure !== null) return undefined;
  if (repositories.length === 0) return 'no-repository';
  const { ignored, inSync, copied, moved, deleted, held, failed, orphans } = totals;
  const selected = inSync + copied + moved + deleted + held + failed + orphans;
  const hasSteps = repositories.some(({ steps }) => steps.some(({ kind }) => kind !== 'skip-tag'));
  return ignored > 0 && selected === 0 && !hasSteps ? 'no-tag' : undefined;
}
