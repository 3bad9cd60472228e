import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import {
  LINK_CYCLE_COLUMNS,
  kindOf,
  linkCycleOf,
  mergeCauses,
  mergeScopes,
  type CycleWish,
  type LinkCycleRecord,
  type StoredListing,
} from './link-cycle.ts';
import { inTransaction, rowsOf } from './state-transaction.ts';
import { parseRow } from './stored-row.ts';

/** A repository that a cycle is to work on. */
export interface CycleItem {
  readonly name: string;
  readonly namedBy: 'exact' | 'catalog' | 'memory';
  /** Tag patterns that the cycle is about; none: the whole repository. */
  readonly tags: readonly string[];
}

/** What is left of a cycle. */
export interface CycleProgress {
  readonly status: LinkCycleRecord['status'];
  /** Repositories that wait for a run. */
  readonly waiting: number;
  /** Repositories whose orphans wait for the deletion wave. */
  readonly withDeletions: number;
  readonly all: number;
}

/**
 * The cycles of the service, one row each: at most one of a link is under way, and at most one of a kind waits. Everything here
 * may be done twice, by any process.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class CycleQueueStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Puts a wish down; while one of its kind waits, it becomes part of that one, whose cycle is answered. */
  async request(wish: CycleWish): Promise<LinkCycleRecord> {
    return await inTransaction(this.#dataSource, async (manager) => {
      // Two requests of one link, one after the other: the second sees what the first has made.
      await lockLink(manager, wish.link);
      const kind = kindOf(wish.work);
      const [row] = await rowsOf(manager, SELECT_WAITING, [wish.link, kind]);
      if (row === undefined) {
        const { link, cause, work, scope } = wish;
        const made = [randomUUID(), link, kind, cause, JSON.stringify(work), JSON.stringify(scope)];
        const [inserted] = await rowsOf(manager, INSERT_CYCLE, made);
        return linkCycleOf(inserted);
      }
      const waiting = linkCycleOf(row);
      const [merged] = await rowsOf(manager, MERGE_CYCLE, [
        waiting.id,
        mergeCauses(waiting.cause, wish.cause),
        JSON.stringify(mergeScopes(waiting.scope, wish.scope)),
      ]);
      return linkCycleOf(merged);
    });
  }

  /** The cycle of the link that is under way, else the oldest that waits, begun now; `undefined` when there is none, or the link is paused. */
  async startNext(link: string): Promise<LinkCycleRecord | undefined> {
    return await inTransaction(this.#dataSource, async (manager) => {
      await lockLink(manager, link);
      const [open] = await rowsOf(manager, SELECT_OPEN, [link]);
      if (open !== undefined) return linkCycleOf(open);
      const [started] = await rowsOf(manager, START_NEXT, [link]);
      return started === undefined ? undefined : linkCycleOf(started);
    });
  }

  /** Takes the listing of a cycle for this process. `false`: another one is at it, and has not been for too long. */
  async takeListing(cycleId: string, patienceSeconds: number): Promise<boolean> {
    return await inTransaction(
      this.#dataSource,
      async (manager) => (await rowsOf(manager, BEGIN_LISTING, [cycleId, patienceSeconds])).length > 0,
    );
  }

  /** Writes down what a cycle is about; a second listing of the same cycle changes nothing. */
  async recordListing(
    cycle: LinkCycleRecord,
    items: readonly CycleItem[],
    listing: StoredListing,
  ): Promise<void> {
    await inTransaction(this.#dataSource, async (manager) => {
      const taken = await rowsOf(manager, TAKE_LISTING, [cycle.id, JSON.stringify(listing)]);
      if (taken.length === 0) return;
      const names = items.map(({ name }) => name);
      await manager.query(INSERT_ITEMS, [
        cycle.id,
        names,
        items.map(({ namedBy }) => namedBy),
        JSON.stringify(items.map(({ tags }) => tags)),
      ]);
      if (cycle.work.command === 'sync') {
        await manager.query(INSERT_WORK, [cycle.link, names]);
        // A run over some tags settles nothing about the repository, so a retry that is due stays due.
        const whole = items.filter(({ tags }) => tags.length === 0).map(({ name }) => name);
        await manager.query(MARK_PENDING, [cycle.link, whole, cycle.cause === 'operator']);
        if (isComplete(cycle, listing)) await manager.query(MARK_LISTED, [cycle.link]);
      }
    });
  }

  async progress(cycleId: string): Promise<CycleProgress> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, SELECT_PROGRESS, [cycleId]);
      return parseRow('link_cycle', PROGRESS_ROW, row ?? GONE);
    });
  }

  /** Opens the repositories with orphans once more, when the last copy is done. Answers how many there are. */
  async beginDeletions(cycleId: string): Promise<number> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const begun = await rowsOf(manager, BEGIN_DELETIONS, [cycleId]);
      if (begun.length === 0) return 0;
      return (await rowsOf(manager, REOPEN_FOR_DELETION, [cycleId])).length;
    });
  }

  /** Repositories of the cycle that wait for a run and that nobody has; those that failed least come first. */
  async waitingItems(cycleId: string): Promise<readonly { name: string; retryCount: number }[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_WAITING_ITEMS, [cycleId]);
      await manager.query('UPDATE link_cycle SET dispatched_at = now() WHERE id = $1', [cycleId]);
      return rows.map((row) => parseRow('cycle_repository', WAITING_ROW, row));
    });
  }

  /** Marks the cycle as done; its repositories are no longer needed. `false`: somebody else did. */
  async finish(cycleId: string): Promise<boolean> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const finished = await rowsOf(manager, FINISH, [cycleId]);
      if (finished.length === 0) return false;
      await manager.query(DROP_OLD_ITEMS, [cycleId]);
      return true;
    });
  }

  /** Asks for the end of a cycle. `false`: it has ended, or never was. */
  async cancel(cycleId: string): Promise<boolean> {
    return await inTransaction(
      this.#dataSource,
      async (manager) => (await rowsOf(manager, CANCEL, [cycleId])).length > 0,
    );
  }

  async load(cycleId: string): Promise<LinkCycleRecord | undefined> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, `SELECT ${LINK_CYCLE_COLUMNS} FROM link_cycle WHERE id = $1`, [
        cycleId,
      ]);
      return row === undefined ? undefined : linkCycleOf(row);
    });
  }

  /** Cycles of a link that wait or are under way, oldest first. */
  async unfinished(link: string): Promise<readonly LinkCycleRecord[]> {
    return await inTransaction(this.#dataSource, async (manager) =>
      (await rowsOf(manager, SELECT_UNFINISHED, [link])).map(linkCycleOf),
    );
  }
}

