import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { IS_DUE } from './repository-mark.store.ts';
import { inTransaction, rowsOf } from './state-transaction.ts';
import { COLUMN, parseRow } from './stored-row.ts';

/** What is remembered of a link as a whole. */
export interface LinkStateRecord {
  readonly link: string;
  readonly pausedAt: Date | null;
  /** When the schedule last asked for a cycle, over all replicas. */
  readonly scheduledAt: Date | null;
  /** Cycles in a row in which nothing could be listed. */
  readonly retryCount: number;
  readonly retryAt: Date | null;
}

/**
 * Schedule, pause and back-off of whole links.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class LinkStateStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  async load(link: string): Promise<LinkStateRecord | undefined> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, SELECT, [link]);
      return row === undefined ? undefined : parseRow('link_state', ROW, row);
    });
  }

  /**
   * Takes one firing of the schedule for this process: every replica's clock fires, and the first one has it for all.
   *
   * @param gapSeconds how long after the last firing the next is another one; judged by the database's clock alone.
   */
  async takeFiring(link: string, gapSeconds: number): Promise<boolean> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, TAKE_FIRING, [link, gapSeconds]);
      return rows.length > 0;
    });
  }

  async pause(link: string): Promise<void> {
    await this.#set(link, 'paused_at = COALESCE(link_state.paused_at, now())');
  }

  async resume(link: string): Promise<void> {
    await this.#set(link, 'paused_at = NULL');
  }

  /** Nothing of the link could be listed. */
  async failed(link: string, retryAfterSeconds: number): Promise<void> {
    await inTransaction(this.#dataSource, (manager) => manager.query(FAILED, [link, retryAfterSeconds]));
  }

  async succeeded(link: string): Promise<void> {
    await this.#set(link, 'retry_count = 0, retry_at = NULL');
  }

  /** Links of which a cycle waits or is under way. */
  async withCycles(): Promise<readonly string[]> {
    return await this.#links(`SELECT DISTINCT link FROM link_cycle WHERE status <> 'finished' ORDER BY 1`);
  }

  /** Links with repositories that are due, and no cycle that will take them. */
  async withDue(): Promise<readonly string[]> {
    return await this.#links(SELECT_DUE);
  }

  async #set(link: string, assignment: string): Promise<void> {
    await inTransaction(this.#dataSource, async (manager) => {
      await manager.query(
        `INSERT INTO link_state (link, retry_count) VALUES ($1, 0) ON CONFLICT DO NOTHING`,
        [link],
      );
      await manager.query(`UPDATE link_state SET ${assignment} WHERE link = $1`, [link]);
    });
  }

  async #links(statement: string): Promise<readonly string[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, statement, []);
      return rows.map((row) => parseRow('link_state', z.object({ link: z.string() }), row).link);
    });
  }
}

const ROW = z.object({
  link: z.string(),
  pausedAt: COLUMN.dateOrNull,
  scheduledAt: COLUMN.dateOrNull,
  retryCount: z.int(),
  retryAt: COLUMN.dateOrNull,
});

const SELECT = `
  SELECT link, paused_at AS "pausedAt", scheduled_at AS "scheduledAt", retry_count AS "retryCount", retry_at AS "retryAt"
  FROM link_state WHERE link = $1`;

const TAKE_FIRING = `
  INSERT INTO link_state (link, retry_count, scheduled_at) VALUES ($1, 0, now())
  ON CONFLICT (link) DO UPDATE SET scheduled_at = now()
  WHERE link_state.scheduled_at IS NULL
    OR link_state.scheduled_at < now() - make_interval(secs => $2::float8)
  RETURNING link`;

const FAILED = `
  INSERT INTO link_state (link, retry_count, retry_at) VALUES ($1, 1, now() + make_interval(secs => $2::float8))
  ON CONFLICT (link) DO UPDATE SET retry_count = link_state.retry_count + 1, retry_at = excluded.retry_at`;

/** What waits for a secondary that a cycle still works on is that cycle's, or comes when it is through. */
const SELECT_DUE = `
  SELECT DISTINCT w.link FROM repository_work w LEFT JOIN link_state s ON s.link = w.link
  WHERE ${IS_DUE} AND (s.retry_at IS NULL OR s.retry_at <= now()) AND s.paused_at IS NULL
    AND NOT EXISTS (
      SELECT FROM link_cycle c WHERE c.link = w.link AND c.kind = 'sync' AND (
        (c.status = 'waiting' AND c.only_for IS NULL)
        OR (c.status IN ('listing', 'copying', 'deleting') AND c.stages ->> w.secondary <> 'through')))
  ORDER BY 1`;
