import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import type { LinkCycleRecord, StoredListing } from './link-cycle.ts';
import { inTransaction, rowsOf } from './state-transaction.ts';
import { parseRow } from './stored-row.ts';

/** A repository that a cycle is to work on. */
export interface CycleItem {
  readonly name: string;
  readonly namedBy: 'exact' | 'catalog' | 'memory';
  /** Tag patterns that the cycle is about; none: the whole repository. */
  readonly tags: readonly string[];
  /** Where it is worked on, of the secondaries of the cycle. */
  readonly secondaries: readonly string[];
}

/** What the listing at the beginning of a cycle came to. */
export interface CycleListing {
  readonly items: readonly CycleItem[];
  /** All secondaries of the link, also those that the cycle leaves out: a new repository is open there as well. */
  readonly linkSecondaries: readonly string[];
  readonly listing: StoredListing;
}

/** A repository that waits for a run that nobody has taken. */
export interface WaitingItem {
  readonly name: string;
  readonly retryCount: number;
  /** `undefined`: all on which it waits go together; else they are no longer at the same place, and each goes alone. */
  readonly secondary: string | undefined;
}

/** What a look at a cycle found. */
export interface CycleAdvance {
  readonly kind: 'listing' | 'going-on' | 'deletions-began' | 'over';
}

/**
 * What cycles of the service are about: their repositories on each secondary, and how far they are with them.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class CycleItemsStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Writes down what a cycle is about; a second listing of the same cycle changes nothing. */
  async recordListing(cycle: LinkCycleRecord, of: CycleListing): Promise<void> {
    const { items, linkSecondaries, listing } = of;
    await inTransaction(this.#dataSource, async (manager) => {
      const taken = await rowsOf(manager, TAKE_LISTING, [cycle.id, JSON.stringify(listing)]);
      if (taken.length === 0) return;
      await insertItems(manager, cycle.id, items);
      if (cycle.work.command !== 'sync') return;
      const names = items.map(({ name }) => name);
      await manager.query(INSERT_WORK, [cycle.link, names, linkSecondaries]);
      await manager.query(MARK_NAMED, [cycle.link, names]);
      // A run over some tags settles nothing about the repository, so a retry that is due stays due.
      const whole = items.filter(({ tags }) => tags.length === 0).flatMap(pairsOf);
      await manager.query(MARK_PENDING, [cycle.link, ...columnsOf(whole), cycle.cause === 'operator']);
      if (isComplete(cycle, listing)) await manager.query(MARK_LISTED, [cycle.link]);
    });
  }

  /**
   * Moves each secondary of a cycle on by itself: its deletion wave begins when its last copy is done, whatever the others do,
   * and it is through when nothing is left.
   *
   * @param secondaries all of the link; nothing more is done on one that it has no longer.
   */
  async advance(cycleId: string, secondaries: readonly string[]): Promise<CycleAdvance> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, LOCK_CYCLE, [cycleId]);
      if (row === undefined) return { kind: 'over' };
      const { status } = parseRow('link_cycle', STATUS_ROW, row);
      if (status === 'waiting' || status === 'listing') return { kind: 'listing' };
      const begun = await rowsOf(manager, BEGIN_DELETIONS, [cycleId, secondaries]);
      await manager.query(REOPEN_FOR_DELETION, [
        cycleId,
        begun.map((each) => parseRow('link_cycle', SECONDARY_ROW, each).secondary),
      ]);
      const [stages] = await rowsOf(manager, END_STAGES, [cycleId, secondaries]);
      if (parseRow('link_cycle', OVER_ROW, stages).isOver) return { kind: 'over' };
      return { kind: begun.length > 0 ? 'deletions-began' : 'going-on' };
    });
  }

  /** Repositories of the cycle that wait for a run and that nobody has; those that failed least come first. */
  async waiting(cycleId: string): Promise<readonly WaitingItem[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_WAITING, [cycleId]);
      await manager.query('UPDATE link_cycle SET dispatched_at = now() WHERE id = $1', [cycleId]);
      return rows.flatMap((row) => waitingOf(parseRow('cycle_repository', WAITING_ROW, row)));
    });
  }

  /** Whether a repository of a cycle waits for a run, or has one, on a secondary. */
  async isBusy(cycleId: string, secondary: string): Promise<boolean> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, IS_BUSY, [cycleId, secondary]);
      return parseRow('cycle_repository', BUSY_ROW, row).isBusy;
    });
  }
}

