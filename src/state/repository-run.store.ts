import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import type { RepositoryReport } from '../planning/cycle-report.ts';
import { isRecopy, isSettling, LINK_CYCLE_COLUMNS, linkCycleOf, type LinkCycleRecord } from './link-cycle.ts';
import { settledSecondaries } from './settled-secondaries.ts';
import { inTransaction, rowsOf } from './state-transaction.ts';
import { RepositoryReportShape, storableReport } from './stored-report.ts';
import { parseRow } from './stored-row.ts';

/** Where a repository of a link stands; over its secondaries, the worst. */
export type WorkState = 'pending' | 'running' | 'synced' | 'failed' | 'held';

/** What the runs of one repository in one cycle came to on one secondary. */
export interface RunResult {
  readonly secondary: string;
  readonly report: RepositoryReport;
  readonly requestsPrimary: number;
  readonly requestsSecondary: number;
}

/** A run that this process, and no other, may carry out while it renews the lease. */
export interface ClaimedRun {
  readonly cycle: LinkCycleRecord;
  readonly repository: {
    readonly name: string;
    readonly namedBy: 'exact' | 'catalog' | 'memory';
    /** Tag patterns; none: the whole repository. A run over some tags leaves the repository's own state as it is. */
    readonly tags: readonly string[];
  };
  readonly phase: 'copy' | 'delete';
  readonly owner: string;
  /** Tells this lease from every other one of the repository. */
  readonly fence: number;
  /** Failed runs in a row before this one. */
  readonly retryCount: number;
  /** Whether an event told of a change since the last run. */
  readonly announced: 'by-event' | 'not';
  /** When it was claimed, by the clock of the database. */
  readonly beganAt: Date;
  /** Whether the run before was cut off: it may have written what nobody remembers. */
  readonly history: 'clean' | 'interrupted';
  /** What earlier runs of the same cycle came to. */
  readonly results: readonly RunResult[];
  /** Secondaries that need not be looked at. */
  readonly settled: ReadonlySet<string>;
}

export type Claim =
  | { readonly kind: 'claimed'; readonly run: ClaimedRun }
  /** Another process has it, or had it and its lease has not run out yet. */
  | { readonly kind: 'busy' }
  /** No cycle waits for it. */
  | { readonly kind: 'nothing-to-do' };

/** How a run ended. */
export interface RunEnd {
  readonly results: readonly RunResult[];
  /** Deletions by secondary that wait for the deletion wave. */
  readonly wanted: Readonly<Record<string, number>>;
  readonly state: WorkState;
  /** Seconds until a failed repository is tried again between two cycles; `null` for one that did not fail. */
  readonly retryAfterSeconds: number | null;
}

/** `again`: marked dirty on the way, so it waits for another run. `lost`: another process has it, and nothing was written. */
export type RunFinish = 'done' | 'again' | 'lost';

/** Of one repository that changes all the time; the cycle must end, and the follow-up takes the rest. */
const MOST_RUNS_PER_CYCLE = 3;

