import type { Digest } from '../oci/digest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { HeldPlan, HeldTag, PlanPlace, WaitingPlan } from '../planning/held-plan.ts';

/**
 * `held`, `approved` and `rejected` are open: at most one of a place is. The others are ends: the approval was `executed`, or
 * `expired` before a cycle could use it; the plan was `superseded` by one of other content, or `withdrawn` as nothing waits.
 */
export const HELD_PLAN_STATES = [
  'held',
  'approved',
  'rejected',
  'expired',
  'superseded',
  'executed',
  'withdrawn',
] as const;
export type HeldPlanState = (typeof HELD_PLAN_STATES)[number];

export const OPEN_PLAN_STATES = ['held', 'approved', 'rejected'] as const satisfies HeldPlanState[];

/** What became of the tags of an approved plan. */
export interface PlanResult {
  readonly deleted: number;
  readonly held: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Who decided what about a plan. */
interface PlanDecision {
  readonly by: string;
  readonly at: Date;
  /** In the words of whoever decided. */
  readonly reason: string | null;
}

export interface HeldPlanRecord extends PlanPlace, HeldPlan {
  readonly id: string;
  readonly primaryRepository: RepositoryName;
  readonly state: HeldPlanState;
  /** Why it ended, for people. */
  readonly detail: string | null;
  /** The cycle that found it last. */
  readonly cycleId: string;
  readonly heldAt: Date;
  readonly confirmedAt: Date;
  readonly decision: PlanDecision | null;
  /** When an approval ends that no cycle has used. */
  readonly expiresAt: Date | null;
  readonly endedAt: Date | null;
  readonly result: PlanResult | null;
}

/** Who stopped deletions, since when and why. */
export interface FreezeRecord {
  /** `null`: on all secondaries. */
  readonly secondary: string | null;
  readonly by: string;
  readonly at: Date;
  readonly reason: string | null;
}

/** What is said to stop them. */
export type FreezeWord = Omit<FreezeRecord, 'at'>;

/** A tag that was put back after its deletion: it stays while it stands for what was put back, until an approval lets it go. */
export interface KeptTag {
  readonly tag: Tag;
  readonly digest: Digest;
  readonly by: string;
  readonly at: Date;
}

/** What people have said about the deletions of one place. */
export interface DeletionDesk {
  /** The open plan; `approved` only while the approval lives. */
  readonly plan: HeldPlanRecord | undefined;
  readonly kept: readonly KeptTag[];
  readonly freeze: FreezeRecord | undefined;
}

/** What a cycle leaves behind for the desk at the end of one repository. */
export interface PlanSettlement extends PlanPlace {
  readonly primaryRepository: RepositoryName;
  readonly cycleId: string;
  /** `unclear`: what waits is as before. */
  readonly waiting: WaitingPlan;
  /** The plan whose approval the cycle has used. */
  readonly executed: { readonly id: string; readonly result: PlanResult } | undefined;
  readonly deletedTags: readonly Tag[];
}

/** One thing to do to the plans of a place. */
export type PlanMove =
  | {
      readonly kind: 'end';
      readonly id: string;
      readonly state: Extract<HeldPlanState, 'executed' | 'superseded' | 'withdrawn'>;
      readonly detail: string;
      readonly result: PlanResult | null;
    }
  | { readonly kind: 'confirm'; readonly id: string; readonly items: readonly HeldTag[] }
  | { readonly kind: 'open'; readonly plan: HeldPlan };

/** What to do about the open plan of a place, now that a cycle has ended there. */
export function planMoves(
  open: HeldPlanRecord | undefined,
  { waiting, executed, deletedTags }: PlanSettlement,
): readonly PlanMove[] {
  if (executed !== undefined) return [endedByApproval(executed.id, executed.result)];
  if (waiting.kind === 'unclear') return [];
  if (waiting.kind === 'nothing') return open === undefined ? [] : [endedUnused(open, new Set(deletedTags))];
  const { plan } = waiting;
  if (open?.hash === plan.hash) return [{ kind: 'confirm', id: open.id, items: plan.items }];
  const opened: PlanMove = { kind: 'open', plan };
  if (open === undefined) return [opened];
  const detail = `what it would delete has changed: the plan is now ${plan.hash}`;
  return [{ kind: 'end', id: open.id, state: 'superseded', detail, result: null }, opened];
}

function endedByApproval(id: string, result: PlanResult): PlanMove {
  const others = [
    [result.held, 'held back'],
    [result.failed, 'failed'],
    [result.skipped, 'left as they are'],
  ] as const;
  const rest = others.flatMap(([count, what]) => (count > 0 ? [`, ${count} ${what}`] : [])).join('');
  return { kind: 'end', id, state: 'executed', detail: `${result.deleted} deleted${rest}`, result };
}

/** The gate let the tags go by itself, or they are wanted again. */
function endedUnused({ id, state, items }: HeldPlanRecord, deleted: ReadonlySet<Tag>): PlanMove {
  if (items.every(({ tag }) => deleted.has(tag))) {
    const result = { deleted: items.length, held: 0, failed: 0, skipped: 0 };
    if (state === 'approved') return endedByApproval(id, result);
    const detail = 'the gate let its tags go by itself, and they were deleted';
    return { kind: 'end', id, state: 'withdrawn', detail, result };
  }
  return {
    kind: 'end',
    id,
    state: 'withdrawn',
    detail: 'none of its tags waits for an approval any more',
    result: null,
  };
}
