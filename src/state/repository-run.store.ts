import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import type { RepositoryReport } from '../planning/cycle-report.ts';
import { isRecopy, isSettling, LINK_CYCLE_COLUMNS, linkCycleOf, type LinkCycleRecord } from './link-cycle.ts';
import { inTransaction, rowsOf } from './state-transaction.ts';
import { RepositoryReportShape, storableReport } from './stored-report.ts';
import { parseRow } from './stored-row.ts';

/** Where a repository of a link stands on one secondary. */
export type WorkState = 'pending' | 'running' | 'synced' | 'failed' | 'held';

/** What the runs of one repository in one cycle came to on one secondary. */
export interface RunResult {
  readonly secondary: string;
  readonly report: RepositoryReport;
  readonly requestsPrimary: number;
  readonly requestsSecondary: number;
}

/** A repository on one secondary that this process, and no other, may work on while it renews the lease. */
export interface RunLease {
  readonly cycleId: string;
  readonly link: string;
  readonly repository: string;
  readonly secondary: string;
  readonly owner: string;
  /** Tells this lease from every other one of the same repository and secondary. */
  readonly fence: number;
}

/** One secondary of a run. */
export interface RunSide extends RunLease {
  /** Failed runs in a row before this one. */
  readonly retryCount: number;
  /** Whether an event told of a change since the last run. */
  readonly announced: 'by-event' | 'not';
  /** Whether the run before was cut off: it may have written what nobody remembers. */
  readonly history: 'clean' | 'interrupted';
  /** What earlier runs of the same cycle came to. */
  readonly earlier: RunResult | undefined;
}

/** A run of one repository on some secondaries of its link. */
export interface ClaimedRun {
  readonly cycle: LinkCycleRecord;
  readonly repository: {
    readonly name: string;
    readonly namedBy: 'exact' | 'catalog' | 'memory';
    /** Tag patterns; none: the whole repository. A run over some tags leaves the repository's own state as it is. */
    readonly tags: readonly string[];
  };
  readonly phase: 'copy' | 'delete';
  /** When it was claimed, by the clock of the database. */
  readonly beganAt: Date;
  readonly sides: readonly RunSide[];
  /** Ids of all cycles of the link that are under way. */
  readonly openCycles: readonly string[];
}

/** What a job asks for. */
export interface RunWish {
  readonly cycleId: string;
  readonly repository: string;
  /** `undefined`: every secondary on which the cycle waits for it. */
  readonly secondary: string | undefined;
  /** Secondaries that have enough under way here; their part waits. */
  readonly without: ReadonlySet<string>;
}

export type Claim =
  | { readonly kind: 'claimed'; readonly run: ClaimedRun }
  /** Another process has it, or had it and its lease has not run out yet. */
  | { readonly kind: 'busy' }
  /** No cycle waits for it. */
  | { readonly kind: 'nothing-to-do' };

/** How a run ended on one secondary. */
export interface RunEnd {
  readonly result: RunResult;
  /** Deletions that wait for the deletion wave. */
  readonly wanted: number;
  readonly state: WorkState;
  /** Seconds until it is tried again between two cycles; `null` where it did not fail. */
  readonly retryAfterSeconds: number | null;
}

/** `again`: marked dirty on the way, so it waits for another run. `lost`: another process has it, and nothing was written. */
export type RunFinish = 'done' | 'again' | 'lost';

/** Of one repository that changes all the time; the cycle must end, and the follow-up takes the rest. */
export const MOST_RUNS_PER_CYCLE = 3;