/**
 * Leases and results of the runs of single repositories. A lease that is not renewed runs out, and whoever comes next takes
 * the repository over.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class RepositoryRunStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  async claim(
    of: { readonly link: string; readonly repository: string },
    lease: { readonly owner: string; readonly seconds: number },
  ): Promise<Claim> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, SELECT_ITEM, [of.link, of.repository]);
      if (row === undefined) return { kind: 'nothing-to-do' };
      const item = parseRow('cycle_repository', ITEM_ROW, row);
      const [cycleRow] = await rowsOf(manager, SELECT_CYCLE, [item.cycleId]);
      const cycle = linkCycleOf(cycleRow);
      const settles = isSettling(cycle, item.tags);
      await manager.query(INSERT_WORK, [of.link, of.repository]);
      const [leased] = await rowsOf(manager, LEASE, [
        of.link,
        of.repository,
        lease.owner,
        lease.seconds,
        settles,
      ]);
      if (leased === undefined) return { kind: 'busy' };
      const { isAnnounced, isInterrupted, wasDirty, ...held } = parseRow(
        'repository_work',
        LEASE_ROW,
        leased,
      );
      const { phase, results, namedBy, tags } = item;
      const repository = { name: of.repository, namedBy, tags };
      const marks = {
        announced: isAnnounced ? 'by-event' : 'not',
        history: isInterrupted ? 'interrupted' : 'clean',
      } as const;
      const settled = await settledSecondaries(manager, {
        cycle,
        repository: of.repository,
        phase,
        isFirst: results.length === 0,
        retryCount: held.retryCount,
        isMarked: wasDirty || isAnnounced || isInterrupted,
      });
      const run = { cycle, repository, phase, owner: lease.owner, ...held, ...marks, results, settled };
      return { kind: 'claimed', run };
    });
  }

  /** Renews leases; answers those that are still held. */
  async renew(runs: readonly ClaimedRun[], seconds: number): Promise<ReadonlySet<ClaimedRun>> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, RENEW, [...leaseParameters(runs), seconds]);
      const held = new Set(rows.map((row) => keyOf(parseRow('repository_work', KEY_ROW, row))));
      return new Set(
        runs.filter(({ cycle, repository, fence }) =>
          held.has(keyOf({ link: cycle.link, name: repository.name, fence })),
        ),
      );
    });
  }

  /** Which of the cycles were cancelled. */
  async cancelled(cycleIds: readonly string[]): Promise<ReadonlySet<string>> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(
        manager,
        'SELECT id FROM link_cycle WHERE id = ANY ($1::text[]) AND cancelled_at IS NOT NULL',
        [cycleIds],
      );
      return new Set(rows.map((row) => parseRow('link_cycle', ID_ROW, row).id));
    });
  }

  /** Writes the end of a run down and gives the lease back. */
  async finish(run: ClaimedRun, end: RunEnd): Promise<RunFinish> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const settles = isSettling(run.cycle, run.repository.tags);
      const [row] = await rowsOf(manager, RELEASE, [
        ...keyParameters(run),
        settles ? end.state : null,
        settles ? end.retryAfterSeconds : null,
      ]);
      if (row === undefined) return 'lost';
      const { dirty } = parseRow('repository_work', DIRTY_ROW, row);
      const [item] = await rowsOf(manager, SAVE_RESULTS, [
        run.cycle.id,
        run.repository.name,
        JSON.stringify(end.results.map((result) => ({ ...result, report: storableReport(result.report) }))),
        JSON.stringify(end.wanted),
        dirty && settles && !isRecopy(run.cycle),
        MOST_RUNS_PER_CYCLE,
      ]);
      if (item === undefined || parseRow('cycle_repository', STATUS_ROW, item).status === 'done')
        return 'done';
      await manager.query(
        `UPDATE repository_work SET state = 'pending' WHERE link = $1 AND repository = $2`,
        [run.cycle.link, run.repository.name],
      );
      return 'again';
    });
  }

  /** Gives the lease of a run back that came to nothing; its repository waits for another one. */
  async abandon(run: ClaimedRun): Promise<void> {
    await inTransaction(this.#dataSource, (manager) => manager.query(ABANDON, keyParameters(run)));
  }

  /**
   * Takes `wanted` deletions out of the limit of the cycle, and answers how many all of its repositories together want on that
   * secondary, these included. What an earlier run of the same repository was granted counts as deleted.
   */
  async takeDeletions(run: ClaimedRun, secondary: string, wanted: number): Promise<number> {
    return await inTransaction(this.#dataSource, async (manager) => {
      // One repository after the other, so that each sees what the one before has taken.
      await manager.query('SELECT id FROM link_cycle WHERE id = $1 FOR UPDATE', [run.cycle.id]);
      await manager.query(GRANT, [run.cycle.id, run.repository.name, secondary, wanted]);
      const [row] = await rowsOf(manager, SUM_DELETIONS, [run.cycle.id, secondary]);
      return parseRow('cycle_repository', SUM_ROW, row).total;
    });
  }

  /** What the runs of a cycle came to. */
  async results(cycleId: string): Promise<readonly (readonly RunResult[])[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(
        manager,
        'SELECT results FROM cycle_repository WHERE cycle_id = $1 ORDER BY repository',
        [cycleId],
      );
      return rows.map((row) => parseRow('cycle_repository', RESULTS_ROW, row).results);
    });
  }

  /**
   * Notes that something changed in repositories: they are run again, in the cycle under way where that still copies. Answers
   * those that it takes up once more.
   */
  async markDirty(
    link: string,
    repositories: readonly string[],
    by: 'event' | 'question' | 'doubt',
  ): Promise<readonly string[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      await manager.query(MARK_DIRTY, [link, repositories, by === 'event']);
      const rows = await rowsOf(manager, REOPEN, [link, repositories, MOST_RUNS_PER_CYCLE]);
      return rows.map((row) => parseRow('cycle_repository', NAME_ROW, row).name);
    });
  }

  /** Repositories that are marked dirty, or whose retry is due. */
  async due(link: string): Promise<readonly string[]> {
    return await this.#names(SELECT_DUE, [link]);
  }

  /** Every repository that the link ever worked on. */
  async known(link: string): Promise<readonly string[]> {
    return await this.#names('SELECT repository AS name FROM repository_work WHERE link = $1 ORDER BY 1', [
      link,
    ]);
  }

  /** Forgets marks of repositories that the link does not have (any more). */
  async forgetMarks(link: string, repositories: readonly string[]): Promise<void> {
    await inTransaction(this.#dataSource, (manager) => manager.query(FORGET_MARKS, [link, repositories]));
  }

  async #names(statement: string, parameters: readonly unknown[]): Promise<readonly string[]> {
    return await inTransaction(this.#dataSource, async (manager: EntityManager) => {
      const rows = await rowsOf(manager, statement, parameters);
      return rows.map((row) => parseRow('repository_work', NAME_ROW, row).name);
    });
  }
}

