import type { Digest } from '../oci/digest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { GateReason } from '../planning/reason-code.ts';

/** Where deletions are made: one repository of one secondary, for one link. */
export interface DeletionPlace {
  readonly link: string;
  readonly secondary: string;
  /** The repository on the secondary. */
  readonly repository: RepositoryName;
}

/** A tag that an approval would let go. */
export interface HeldItem {
  readonly tag: Tag;
  /** What it stands for; `null`: its manifest is unknown. */
  readonly secondaryDigest: Digest | null;
  /** Why the gate holds it. */
  readonly reason: GateReason;
  readonly message: string;
}

/** Deletions that wait for an approver, under the hash of what they would delete. */
export interface WantedPlan {
  readonly hash: string;
  readonly items: readonly HeldItem[];
}

/**
 * `held`, `approved` and `rejected` are open: at most one of a place is. The others are ends: the approval was `executed`, or
 * `expired` before a cycle could use it; the plan was `superseded` by one of other content, or `withdrawn` as nothing waits.
 */
export type HeldPlanState =
  'held' | 'approved' | 'rejected' | 'expired' | 'superseded' | 'executed' | 'withdrawn';

export const OPEN_PLAN_STATES = ['held', 'approved', 'rejected'] as const satisfies HeldPlanState[];

/** What became of the tags of an approved plan. */
export interface PlanResult {
  readonly deleted: number;
  readonly held: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Who decided what about a plan. */
export interface PlanDecision {
  readonly by: string;
  readonly at: Date;
  /** In the words of whoever decided. */
  readonly reason: string | null;
}

export interface HeldPlanRecord extends DeletionPlace, WantedPlan {
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
export interface PlanSettlement extends DeletionPlace {
  readonly primaryRepository: RepositoryName;
  readonly cycleId: string;
  /** `nothing`: no tag waits for an approval. `unclear`: other reasons came first, so what waits is as before. */
  readonly waiting: WantedPlan | 'nothing' | 'unclear';
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
  | { readonly kind: 'confirm'; readonly id: string; readonly items: readonly HeldItem[] }
  | { readonly kind: 'open'; readonly plan: WantedPlan };

/** What to do about the open plan of a place, now that a cycle has ended there. */
export function planMoves(
  open: HeldPlanRecord | undefined,
  { waiting, executed, deletedTags }: PlanSettlement,
): readonly PlanMove[] {
  if (executed !== undefined) return [endedByApproval(executed.id, executed.result)];
  if (waiting === 'unclear') return [];
  if (waiting === 'nothing') return open === undefined ? [] : [endedUnused(open, new Set(deletedTags))];
  if (open?.hash === waiting.hash) return [{ kind: 'confirm', id: open.id, items: waiting.items }];
  const opened: PlanMove = { kind: 'open', plan: waiting };
  if (open === undefined) return [opened];
  const detail = `what it would delete has changed: the plan is now ${waiting.hash}`;
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
