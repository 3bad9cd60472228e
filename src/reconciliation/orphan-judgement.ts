import type { RepositoryName, Tag } from '../oci/reference.ts';
import { judgeDeletions, type DeletionEvidence, type GateVerdict } from '../planning/deletion-gate.ts';
import {
  waitingPlanOf,
  type JudgedOrphans,
  type PlanPlace,
  type WaitingPlan,
} from '../planning/held-plan.ts';
import type { StepOutcome } from '../planning/step.ts';
import type { DeletionDesk, HeldPlanRecord, PlanResult, PlanSettlement } from '../state/deletion-desk.ts';
import { withoutNewcomers } from './without-newcomers.ts';

/** The gate's word on the orphans of one repository, with what people have said about them. */
export interface OrphanJudgement extends JudgedOrphans {
  readonly place: PlanPlace;
  /** Deletions that count towards the limit of the cycle: those that nobody had to approve. */
  readonly wanted: number;
  readonly waiting: WaitingPlan;
  /** The plan of which an approval lets the tags go. */
  readonly approved: HeldPlanRecord | undefined;
  /** The plan that was open before. */
  readonly open: HeldPlanRecord | undefined;
}

/** What the gate is asked, without an approval. */
export interface GateQuestion {
  readonly place: PlanPlace;
  readonly candidates: JudgedOrphans['candidates'];
  readonly evidence: Omit<DeletionEvidence, 'approval'>;
}

/**
 * Asks the gate as if nobody had approved anything, and once more where that comes to a plan that somebody did approve: an
 * approval is for what it was given for, and for nothing else.
 */
export function judgeWithDesk(question: GateQuestion, desk: DeletionDesk): OrphanJudgement {
  const { place, candidates, evidence } = question;
  const verdicts = judgeDeletions(candidates, { ...evidence, approval: 'none' });
  const judged = { policy: evidence.policy, candidates, verdicts };
  const waiting = waitingPlanOf(place, judged);
  const common = { ...judged, place, wanted: countAllowed(verdicts), open: desk.plan };
  const plan = waiting.kind === 'held' && waiting.plan.hash === desk.plan?.hash ? desk.plan : undefined;
  if (plan?.state === 'approved') {
    const released = judgeDeletions(candidates, { ...evidence, approval: 'approved' });
    return { ...common, verdicts: released, waiting: { kind: 'nothing' }, approved: plan };
  }
  return { ...common, verdicts: inTheirWords(verdicts, desk, plan), waiting, approved: undefined };
}

/** Time passes between two judgements, and only what both let go may go. */
export function mergeJudgements(first: OrphanJudgement, second: OrphanJudgement): OrphanJudgement {
  const verdicts = withoutNewcomers(first.verdicts, second.verdicts);
  const isUsed = second.approved?.items.every(({ tag }) => verdicts.get(tag)?.kind === 'allowed') === true;
  const waiting: WaitingPlan = isUsed
    ? { kind: 'nothing' }
    : waitingPlanOf(second.place, { ...second, verdicts });
  return { ...second, verdicts, waiting, approved: isUsed ? second.approved : undefined };
}

/** What a cycle leaves at the desk, after its last step. */
export function settlementOf(
  { place, waiting, approved }: Pick<OrphanJudgement, 'place' | 'waiting' | 'approved'>,
  cycle: { readonly primaryRepository: RepositoryName; readonly cycleId: string },
  steps: readonly StepOutcome[],
): PlanSettlement {
  const ended = steps.filter(({ kind }) => kind === 'delete-orphan-tag');
  return {
    ...place,
    ...cycle,
    waiting,
    executed: approved && { id: approved.id, result: resultOf(approved, ended) },
    deletedTags: ended.filter(({ outcome }) => outcome === 'done').map(({ tag }) => tag as Tag),
  };
}

function resultOf({ items }: HeldPlanRecord, steps: readonly StepOutcome[]): PlanResult {
  const tags = new Set<string>(items.map(({ tag }) => tag));
  const count = (outcome: StepOutcome['outcome']): number =>
    steps.filter((step) => step.outcome === outcome && tags.has(step.tag)).length;
  return {
    deleted: count('done'),
    held: count('held'),
    failed: count('failed'),
    skipped: count('skipped'),
  };
}

function countAllowed(verdicts: ReadonlyMap<Tag, GateVerdict>): number {
  return [...verdicts.values()].filter(({ kind }) => kind === 'allowed').length;
}

/** Whoever reads why a tag is held reads who keeps it so. */
function inTheirWords(
  verdicts: ReadonlyMap<Tag, GateVerdict>,
  { freeze }: DeletionDesk,
  plan: HeldPlanRecord | undefined,
): ReadonlyMap<Tag, GateVerdict> {
  const rejection = plan?.state === 'rejected' ? plan.decision : null;
  return new Map(
    [...verdicts].map(([tag, verdict]): [Tag, GateVerdict] => {
      if (verdict.kind !== 'held') return [tag, verdict];
      if (verdict.reason === 'FROZEN' && freeze !== undefined)
        return [tag, { ...verdict, message: `${verdict.message} ${wordsOf(freeze)}` }];
      if (rejection === null || verdict.releasedBy !== 'approval') return [tag, verdict];
      return [tag, { ...verdict, message: `${verdict.message}; rejected ${wordsOf(rejection)}` }];
    }),
  );
}

function wordsOf({
  by,
  at,
  reason,
}: {
  readonly by: string;
  readonly at: Date;
  readonly reason: string | null;
}): string {
  return `by ${by} at ${at.toISOString()}${reason === null ? '' : `: ${reason}`}`;
}