function keyParameters({ cycle, repository, owner, fence }: ClaimedRun): unknown[] {
  return [cycle.link, repository.name, owner, fence];
}

function leaseParameters(runs: readonly ClaimedRun[]): unknown[] {
  return [
    runs.map(({ cycle }) => cycle.link),
    runs.map(({ repository }) => repository.name),
    runs.map(({ owner }) => owner),
    runs.map(({ fence }) => fence),
  ];
}

function keyOf(lease: { readonly link: string; readonly name: string; readonly fence: number }): string {
  return `${lease.link}/${lease.name} ${lease.fence}`;
}

const RESULT: z.ZodType<RunResult> = z.object({
  secondary: z.string(),
  report: RepositoryReportShape,
  requestsPrimary: z.int(),
  requestsSecondary: z.int(),
});

const ITEM_ROW = z.object({
  cycleId: z.string(),
  namedBy: z.enum(['exact', 'catalog', 'memory']),
  phase: z.enum(['copy', 'delete']),
  results: z.array(RESULT),
  tags: z.array(z.string()),
});
const RESULTS_ROW = z.object({ results: z.array(RESULT) });
const LEASE_ROW = z.object({
  fence: z.int(),
  retryCount: z.int(),
  isAnnounced: z.boolean(),
  isInterrupted: z.boolean(),
  beganAt: z.date(),
  wasDirty: z.boolean(),
});
const KEY_ROW = z.object({ link: z.string(), name: z.string(), fence: z.int() });
const ID_ROW = z.object({ id: z.string() });
const NAME_ROW = z.object({ name: z.string() });
const DIRTY_ROW = z.object({ dirty: z.boolean() });
const STATUS_ROW = z.object({ status: z.enum(['waiting', 'done']) });
const SUM_ROW = z.object({ total: z.int() });

const SELECT_ITEM = `
  SELECT r.cycle_id AS "cycleId", r.named_by AS "namedBy", r.phase, r.results, r.tags
  FROM cycle_repository r JOIN link_cycle c ON c.id = r.cycle_id
  WHERE c.link = $1 AND r.repository = $2 AND r.status = 'waiting'
    AND c.status IN ('copying', 'deleting') AND c.cancelled_at IS NULL
  FOR UPDATE OF r`;

const SELECT_CYCLE = `SELECT ${LINK_CYCLE_COLUMNS} FROM link_cycle WHERE id = $1`;

const INSERT_WORK = `
  INSERT INTO repository_work (link, repository, state, dirty, retry_count, fence, changed_at)
  VALUES ($1, $2, 'pending', false, 0, 0, now()) ON CONFLICT DO NOTHING`;