/**
 * Leases and results of the runs of single repositories, each secondary by itself. A lease that is not renewed runs out, and whoever comes
 * next takes the repository over.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class RepositoryRunStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Takes a repository on every secondary that is wished for and that nobody has. */
  async claim(wish: RunWish, lease: { readonly owner: string; readonly seconds: number }): Promise<Claim> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const waiting = await selectWaiting(manager, wish);
      const [first] = waiting;
      if (first === undefined) return { kind: 'nothing-to-do' };
      const [cycleRow] = await rowsOf(manager, SELECT_CYCLE, [wish.cycleId]);
      const cycle = linkCycleOf(cycleRow);
      const { openCycles } = parseRow('link_cycle', OPEN_ROW, cycleRow);
      // Copies and deletions are different runs.
      const { phase, namedBy, tags } = first;
      const items = waiting.filter((item) => item.phase === phase);
      const leased = await takeLeases(manager, { cycle, repository: wish.repository, items }, lease);
      const [one] = leased;
      if (one === undefined) return { kind: 'busy' };
      const of = { cycleId: cycle.id, link: cycle.link, repository: wish.repository, owner: lease.owner };
      const sides = leased.map(({ secondary, fence, retryCount, isAnnounced, isInterrupted }): RunSide => ({
        ...of,
        secondary,
        fence,
        retryCount,
        announced: isAnnounced ? 'by-event' : 'not',
        history: isInterrupted ? 'interrupted' : 'clean',
        earlier: items.find((item) => item.secondary === secondary)?.result ?? undefined,
      }));
      const repository = { name: wish.repository, namedBy, tags };
      return {
        kind: 'claimed',
        run: { cycle, repository, phase, beganAt: one.beganAt, sides, openCycles },
      };
    });
  }

  /** Renews leases; answers those that are still held. */
  async renew(leases: readonly RunLease[], seconds: number): Promise<ReadonlySet<RunLease>> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, RENEW, [...leaseColumns(leases), seconds]);
      const held = new Set(rows.map((row) => keyOf(parseRow('repository_work', KEY_ROW, row))));
      return new Set(leases.filter((lease) => held.has(keyOf(lease))));
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

  /** Writes the end of a run on one secondary down, and gives its lease back. */
  async finish(run: ClaimedRun, side: RunSide, end: RunEnd): Promise<RunFinish> {
    const settles = isSettling(run.cycle, run.repository.tags);
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, RELEASE, [
        ...keyParameters(side),
        settles ? end.state : null,
        settles ? end.retryAfterSeconds : null,
      ]);
      if (row === undefined) return 'lost';
      const { dirty } = parseRow('repository_work', DIRTY_ROW, row);
      const [item] = await rowsOf(manager, SAVE_RESULT, [
        side.cycleId,
        side.repository,
        side.secondary,
        JSON.stringify({ ...end.result, report: storableReport(end.result.report) }),
        end.wanted,
        dirty && settles && !isRecopy(run.cycle),
        MOST_RUNS_PER_CYCLE,
      ]);
      if (item === undefined || parseRow('cycle_repository', STATUS_ROW, item).status === 'done')
        return 'done';
      await manager.query(
        `UPDATE repository_work SET state = 'pending' WHERE link = $1 AND repository = $2 AND secondary = $3`,
        [side.link, side.repository, side.secondary],
      );
      return 'again';
    });
  }

  /** Gives leases back of a run that came to nothing; its repository waits for another one. */
  async abandon(leases: readonly RunLease[]): Promise<void> {
    await inTransaction(this.#dataSource, (manager) => manager.query(ABANDON, leaseColumns(leases)));
  }

  /**
   * Takes `wanted` deletions out of the limit of the cycle, and answers how many all of its repositories together want on that
   * secondary, these included. What an earlier run of the same repository was granted counts as deleted.
   */
  async takeDeletions({ cycleId, repository, secondary }: RunLease, wanted: number): Promise<number> {
    return await inTransaction(this.#dataSource, async (manager) => {
      // One repository after the other, so that each sees what the one before has taken.
      await manager.query('SELECT id FROM link_cycle WHERE id = $1 FOR UPDATE', [cycleId]);
      await manager.query(GRANT, [cycleId, repository, secondary, wanted]);
      const [row] = await rowsOf(manager, SUM_DELETIONS, [cycleId, secondary]);
      return parseRow('cycle_repository', SUM_ROW, row).total;
    });
  }

  /** What the runs of a cycle came to. */
  async results(cycleId: string): Promise<readonly RunResult[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_RESULTS, [cycleId]);
      return rows.map((row) => parseRow('cycle_repository', RESULT_ROW, row).result);
    });
  }
}

