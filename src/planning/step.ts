import type { Digest } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import type { ReasonCode } from './reason-code.ts';

export type StepKind =
  'copy-tag' | 'move-tag' | 'delete-orphan-tag' | 'copy-referrer' | 'skip-tag' | 'verify-tag';

/** One thing to do to one tag of one secondary, as the comparison found it. */
export interface PlanStep {
  readonly kind: StepKind;
  readonly tag: Tag;
  readonly primaryDigest: Digest | null;
  readonly secondaryDigest: Digest | null;
  /** What the secondary's tag is to stand for, where that is not `primaryDigest` (a filtered index). */
  readonly expectedDigest?: Digest;
}

/** The digest that a step makes the secondary's tag stand for. */
export function contentDigestOf(step: Pick<PlanStep, 'primaryDigest' | 'expectedDigest'>): Digest | null {
  return step.expectedDigest ?? step.primaryDigest;
}

/**
 * How a step ended: `planned` (nothing was tried), `done` (and read back), `skipped` (left as it is, for a reason that is no
 * failure), `held` (the deletion gate holds it back), `failed`.
 */
export type Outcome = 'planned' | 'done' | 'skipped' | 'held' | 'failed';

/** A step with its end. `reason` and `message` are `null` for a step that is done or planned. */
export interface StepOutcome extends Omit<PlanStep, 'tag'> {
  /** As the registry listed it: the one step about an entry that is no legal tag says so. */
  readonly tag: string;
  readonly outcome: Outcome;
  readonly reason: ReasonCode | null;
  readonly message: string | null;
}

export function stepDone(step: PlanStep): StepOutcome {
  return { ...step, outcome: 'done', reason: null, message: null };
}

export function stepPlanned(step: PlanStep): StepOutcome {
  return { ...step, outcome: 'planned', reason: null, message: null };
}

export function stepEnded(
  step: Omit<StepOutcome, 'outcome' | 'reason' | 'message'>,
  outcome: 'skipped' | 'held' | 'failed',
  reason: ReasonCode,
  message: string,
): StepOutcome {
  return { ...step, outcome, reason, message };
}
