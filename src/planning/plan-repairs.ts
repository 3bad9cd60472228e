import type { Tag } from '../oci/reference.ts';
import type { TagMap } from '../oci/tag-map.ts';
import type { SyncMode } from './cycle-report.ts';
import type { TagDifference } from './diff-tag-maps.ts';
import type { RepositoryPlan } from './repository-plan.ts';
import type { PlanStep } from './step.ts';

/** Tags whose equal digests prove nothing. */
export interface RepairQuestion {
  readonly mode: SyncMode;
  /** Tags below which something is known or feared to be bad. */
  readonly doubted: ReadonlySet<Tag>;
  readonly expected: TagMap;
}

/** A plan with the tags that are to be pushed again although the secondary seems to have them. */
export interface PlanWithRepairs extends RepositoryPlan {
  /** Tags to be walked without shortcuts, those to copy included. */
  readonly repairs: ReadonlySet<Tag>;
}

/**
 * Adds the tags that must be pushed again, as `verify-tag` steps: they are in sync before and after, so a total of copied tags
 * that counted them would lie. A tag that the secondary could not tell is pushed as well: its manifest may be what is broken.
 */
export function planRepairs(
  plan: RepositoryPlan,
  differences: readonly TagDifference[],
  question: RepairQuestion,
): PlanWithRepairs {
  const isDue = (tag: Tag): boolean => question.mode === 'recopy' || question.doubted.has(tag);
  const again = differences.flatMap((difference) => {
    const step = isDue(difference.tag) ? stepAgain(difference, question.expected) : undefined;
    return step === undefined ? [] : [{ step, kind: difference.kind }];
  });
  const pushed = new Set<string>(again.map(({ step }) => step.tag));
  return {
    ...plan,
    copies: [...plan.copies, ...again.map(({ step }) => step)],
    failures: plan.failures.filter(({ tag }) => !pushed.has(tag)),
    inSync: plan.inSync - again.filter(({ kind }) => kind === 'in-sync').length,
    repairs: new Set([...plan.copies, ...again.map(({ step }) => step)].map(({ tag }) => tag).filter(isDue)),
  };
}

function stepAgain({ kind, tag, ...found }: TagDifference, expected: TagMap): PlanStep | undefined {
  const entry = expected.get(tag);
  if (entry?.kind !== 'resolved') return undefined;
  if (kind !== 'in-sync' && kind !== 'unreadable') return undefined;
  const { digest, expectedDigest } = entry;
  const step = {
    kind: 'verify-tag',
    tag,
    primaryDigest: digest,
    secondaryDigest: found.secondaryDigest,
  } as const;
  return expectedDigest === undefined ? step : { ...step, expectedDigest };
}
