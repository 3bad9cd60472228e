import { compilePattern, matchesAny } from '../policy/pattern.ts';
import type { ListedRepository } from '../inventory/repository-lister.ts';
import type { CycleItem } from '../state/cycle-items.store.ts';
import { namedIn, type CycleScope, type NamedTags } from '../state/link-cycle.ts';
import type { MarkedRepository } from '../state/repository-mark.store.ts';

/** What a cycle found when it began. */
export interface CycleBeginning {
  /** Repositories that are marked or due, and where. */
  readonly due: readonly MarkedRepository[];
  /** Secondaries of the cycle that can be worked on. */
  readonly reached: readonly string[];
}

/**
 * What a cycle does with one of its repositories. One that comes because it is marked or due comes as a whole, and where it is so;
 * one that is named comes everywhere, with the tags that are named.
 */
export function cycleItemOf(
  scope: CycleScope,
  { name, namedBy }: ListedRepository,
  { due, reached }: CycleBeginning,
): CycleItem {
  const named = namedIn(scope).filter((each) => isNamed(each, name));
  const marked = due.filter((mark) => mark.name === name).map(({ secondary }) => secondary);
  const isEverywhere = scope.kind === 'all' || named.length > 0;
  return {
    name,
    namedBy,
    tags: marked.length > 0 ? [] : wantedTags(named),
    secondaries: isEverywhere ? reached : reached.filter((secondary) => marked.includes(secondary)),
  };
}

/** Tag patterns; none: all tags. */
function wantedTags(named: readonly NamedTags[]): readonly string[] {
  if (named.some(({ tags }) => tags.length === 0)) return [];
  return [...new Set(named.flatMap(({ tags }) => tags))];
}

function isNamed({ patterns }: NamedTags, repository: string): boolean {
  return matchesAny(
    patterns.map((text) => compilePattern(text)),
    repository,
  );
}