async function insertItems(
  manager: EntityManager,
  cycleId: string,
  items: readonly CycleItem[],
): Promise<void> {
  const pairs = items.flatMap((item) => pairsOf(item).map((pair) => ({ ...pair, item })));
  await manager.query(INSERT_ITEMS, [
    cycleId,
    ...columnsOf(pairs),
    pairs.map(({ item }) => item.namedBy),
    JSON.stringify(pairs.map(({ item }) => item.tags)),
  ]);
}

interface Pair {
  readonly name: string;
  readonly secondary: string;
}

function pairsOf({ name, secondaries }: CycleItem): readonly Pair[] {
  return secondaries.map((secondary) => ({ name, secondary }));
}

function columnsOf(pairs: readonly Pair[]): readonly [readonly string[], readonly string[]] {
  return [pairs.map(({ name }) => name), pairs.map(({ secondary }) => secondary)];
}

function waitingOf({ name, retryCount, secondaries, together }: WaitingRow): readonly WaitingItem[] {
  if (together) return [{ name, retryCount, secondary: undefined }];
  return secondaries.map((secondary) => ({ name, retryCount, secondary }));
}

/** Whether what was not listed is gone: all was asked for, and the primary was there to say. */
function isComplete({ scope }: LinkCycleRecord, { failures, requestsSecondaries }: StoredListing): boolean {
  return scope.kind === 'all' && Object.keys(failures).length < Object.keys(requestsSecondaries).length;
}

const STATUS_ROW = z.object({ status: z.enum(['waiting', 'listing', 'copying', 'deleting']) });
const SECONDARY_ROW = z.object({ secondary: z.string() });
const OVER_ROW = z.object({ isOver: z.boolean() });
const BUSY_ROW = z.object({ isBusy: z.boolean() });
const WAITING_ROW = z.object({
  name: z.string(),
  retryCount: z.int(),
  secondaries: z.array(z.string()),
  together: z.boolean(),
});
type WaitingRow = z.infer<typeof WAITING_ROW>;

const TAKE_LISTING = `
  UPDATE link_cycle SET status = 'copying', listing = $2::jsonb, dispatched_at = NULL
  WHERE id = $1 AND status = 'listing' AND cancelled_at IS NULL RETURNING id`;

const INSERT_ITEMS = `
  INSERT INTO cycle_repository (cycle_id, repository, secondary, named_by, phase, status, runs, wanted, granted, tags)
  SELECT $1, item.name, item.secondary, item.named_by, 'copy', 'waiting', 0, 0, 0, $5::jsonb -> (item.place - 1)::integer
  FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS item(name, secondary, named_by, place)
  ON CONFLICT DO NOTHING`;

const INSERT_WORK = `
  INSERT INTO repository_work (link, repository, secondary, state, dirty, retry_count, fence, changed_at)
  SELECT $1, name, secondary, 'pending', false, 0, 0, now()
  FROM unnest($2::text[]) AS name CROSS JOIN unnest($3::text[]) AS secondary
  ON CONFLICT DO NOTHING`;

const MARK_NAMED = `
  UPDATE repository_work SET listed_at = now() WHERE link = $1 AND repository = ANY ($2::text[])`;

/** A retry that was due is this cycle; the counter goes only with a success or an operator. */
const MARK_PENDING = `
  UPDATE repository_work w SET state = 'pending', changed_at = now(), retry_at = NULL,
    retry_count = CASE WHEN $4::boolean THEN 0 ELSE retry_count END
  FROM unnest($2::text[], $3::text[]) AS item(name, secondary)
  WHERE w.link = $1 AND w.repository = item.name AND w.secondary = item.secondary AND w.lease_owner IS NULL`;

const MARK_LISTED = 'UPDATE link_state SET listed_at = now() WHERE link = $1';