async function selectWaiting(manager: EntityManager, wish: RunWish): Promise<readonly WaitingRow[]> {
  const { cycleId, repository, secondary, without } = wish;
  const parameters = [cycleId, repository, secondary ?? null, [...without]];
  const rows = await rowsOf(manager, SELECT_WAITING, parameters);
  return rows.map((row) => parseRow('cycle_repository', WAITING_ROW, row));
}

async function takeLeases(
  manager: EntityManager,
  of: { readonly cycle: LinkCycleRecord; readonly repository: string; readonly items: readonly WaitingRow[] },
  lease: { readonly owner: string; readonly seconds: number },
): Promise<readonly LeaseRow[]> {
  const { cycle, repository, items } = of;
  const secondaries = items.map(({ secondary }) => secondary);
  await manager.query(INSERT_WORK, [cycle.link, repository, secondaries]);
  const rows = await rowsOf(manager, TAKE_LEASES, [
    cycle.link,
    repository,
    secondaries,
    lease.owner,
    lease.seconds,
    isSettling(cycle, items[0]?.tags ?? []),
  ]);
  return rows.map((row) => parseRow('repository_work', LEASE_ROW, row));
}

function keyParameters({ link, repository, secondary, owner, fence }: RunLease): unknown[] {
  return [link, repository, secondary, owner, fence];
}

function leaseColumns(leases: readonly RunLease[]): unknown[] {
  return [
    leases.map(({ link }) => link),
    leases.map(({ repository }) => repository),
    leases.map(({ secondary }) => secondary),
    leases.map(({ owner }) => owner),
    leases.map(({ fence }) => fence),
  ];
}

function keyOf({ link, repository, secondary, fence }: Omit<RunLease, 'cycleId' | 'owner'>): string {
  return `${link} ${repository} ${secondary} ${fence}`;
}

const RESULT: z.ZodType<RunResult> = z.object({
  secondary: z.string(),
  report: RepositoryReportShape,
  requestsPrimary: z.int(),
  requestsSecondary: z.int(),
});

const WAITING_ROW = z.object({
  secondary: z.string(),
  namedBy: z.enum(['exact', 'catalog', 'memory']),
  phase: z.enum(['copy', 'delete']),
  result: RESULT.nullable(),
  tags: z.array(z.string()),
});
type WaitingRow = z.infer<typeof WAITING_ROW>;
const OPEN_ROW = z.object({ openCycles: z.array(z.string()) });
const RESULT_ROW = z.object({ result: RESULT });
const LEASE_ROW = z.object({
  secondary: z.string(),
  fence: z.int(),
  retryCount: z.int(),
  isAnnounced: z.boolean(),
  isInterrupted: z.boolean(),
  beganAt: z.date(),
});
type LeaseRow = z.infer<typeof LEASE_ROW>;
const KEY_ROW = z.object({
  link: z.string(),
  repository: z.string(),
  secondary: z.string(),
  fence: z.int(),
});
const ID_ROW = z.object({ id: z.string() });
const DIRTY_ROW = z.object({ dirty: z.boolean() });
const STATUS_ROW = z.object({ status: z.enum(['waiting', 'done']) });
const SUM_ROW = z.object({ total: z.int() });

/** Copies before deletions, where a repository waits for both. */
const SELECT_WAITING = `
  SELECT r.secondary, r.named_by AS "namedBy", r.phase, r.result, r.tags
  FROM cycle_repository r JOIN link_cycle c ON c.id = r.cycle_id
  WHERE r.cycle_id = $1 AND r.repository = $2 AND r.status = 'waiting'
    AND ($3::text IS NULL OR r.secondary = $3::text) AND r.secondary <> ALL ($4::text[])
    AND c.status IN ('copying', 'deleting') AND c.cancelled_at IS NULL AND c.stages ->> r.secondary <> 'through'
  ORDER BY r.phase, r.secondary
  FOR UPDATE OF r`;

const SELECT_CYCLE = `
  SELECT ${LINK_CYCLE_COLUMNS}, ARRAY(
    SELECT o.id FROM link_cycle o WHERE o.link = link_cycle.link AND o.status IN ('listing', 'copying', 'deleting')
  ) AS "openCycles"
  FROM link_cycle WHERE id = $1`;