/** Whether what was not listed is gone: all was asked for, and the primary was there to say. */
function isComplete({ scope }: LinkCycleRecord, { failures, requestsSecondaries }: StoredListing): boolean {
  return scope.kind === 'all' && Object.keys(failures).length < Object.keys(requestsSecondaries).length;
}

async function lockLink(manager: EntityManager, link: string): Promise<void> {
  await manager.query('INSERT INTO link_state (link, retry_count) VALUES ($1, 0) ON CONFLICT DO NOTHING', [
    link,
  ]);
  await manager.query('SELECT link FROM link_state WHERE link = $1 FOR UPDATE', [link]);
}

const PROGRESS_ROW = z.object({
  status: z.enum(['waiting', 'listing', 'copying', 'deleting', 'finished']),
  waiting: z.int(),
  withDeletions: z.int(),
  all: z.int(),
});

/** A cycle whose row is gone has nothing left to do. */
const GONE: CycleProgress = { status: 'finished', waiting: 0, withDeletions: 0, all: 0 };

const WAITING_ROW = z.object({ name: z.string(), retryCount: z.int() });

const SELECT_WAITING = `
  SELECT ${LINK_CYCLE_COLUMNS} FROM link_cycle WHERE link = $1 AND kind = $2 AND status = 'waiting'`;

const INSERT_CYCLE = `
  INSERT INTO link_cycle (id, link, kind, cause, work, scope, status, requested_at)
  VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb, 'waiting', now()) RETURNING ${LINK_CYCLE_COLUMNS}`;

const MERGE_CYCLE = `
  UPDATE link_cycle SET cause = $2, scope = $3::jsonb WHERE id = $1 RETURNING ${LINK_CYCLE_COLUMNS}`;

const SELECT_OPEN = `
  SELECT ${LINK_CYCLE_COLUMNS} FROM link_cycle
  WHERE link = $1 AND status IN ('listing', 'copying', 'deleting')`;

const START_NEXT = `
  UPDATE link_cycle SET status = 'listing', started_at = now()
  WHERE id = (
    SELECT id FROM link_cycle WHERE link = $1 AND status = 'waiting'
      AND NOT EXISTS (SELECT FROM link_state WHERE link = $1 AND paused_at IS NOT NULL)
    ORDER BY requested_at LIMIT 1
  )
  RETURNING ${LINK_CYCLE_COLUMNS}`;

const BEGIN_LISTING = `
  UPDATE link_cycle SET dispatched_at = now()
  WHERE id = $1 AND status = 'listing'
    AND (dispatched_at IS NULL OR dispatched_at < now() - make_interval(secs => $2::float8)) RETURNING id`;