const LOCK_CYCLE = `SELECT status FROM link_cycle WHERE id = $1 AND status <> 'finished' FOR UPDATE`;

const STAGES = `
  SELECT stage.key AS secondary, stage.value AS stage,
    count(r.repository) FILTER (WHERE r.status = 'waiting') AS waiting,
    count(r.repository) FILTER (WHERE r.phase = 'copy' AND r.wanted > 0) AS deletions
  FROM link_cycle c CROSS JOIN jsonb_each_text(c.stages) AS stage
    LEFT JOIN cycle_repository r ON r.cycle_id = c.id AND r.secondary = stage.key
  WHERE c.id = $1 GROUP BY stage.key, stage.value`;

/** Of those that are to delete. */
const BEGIN_DELETIONS = `
  WITH stages AS (${STAGES}), ready AS (
    SELECT secondary FROM stages
    WHERE stage = 'copying' AND waiting = 0 AND deletions > 0 AND secondary = ANY ($2::text[])
  ), begun AS (
    UPDATE link_cycle SET stages = stages || (SELECT jsonb_object_agg(secondary, 'deleting') FROM ready)
    WHERE id = $1 AND cancelled_at IS NULL AND EXISTS (SELECT FROM ready) RETURNING id
  )
  SELECT ready.secondary FROM ready CROSS JOIN begun`;

const REOPEN_FOR_DELETION = `
  UPDATE cycle_repository SET phase = 'delete', status = 'waiting', runs = 0
  WHERE cycle_id = $1 AND secondary = ANY ($2::text[]) AND phase = 'copy' AND wanted > 0`;

/** What has nothing left is through; and where nobody copies any more, the cycle deletes. */
const END_STAGES = `
  WITH stages AS (${STAGES}), now_stages AS (
    SELECT COALESCE(jsonb_object_agg(secondary, 
      CASE WHEN (waiting = 0 AND (stage = 'deleting' OR deletions = 0)) OR secondary <> ALL ($2::text[])
        THEN 'through' ELSE stage END), '{}')
      AS value FROM stages
  )
  UPDATE link_cycle c SET stages = now_stages.value,
    status = CASE WHEN 'copying' IN (SELECT jsonb_each_text.value FROM jsonb_each_text(now_stages.value)) THEN 'copying'
      WHEN 'deleting' IN (SELECT jsonb_each_text.value FROM jsonb_each_text(now_stages.value)) THEN 'deleting' ELSE c.status END
  FROM now_stages WHERE c.id = $1
  RETURNING c.cancelled_at IS NOT NULL
    OR NOT EXISTS (SELECT FROM jsonb_each_text(c.stages) AS stage WHERE stage.value <> 'through') AS "isOver"`;

/** Together: on every secondary on which it is not done it waits for the same, and nobody has it. */
const SELECT_WAITING = `
  SELECT r.repository AS name, max(COALESCE(w.retry_count, 0))::integer AS "retryCount",
    array_agg(r.secondary ORDER BY r.secondary) FILTER (WHERE r.status = 'waiting' AND w.lease_owner IS NULL) AS secondaries,
    count(DISTINCT r.phase) = 1 AND bool_and(r.status = 'waiting' AND w.lease_owner IS NULL) AS together
  FROM cycle_repository r JOIN link_cycle c ON c.id = r.cycle_id
    LEFT JOIN (
      SELECT link, repository, secondary, retry_count, CASE WHEN lease_expires_at < now() THEN NULL ELSE lease_owner END AS lease_owner
      FROM repository_work
    ) AS w ON w.link = c.link AND w.repository = r.repository AND w.secondary = r.secondary
  WHERE r.cycle_id = $1 AND c.stages ->> r.secondary <> 'through'
  GROUP BY r.repository
  HAVING bool_or(r.status = 'waiting' AND w.lease_owner IS NULL)
  ORDER BY 2, r.repository`;

const IS_BUSY = `
  SELECT EXISTS (
    SELECT FROM cycle_repository WHERE cycle_id = $1 AND secondary = $2 AND status = 'waiting') AS "isBusy"`;