/** What changes from here on is seen by this run or marked again, so the mark goes now. */
const LEASE = `
  UPDATE repository_work w SET lease_owner = $3, lease_expires_at = now() + make_interval(secs => $4::float8),
    fence = fence + 1, changed_at = now(), interrupted = w.interrupted OR w.lease_owner IS NOT NULL,
    dirty = w.dirty AND NOT $5::boolean,
    run_began_at = CASE WHEN $5::boolean THEN now() ELSE run_began_at END,
    state = CASE WHEN $5::boolean THEN 'running' ELSE state END
  FROM (SELECT dirty FROM repository_work WHERE link = $1 AND repository = $2 FOR UPDATE) AS before
  WHERE link = $1 AND repository = $2 AND (lease_owner IS NULL OR lease_expires_at < now())
  RETURNING fence, retry_count AS "retryCount", announced_at IS NOT NULL AS "isAnnounced",
    interrupted AS "isInterrupted", before.dirty AS "wasDirty", now() AS "beganAt"`;

const RENEW = `
  UPDATE repository_work w SET lease_expires_at = now() + make_interval(secs => $5::float8)
  FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[]) AS held(link, repository, owner, fence)
  WHERE w.link = held.link AND w.repository = held.repository AND w.lease_owner = held.owner AND w.fence = held.fence
  RETURNING w.link AS link, w.repository AS name, w.fence AS fence`;

const RELEASE = `
  UPDATE repository_work SET lease_owner = NULL, lease_expires_at = NULL, changed_at = now(),
    state = COALESCE($5::text, state), interrupted = interrupted AND $5::text IS NULL,
    observed_from = CASE WHEN $5::text IS NULL THEN observed_from ELSE run_began_at END,
    announced_at = CASE WHEN $5::text IS NULL OR dirty THEN announced_at END,
    retry_count = CASE WHEN $5::text IS NULL THEN retry_count WHEN $5::text = 'failed' THEN retry_count + 1 ELSE 0 END,
    retry_at = CASE WHEN $5::text IS NULL THEN retry_at ELSE now() + make_interval(secs => $6::float8) END
  WHERE link = $1 AND repository = $2 AND lease_owner = $3 AND fence = $4 RETURNING dirty`;

const SAVE_RESULTS = `
  UPDATE cycle_repository r SET results = $3::jsonb, wanted = $4::jsonb, runs = r.runs + 1, ended_at = clock_timestamp(),
    status = CASE WHEN $5::boolean AND c.status = 'copying' AND r.runs + 1 < $6::integer THEN 'waiting' ELSE 'done' END
  FROM link_cycle c
  WHERE c.id = r.cycle_id AND r.cycle_id = $1 AND r.repository = $2 RETURNING r.status`;

const ABANDON = `
  UPDATE repository_work SET lease_owner = NULL, lease_expires_at = NULL, changed_at = now(), interrupted = true,
    state = CASE WHEN state = 'running' THEN 'pending' ELSE state END
  WHERE link = $1 AND repository = $2 AND lease_owner = $3 AND fence = $4`;

const GRANT = `
  UPDATE cycle_repository SET granted =
    jsonb_set(granted, ARRAY[$3::text], to_jsonb(COALESCE((granted ->> $3::text)::integer, 0) + $4::integer))
  WHERE cycle_id = $1 AND repository = $2`;

const SUM_DELETIONS = `
  SELECT COALESCE(sum(greatest((wanted ->> $2::text)::integer, (granted ->> $2::text)::integer)), 0)::integer AS total
  FROM cycle_repository WHERE cycle_id = $1`;

const MARK_DIRTY = `
  INSERT INTO repository_work (link, repository, state, dirty, retry_count, fence, changed_at, announced_at)
  SELECT $1, name, 'pending', true, 0, 0, now(), CASE WHEN $3::boolean THEN now() END
  FROM unnest($2::text[]) AS name
  ON CONFLICT (link, repository) DO UPDATE SET dirty = true, changed_at = now(),
    announced_at = COALESCE(excluded.announced_at, repository_work.announced_at)`;

const REOPEN = `
  UPDATE cycle_repository r SET status = 'waiting' FROM link_cycle c
  WHERE c.id = r.cycle_id AND c.link = $1 AND c.kind = 'sync' AND c.status = 'copying' AND r.status = 'done'
    AND r.repository = ANY ($2::text[]) AND r.runs < $3 AND r.tags = '[]'
  RETURNING r.repository AS name`;

const SELECT_DUE = `
  SELECT repository AS name FROM repository_work
  WHERE link = $1 AND (dirty OR retry_at <= now()) ORDER BY retry_count, repository`;

const FORGET_MARKS = `
  UPDATE repository_work SET dirty = false, retry_at = NULL
  WHERE link = $1 AND repository = ANY ($2::text[]) AND lease_owner IS NULL`;