const INSERT_WORK = `
  INSERT INTO repository_work (link, repository, secondary, state, dirty, retry_count, fence, changed_at)
  SELECT $1, $2, secondary, 'pending', false, 0, 0, now() FROM unnest($3::text[]) AS secondary
  ON CONFLICT DO NOTHING`;

/** What changes from here on is seen by this run or marked again, so the mark goes now. */
const TAKE_LEASES = `
  UPDATE repository_work w SET lease_owner = $4, lease_expires_at = now() + make_interval(secs => $5::float8),
    fence = fence + 1, changed_at = now(), interrupted = w.interrupted OR w.lease_owner IS NOT NULL,
    dirty = w.dirty AND NOT $6::boolean,
    run_began_at = CASE WHEN $6::boolean THEN now() ELSE run_began_at END,
    state = CASE WHEN $6::boolean THEN 'running' ELSE state END
  WHERE link = $1 AND repository = $2 AND secondary = ANY ($3::text[])
    AND (lease_owner IS NULL OR lease_expires_at < now())
  RETURNING secondary, fence, retry_count AS "retryCount", announced_at IS NOT NULL AS "isAnnounced",
    interrupted AS "isInterrupted", now() AS "beganAt"`;

const HELD = `
  unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[]) AS held(link, repository, secondary, owner, fence)`;

const IS_HELD = `
  w.link = held.link AND w.repository = held.repository AND w.secondary = held.secondary
    AND w.lease_owner = held.owner AND w.fence = held.fence`;

const RENEW = `
  UPDATE repository_work w SET lease_expires_at = now() + make_interval(secs => $6::float8)
  FROM ${HELD} WHERE ${IS_HELD}
  RETURNING w.link AS link, w.repository AS repository, w.secondary AS secondary, w.fence AS fence`;

const RELEASE = `
  UPDATE repository_work SET lease_owner = NULL, lease_expires_at = NULL, changed_at = now(),
    state = COALESCE($6::text, state), interrupted = interrupted AND $6::text IS NULL,
    observed_from = CASE WHEN $6::text IS NULL THEN observed_from ELSE run_began_at END,
    announced_at = CASE WHEN $6::text IS NULL OR dirty THEN announced_at END,
    retry_count = CASE WHEN $6::text IS NULL THEN retry_count WHEN $6::text = 'failed' THEN retry_count + 1 ELSE 0 END,
    retry_at = CASE WHEN $6::text IS NULL THEN retry_at ELSE now() + make_interval(secs => $7::float8) END
  WHERE link = $1 AND repository = $2 AND secondary = $3 AND lease_owner = $4 AND fence = $5 RETURNING dirty`;

const SAVE_RESULT = `
  UPDATE cycle_repository r SET result = $4::jsonb, wanted = $5::integer, runs = r.runs + 1, ended_at = clock_timestamp(),
    status = CASE WHEN $6::boolean AND c.stages ->> r.secondary = 'copying' AND r.runs + 1 < $7::integer
      THEN 'waiting' ELSE 'done' END
  FROM link_cycle c
  WHERE c.id = r.cycle_id AND r.cycle_id = $1 AND r.repository = $2 AND r.secondary = $3 RETURNING r.status`;

const ABANDON = `
  UPDATE repository_work w SET lease_owner = NULL, lease_expires_at = NULL, changed_at = now(), interrupted = true,
    state = CASE WHEN state = 'running' THEN 'pending' ELSE state END
  FROM ${HELD} WHERE ${IS_HELD}`;

const GRANT = `
  UPDATE cycle_repository SET granted = granted + $4::integer
  WHERE cycle_id = $1 AND repository = $2 AND secondary = $3`;

const SUM_DELETIONS = `
  SELECT COALESCE(sum(greatest(wanted, granted)), 0)::integer AS total
  FROM cycle_repository WHERE cycle_id = $1 AND secondary = $2`;

const SELECT_RESULTS = `
  SELECT result FROM cycle_repository WHERE cycle_id = $1 AND result IS NOT NULL ORDER BY repository, secondary`;