const TAKE_LISTING = `
  UPDATE link_cycle SET status = 'copying', listing = $2::jsonb, dispatched_at = NULL
  WHERE id = $1 AND status = 'listing' AND cancelled_at IS NULL RETURNING id`;

const INSERT_ITEMS = `
  INSERT INTO cycle_repository (cycle_id, repository, named_by, phase, status, runs, wanted, granted, results, tags)
  SELECT $1, item.name, item.named_by, 'copy', 'waiting', 0, '{}', '{}', '[]', $4::jsonb -> (item.place - 1)::integer
  FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS item(name, named_by, place)
  ON CONFLICT DO NOTHING`;

const INSERT_WORK = `
  INSERT INTO repository_work (link, repository, state, dirty, retry_count, fence, changed_at)
  SELECT $1, name, 'pending', false, 0, 0, now() FROM unnest($2::text[]) AS name
  ON CONFLICT DO NOTHING`;

/** A retry that was due is this cycle; the counter goes only with a success or an operator. */
const MARK_PENDING = `
  UPDATE repository_work SET listed_at = now(),
    state = CASE WHEN lease_owner IS NULL THEN 'pending' ELSE state END,
    changed_at = CASE WHEN lease_owner IS NULL THEN now() ELSE changed_at END,
    retry_at = CASE WHEN lease_owner IS NULL THEN NULL ELSE retry_at END,
    retry_count = CASE WHEN lease_owner IS NULL AND $3::boolean THEN 0 ELSE retry_count END
  WHERE link = $1 AND repository = ANY ($2::text[])`;

const MARK_LISTED = 'UPDATE link_state SET listed_at = now() WHERE link = $1';

const SELECT_PROGRESS = `
  SELECT c.status, count(*) FILTER (WHERE r.status = 'waiting')::integer AS waiting,
    count(*) FILTER (WHERE r.phase = 'copy' AND r.wanted <> '{}')::integer AS "withDeletions",
    count(r.repository)::integer AS "all"
  FROM link_cycle c LEFT JOIN cycle_repository r ON r.cycle_id = c.id
  WHERE c.id = $1 GROUP BY c.id, c.status`;

const BEGIN_DELETIONS = `
  UPDATE link_cycle SET status = 'deleting'
  WHERE id = $1 AND status = 'copying' AND cancelled_at IS NULL
    AND NOT EXISTS (SELECT FROM cycle_repository WHERE cycle_id = $1 AND status = 'waiting')
  RETURNING id`;

const REOPEN_FOR_DELETION = `
  UPDATE cycle_repository SET phase = 'delete', status = 'waiting', runs = 0
  WHERE cycle_id = $1 AND phase = 'copy' AND wanted <> '{}' RETURNING repository`;

const SELECT_WAITING_ITEMS = `
  SELECT r.repository AS name, COALESCE(w.retry_count, 0) AS "retryCount"
  FROM cycle_repository r JOIN link_cycle c ON c.id = r.cycle_id
    LEFT JOIN repository_work w ON w.link = c.link AND w.repository = r.repository
  WHERE r.cycle_id = $1 AND r.status = 'waiting'
    AND (w.lease_owner IS NULL OR w.lease_expires_at < now())
  ORDER BY w.retry_count, r.repository`;

const FINISH = `
  UPDATE link_cycle SET status = 'finished', finished_at = now(),
    outcome = (SELECT cycle.outcome FROM cycle WHERE cycle.id = $1)
  WHERE id = $1 AND status <> 'finished' RETURNING id`;

/** The repositories of the last cycle stay for whoever looks; those before it are in its report. */
const DROP_OLD_ITEMS = `
  DELETE FROM cycle_repository WHERE cycle_id IN (
    SELECT older.id FROM link_cycle older JOIN link_cycle this ON this.link = older.link
    WHERE this.id = $1 AND older.id <> this.id AND older.status = 'finished')`;

/** One that still waits has nothing to end: it is over at once. */
const CANCEL = `
  UPDATE link_cycle SET cancelled_at = COALESCE(cancelled_at, now()),
    status = CASE WHEN status = 'waiting' THEN 'finished' ELSE status END,
    finished_at = CASE WHEN status = 'waiting' THEN now() ELSE finished_at END
  WHERE id = $1 AND status <> 'finished' RETURNING id`;

const SELECT_UNFINISHED = `
  SELECT ${LINK_CYCLE_COLUMNS} FROM link_cycle WHERE link = $1 AND status <> 'finished' ORDER BY requested_at`;
