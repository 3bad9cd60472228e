import type { DataSource, EntityManager } from 'typeorm';
import { expireApprovals, HELD_PLAN_COLUMNS, heldPlanOf } from './held-plan-rows.ts';
import type { HeldPlanRecord, HeldPlanState } from './deletion-desk.ts';
import { inTransaction, rowsOf } from './state-transaction.ts';

/** Long enough for a cycle to come by, short enough that what was looked at still is what is there (failure mode OE-15). */
const APPROVAL_SECONDS = 3600;

/** What an approver says of a plan. */
export interface PlanVerdict {
  readonly hash: string;
  readonly verdict: 'approved' | 'rejected';
  readonly by: string;
  readonly reason: string | null;
}

/** `decided`: the plan stands so now, also where it did before. `over`: it has ended, its state says how. */
export type DecidedPlan =
  | { readonly kind: 'decided'; readonly plan: HeldPlanRecord }
  | { readonly kind: 'over'; readonly plan: HeldPlanRecord }
  | { readonly kind: 'unknown' };

/** Which plans, and where a page of them goes on. */
export interface PlanPage {
  readonly state: HeldPlanState;
  readonly link: string | null;
  /** Id of the last plan of the page before. */
  readonly after: string | null;
  readonly limit: number;
}

/**
 * Held plans as people see and decide them; cycles write them through the state store.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class HeldPlanStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Newest first. */
  async page({ state, link, after, limit }: PlanPage): Promise<readonly HeldPlanRecord[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      await expireApprovals(manager);
      return (await rowsOf(manager, SELECT_PAGE, [state, link, after, limit])).map(heldPlanOf);
    });
  }

  /** The newest plan of this hash: the same content may be held again after its plan has ended. */
  async load(hash: string): Promise<HeldPlanRecord | undefined> {
    return await inTransaction(this.#dataSource, async (manager) => {
      await expireApprovals(manager);
      return await selectNewest(manager, hash);
    });
  }

  /** Writes a decision down. A second thought counts until a cycle has used the approval. */
  async decide({ hash, verdict, by, reason }: PlanVerdict): Promise<DecidedPlan> {
    return await inTransaction(this.#dataSource, async (manager) => {
      await expireApprovals(manager);
      const parameters = [hash, verdict, by, reason, APPROVAL_SECONDS];
      const [row] = await rowsOf(manager, DECIDE, parameters);
      if (row !== undefined) return { kind: 'decided', plan: heldPlanOf(row) };
      const plan = await selectNewest(manager, hash);
      if (plan === undefined) return { kind: 'unknown' };
      return { kind: plan.state === verdict ? 'decided' : 'over', plan };
    });
  }
}

async function selectNewest(manager: EntityManager, hash: string): Promise<HeldPlanRecord | undefined> {
  const [row] = await rowsOf(manager, SELECT_NEWEST, [hash]);
  return row === undefined ? undefined : heldPlanOf(row);
}

const SELECT_PAGE = `
  SELECT ${HELD_PLAN_COLUMNS} FROM held_plan
  WHERE state = $1 AND ($2::text IS NULL OR link = $2)
    AND ($3::text IS NULL OR (held_at, id) < (SELECT held_at, id FROM held_plan WHERE id = $3))
  ORDER BY held_at DESC, id DESC LIMIT $4`;

const SELECT_NEWEST = `
  SELECT ${HELD_PLAN_COLUMNS} FROM held_plan WHERE hash = $1 ORDER BY ended_at IS NULL DESC, held_at DESC LIMIT 1`;

const DECIDE = `
  UPDATE held_plan SET state = $2, decided_by = $3, decision_reason = $4, decided_at = now(),
    expires_at = CASE WHEN $2::text = 'approved' THEN now() + make_interval(secs => $5::float8) END
  WHERE hash = $1 AND state IN ('held', 'approved', 'rejected') AND state <> $2
  RETURNING ${HELD_PLAN_COLUMNS}`;
