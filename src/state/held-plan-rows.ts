import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { GATE_REASONS } from '../planning/reason-code.ts';
import type { PlanPlace, HeldTag } from '../planning/held-plan.ts';
import {
  HELD_PLAN_STATES,
  OPEN_PLAN_STATES,
  planMoves,
  type HeldPlanRecord,
  type PlanMove,
  type PlanResult,
  type PlanSettlement,
} from './deletion-desk.ts';
import { rowsOf } from './state-transaction.ts';
import { COLUMN, parseRow } from './stored-row.ts';
import { storedText } from './stored-text.ts';

/** Whoever looks into what was approved does so within a year; as for the audit trail. */
const RETENTION_DAYS = 400;

/** A plan can have as many items as a repository has tags. */
const LONGEST_MESSAGE_BYTES = 512;

const ITEM: z.ZodType<HeldTag> = z.object({
  tag: COLUMN.tag,
  secondaryDigest: COLUMN.digestOrNull,
  reason: z.enum(GATE_REASONS),
  message: z.string(),
});

const COUNT = z.int();

const RESULT: z.ZodType<PlanResult> = z.object({
  deleted: COUNT,
  held: COUNT,
  failed: COUNT,
  skipped: COUNT,
});

const ROW = z.object({
  id: z.string(),
  hash: z.string(),
  link: z.string(),
  secondary: z.string(),
  repository: COLUMN.repository,
  primaryRepository: COLUMN.repository,
  items: z.array(ITEM),
  state: z.enum(HELD_PLAN_STATES),
  detail: z.string().nullable(),
  cycleId: z.string(),
  heldAt: COLUMN.date,
  confirmedAt: COLUMN.date,
  decidedBy: z.string().nullable(),
  decidedAt: COLUMN.dateOrNull,
  decisionReason: z.string().nullable(),
  expiresAt: COLUMN.dateOrNull,
  endedAt: COLUMN.dateOrNull,
  result: RESULT.nullable(),
});

export const HELD_PLAN_COLUMNS = `id, hash, link, secondary, repository, primary_repository AS "primaryRepository", items,
  state, detail, cycle_id AS "cycleId", held_at AS "heldAt", confirmed_at AS "confirmedAt", decided_by AS "decidedBy",
  decided_at AS "decidedAt", decision_reason AS "decisionReason", expires_at AS "expiresAt", ended_at AS "endedAt", result`;

/** @throws {StateError} `CORRUPT`. */
export function heldPlanOf(row: unknown): HeldPlanRecord {
  const { decidedBy, decidedAt, decisionReason, ...plan } = parseRow('held_plan', ROW, row);
  const isDecided = decidedBy !== null && decidedAt !== null;
  return { ...plan, decision: isDecided ? { by: decidedBy, at: decidedAt, reason: decisionReason } : null };
}

/** The open plan of a place; an approval that has run out is none. Writes nothing. */
export async function selectOpenPlan(
  manager: EntityManager,
  { link, secondary, repository }: PlanPlace,
): Promise<HeldPlanRecord | undefined> {
  const [row] = await rowsOf(manager, SELECT_OPEN, [link, secondary, repository]);
  return row === undefined ? undefined : heldPlanOf(row);
}

/** Ends approvals that no cycle has used in time. */
export async function expireApprovals(manager: EntityManager): Promise<void> {
  await manager.query(EXPIRE);
}

/** Brings the plans of a place in line with what a cycle found there. */
export async function settlePlan(manager: EntityManager, settlement: PlanSettlement): Promise<void> {
  const { link, secondary, repository } = settlement;
  await expireApprovals(manager);
  const [row] = await rowsOf(manager, `${SELECT_OPEN} FOR UPDATE`, [link, secondary, repository]);
  const open = row === undefined ? undefined : heldPlanOf(row);
  for (const move of planMoves(open, settlement)) await makeMove(manager, move, settlement);
}

async function makeMove(manager: EntityManager, move: PlanMove, of: PlanSettlement): Promise<void> {
  switch (move.kind) {
    case 'end': {
      const result = move.result && JSON.stringify(move.result);
      await manager.query(END, [move.id, move.state, storedText(move.detail), result]);
      return;
    }
    case 'confirm':
      await manager.query(CONFIRM, [move.id, itemsText(move.items), of.cycleId]);
      return;
    case 'open': {
      await manager.query(PRUNE, [RETENTION_DAYS]);
      const { hash, items } = move.plan;
      const place = [of.link, of.secondary, of.repository, of.primaryRepository];
      await manager.query(INSERT, [randomUUID(), hash, ...place, itemsText(items), of.cycleId]);
    }
  }
}

function itemsText(items: readonly HeldTag[]): string {
  return JSON.stringify(
    items.map(({ tag, secondaryDigest, reason, message }) => ({
      tag,
      secondaryDigest,
      reason,
      message: storedText(message, LONGEST_MESSAGE_BYTES),
    })),
  );
}

/** The states are written out so that the partial index fits. */
const IS_OPEN = `state IN (${OPEN_PLAN_STATES.map((state) => `'${state}'`).join(', ')})`;

const SELECT_OPEN = `
  SELECT ${HELD_PLAN_COLUMNS} FROM held_plan
  WHERE link = $1 AND secondary = $2 AND repository = $3 AND ${IS_OPEN}
    AND NOT (state = 'approved' AND expires_at <= now())`;

const EXPIRE = `
  UPDATE held_plan SET state = 'expired', ended_at = expires_at, detail =
    'no cycle could use it in time; if the tags are still to go, the next one holds them again under the same hash'
  WHERE state = 'approved' AND expires_at <= now()`;

/** An approval may run out, or be taken back, while the cycle that uses it still deletes: what happened is what is written. */
const END = `
  UPDATE held_plan SET state = $2, detail = $3, result = $4::jsonb, ended_at = now()
  WHERE id = $1 AND (${IS_OPEN} OR state = 'expired' AND $2::text = 'executed')`;

const CONFIRM = `
  UPDATE held_plan SET items = $2::jsonb, cycle_id = $3, confirmed_at = now() WHERE id = $1`;

const INSERT = `
  INSERT INTO held_plan (id, hash, link, secondary, repository, primary_repository, items, state, cycle_id, held_at, confirmed_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, 'held', $8, now(), now())
  ON CONFLICT (link, secondary, repository) WHERE ${IS_OPEN} DO NOTHING`;

const PRUNE = `DELETE FROM held_plan WHERE ended_at < now() - make_interval(days => $1::integer)`;
