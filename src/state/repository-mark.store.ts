import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { MOST_RUNS_PER_CYCLE } from './repository-run.store.ts';
import { inTransaction, rowsOf } from './state-transaction.ts';
import { parseRow } from './stored-row.ts';

/** A repository on one secondary. */
export interface MarkedRepository {
  readonly name: string;
  readonly secondary: string;
}

/** A repository that a cycle under way takes up once more. */
export interface ReopenedItem extends MarkedRepository {
  readonly cycleId: string;
}

/** What is to be marked. */
export interface RepositoryMarks {
  readonly link: string;
  readonly repositories: readonly string[];
  readonly secondaries: readonly string[];
}

/**
 * Marks of repositories that are to be looked at again: something changed, a run failed, a doubt.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class RepositoryMarkStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /**
   * Notes that something changed in repositories: they are run again, in the cycle under way where that still copies. Answers
   * those that it takes up once more.
   */
  async mark(
    { link, repositories, secondaries }: RepositoryMarks,
    by: 'event' | 'question' | 'doubt',
  ): Promise<readonly ReopenedItem[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      await manager.query(MARK, [link, repositories, secondaries, by === 'event']);
      const rows = await rowsOf(manager, REOPEN, [link, repositories, secondaries, MOST_RUNS_PER_CYCLE]);
      return rows.map((row) => parseRow('cycle_repository', REOPENED_ROW, row));
    });
  }

  /** Repositories that are marked dirty, or whose retry is due. */
  async due(link: string): Promise<readonly MarkedRepository[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_DUE, [link]);
      return rows.map((row) => parseRow('repository_work', MARKED_ROW, row));
    });
  }

  /** Every repository that the link ever worked on. */
  async known(link: string): Promise<readonly string[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_KNOWN, [link]);
      return rows.map((row) => parseRow('repository_work', NAME_ROW, row).name);
    });
  }

  /** Forgets marks of repositories that the link does not have (any more). */
  async forget({ link, repositories, secondaries }: RepositoryMarks): Promise<void> {
    await inTransaction(this.#dataSource, (manager) =>
      manager.query(FORGET, [link, repositories, secondaries]),
    );
  }

  /** Forgets marks on secondaries that the link has no longer: no cycle would ever take them, and they would be due for ever. */
  async forgetOthers(link: string, secondaries: readonly string[]): Promise<void> {
    await inTransaction(this.#dataSource, (manager) => manager.query(FORGET_OTHERS, [link, secondaries]));
  }

  /**
   * What is due on a secondary that could not be reached waits, longer each time.
   *
   * @param delayOf seconds, from the number of times in a row.
   */
  async postpone(link: string, secondary: string, delayOf: (failures: number) => number): Promise<void> {
    await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, COUNT_FAILURES, [link, secondary]);
      const { failures } = parseRow('repository_work', FAILURES_ROW, row);
      await manager.query(POSTPONE, [link, secondary, delayOf(failures + 1)]);
    });
  }
}

const MARKED_ROW = z.object({ name: z.string(), secondary: z.string() });
const REOPENED_ROW = MARKED_ROW.extend({ cycleId: z.string() });
const NAME_ROW = z.object({ name: z.string() });
const FAILURES_ROW = z.object({ failures: z.int() });

/** A mark does not wait for a retry. */
const MARK = `
  INSERT INTO repository_work (link, repository, secondary, state, dirty, retry_count, fence, changed_at, announced_at)
  SELECT $1, name, secondary, 'pending', true, 0, 0, now(), CASE WHEN $4::boolean THEN now() END
  FROM unnest($2::text[]) AS name CROSS JOIN unnest($3::text[]) AS secondary
  ON CONFLICT (link, repository, secondary) DO UPDATE SET dirty = true, changed_at = now(), retry_at = NULL,
    announced_at = COALESCE(excluded.announced_at, repository_work.announced_at)`;

const REOPEN = `
  UPDATE cycle_repository r SET status = 'waiting' FROM link_cycle c
  WHERE c.id = r.cycle_id AND c.link = $1 AND c.kind = 'sync' AND c.status IN ('copying', 'deleting')
    AND c.stages ->> r.secondary = 'copying' AND r.status = 'done'
    AND r.repository = ANY ($2::text[]) AND r.secondary = ANY ($3::text[]) AND r.runs < $4 AND r.tags = '[]'
  RETURNING r.cycle_id AS "cycleId", r.repository AS name, r.secondary AS secondary`;

/** Of `repository_work w`. */
export const IS_DUE = `(w.dirty OR w.retry_at IS NOT NULL) AND (w.retry_at IS NULL OR w.retry_at <= now())`;

const SELECT_DUE = `
  SELECT w.repository AS name, w.secondary FROM repository_work w
  WHERE w.link = $1 AND ${IS_DUE} ORDER BY w.retry_count, w.repository, w.secondary`;

const SELECT_KNOWN = `
  SELECT DISTINCT w.repository AS name FROM repository_work w WHERE w.link = $1 ORDER BY 1`;

const FORGET = `
  UPDATE repository_work SET dirty = false, retry_at = NULL
  WHERE link = $1 AND repository = ANY ($2::text[]) AND secondary = ANY ($3::text[]) AND lease_owner IS NULL`;

const FORGET_OTHERS = `
  UPDATE repository_work SET dirty = false, retry_at = NULL
  WHERE link = $1 AND secondary <> ALL ($2::text[]) AND (dirty OR retry_at IS NOT NULL) AND lease_owner IS NULL`;

const COUNT_FAILURES = `
  SELECT COALESCE(max(w.retry_count), 0)::integer AS failures FROM repository_work w
  WHERE w.link = $1 AND w.secondary = $2 AND (w.dirty OR w.retry_at IS NOT NULL)`;

const POSTPONE = `
  UPDATE repository_work w SET retry_count = w.retry_count + 1, retry_at = now() + make_interval(secs => $3::float8)
  WHERE w.link = $1 AND w.secondary = $2 AND w.lease_owner IS NULL AND ${IS_DUE}`;
