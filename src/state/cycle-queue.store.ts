import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import {
  busySecondaries,
  kindOf,
  LINK_CYCLE_COLUMNS,
  linkCycleOf,
  mergeCauses,
  mergeScopes,
  mustReachAll,
  type CycleWish,
  type LinkCycleRecord,
} from './link-cycle.ts';
import { inTransaction, rowsOf } from './state-transaction.ts';

/**
 * The cycles of the service, one row each: at most one of a kind waits, and on each secondary of a link at most one is under way; two
 * of one link are under way where a slow secondary still has the one before. Everything here may be done twice, by any process.
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
      return await putDown(manager, wish, null);
    });
  }

  /** Cycles of the link that are under way, oldest first. */
  async open(link: string): Promise<readonly LinkCycleRecord[]> {
    return await inTransaction(this.#dataSource, (manager) => selectOpen(manager, link));
  }

  /**
   * Begins the oldest cycle that waits and finds a secondary that is not busy, on all of those that are not. Where it has to be
   * made up for on the others, a cycle for them waits from now on. `undefined` when there is none, or the link is paused.
   *
   * @param secondaries names of all secondaries of the link.
   */
  async startNext(link: string, secondaries: readonly string[]): Promise<LinkCycleRecord | undefined> {
    return await inTransaction(this.#dataSource, async (manager) => {
      await lockLink(manager, link);
      const busy = new Set((await selectOpen(manager, link)).flatMap(busySecondaries));
      for (const row of await rowsOf(manager, SELECT_STARTABLE, [link])) {
        const cycle = linkCycleOf(row);
        const wanted = secondaries.filter((name) => cycle.onlyFor?.includes(name) ?? true);
        const free = wanted.filter((name) => !busy.has(name));
        const left = wanted.filter((name) => busy.has(name));
        if (free.length > 0) return await start(manager, cycle, free, left);
        // Nobody waits for a secondary that the link has no longer.
        if (left.length === 0) await manager.query(CANCEL, [cycle.id]);
      }
      return undefined;
    });
  }

  /** Takes the listing of a cycle for this process. `false`: another one is at it, and has not been for too long. */
  async takeListing(cycleId: string, patienceSeconds: number): Promise<boolean> {
    return await inTransaction(
      this.#dataSource,
      async (manager) => (await rowsOf(manager, BEGIN_LISTING, [cycleId, patienceSeconds])).length > 0,
    );
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

async function selectOpen(manager: EntityManager, link: string): Promise<readonly LinkCycleRecord[]> {
  return (await rowsOf(manager, SELECT_OPEN, [link])).map(linkCycleOf);
}

async function start(
  manager: EntityManager,
  cycle: LinkCycleRecord,
  free: readonly string[],
  busy: readonly string[],
): Promise<LinkCycleRecord> {
  const stages = Object.fromEntries(free.map((secondary) => [secondary, 'copying']));
  const [row] = await rowsOf(manager, START, [cycle.id, JSON.stringify(stages)]);
  if (busy.length === 0 || !mustReachAll(cycle)) return linkCycleOf(row);
  const rest = await putDown(manager, cycle, busy);
  const [continued] = await rowsOf(manager, CONTINUE, [cycle.id, rest.id]);
  return linkCycleOf(continued);
}

/** A wish for all secondaries, and one for those that were busy, wait apart: neither makes more of the other. */
async function putDown(
  manager: EntityManager,
  { link, cause, work, scope }: CycleWish,
  onlyFor: readonly string[] | null,
): Promise<LinkCycleRecord> {
  const select = onlyFor === null ? SELECT_WAITING : SELECT_WAITING_REST;
  const [row] = await rowsOf(manager, select, [link, kindOf(work)]);
  const waiting = row === undefined ? undefined : linkCycleOf(row);
  const all = new Set([...(waiting?.onlyFor ?? []), ...(onlyFor ?? [])]);
  const names = onlyFor === null ? null : JSON.stringify([...all]);
  const [kept] =
    waiting === undefined
      ? await rowsOf(manager, INSERT_CYCLE, [
          randomUUID(),
          link,
          kindOf(work),
          cause,
          JSON.stringify(work),
          JSON.stringify(scope),
          names,
        ])
      : await rowsOf(manager, MERGE_CYCLE, [
          waiting.id,
          mergeCauses(waiting.cause, cause),
          JSON.stringify(mergeScopes(waiting.scope, scope)),
          names,
        ]);
  return linkCycleOf(kept);
}

async function lockLink(manager: EntityManager, link: string): Promise<void> {
  await manager.query('INSERT INTO link_state (link, retry_count) VALUES ($1, 0) ON CONFLICT DO NOTHING', [
    link,
  ]);
  await manager.query('SELECT link FROM link_state WHERE link = $1 FOR UPDATE', [link]);
}

const SELECT_WAITING = `
  SELECT ${LINK_CYCLE_COLUMNS} FROM link_cycle
  WHERE link = $1 AND kind = $2 AND status = 'waiting' AND only_for IS NULL`;

const SELECT_WAITING_REST = `
  SELECT ${LINK_CYCLE_COLUMNS} FROM link_cycle
  WHERE link = $1 AND kind = $2 AND status = 'waiting' AND only_for IS NOT NULL`;

const INSERT_CYCLE = `
  INSERT INTO link_cycle (id, link, kind, cause, work, scope, status, requested_at, only_for)
  VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb, 'waiting', now(), $7::jsonb) RETURNING ${LINK_CYCLE_COLUMNS}`;

const MERGE_CYCLE = `
  UPDATE link_cycle SET cause = $2, scope = $3::jsonb, only_for = $4::jsonb WHERE id = $1
  RETURNING ${LINK_CYCLE_COLUMNS}`;

const SELECT_OPEN = `
  SELECT ${LINK_CYCLE_COLUMNS} FROM link_cycle
  WHERE link = $1 AND status IN ('listing', 'copying', 'deleting') ORDER BY started_at, id`;

const SELECT_STARTABLE = `
  SELECT ${LINK_CYCLE_COLUMNS} FROM link_cycle WHERE link = $1 AND status = 'waiting'
    AND NOT EXISTS (SELECT FROM link_state WHERE link = $1 AND paused_at IS NOT NULL)
  ORDER BY requested_at, id`;

const START = `
  UPDATE link_cycle SET status = 'listing', started_at = now(), stages = $2::jsonb WHERE id = $1
  RETURNING ${LINK_CYCLE_COLUMNS}`;

const CONTINUE = `UPDATE link_cycle SET continued_in = $2 WHERE id = $1 RETURNING ${LINK_CYCLE_COLUMNS}`;

const BEGIN_LISTING = `
  UPDATE link_cycle SET dispatched_at = now()
  WHERE id = $1 AND status = 'listing'
    AND (dispatched_at IS NULL OR dispatched_at < now() - make_interval(secs => $2::float8)) RETURNING id`;

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
  SELECT ${LINK_CYCLE_COLUMNS} FROM link_cycle WHERE link = $1 AND status <> 'finished' ORDER BY requested_at, id`;
