import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { CycleOutcome, ReadFailure, RepositoryTotals } from '../../planning/cycle-report.ts';
import type { CycleRecord } from '../cycle-record.ts';
import { selectCycle, selectLinkEnds, type LinkEnd } from '../cycle-rows.ts';
import { LINK_CYCLE_COLUMNS, linkCycleOf, type LinkCycleRecord } from '../link-cycle.ts';
import { inTransaction, rowsOf } from '../state-transaction.ts';
import { ReadFailureShape, TotalsShape } from '../stored-report.ts';
import { COLUMN, parseRow } from '../stored-row.ts';

/** A cycle and what it came to; `outcome` is `null` until it ends, and for one that was cancelled before it began. */
export interface CycleView extends LinkCycleRecord {
  readonly outcome: CycleOutcome | null;
  /** Its place in the order of requests: microseconds, which a `Date` would cut off. */
  readonly place: string;
}

/** Repositories of a cycle: how many it is about, and how many of them have had their run. */
export interface CycleCounts {
  readonly repositories: number;
  readonly done: number;
}

export interface CyclePageOptions {
  readonly link: string | null;
  readonly outcome: CycleOutcome | null;
  /** The last cycle of the page before. */
  readonly after: { readonly place: string; readonly id: string } | null;
  readonly limit: number;
}

/** Where a reader of ends is. */
export type EndPlace = Pick<RepositoryEnd, 'place' | 'repository' | 'secondary'>;

/** A run of a repository that ended on one secondary; one whose orphans wait for the deletion wave ends twice. */
export interface RepositoryEnd {
  readonly repository: string;
  readonly secondary: string;
  readonly secondaryRepository: string;
  readonly phase: 'copy' | 'delete';
  /** When, in microseconds. */
  readonly place: string;
  readonly outcome: CycleOutcome;
  readonly failure: ReadFailure | null;
  readonly totals: RepositoryTotals;
}

/**
 * Cycles for readers: history, and those that wait or are under way.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class CycleViewStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Newest request first. */
  async page({ link, outcome, after, limit }: CyclePageOptions): Promise<readonly CycleView[]> {
    const conditions = ['true'];
    const parameters: unknown[] = [limit];
    const bind = (value: unknown): string => `$${parameters.push(value)}`;
    if (link !== null) conditions.push(`link = ${bind(link)}`);
    if (outcome !== null) conditions.push(`outcome = ${bind(outcome)}`);
    if (after !== null) {
      conditions.push(`(requested_at, id) < (${momentOf(bind(after.place))}, ${bind(after.id)}::text)`);
    }
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, selectPage(conditions.join(' AND ')), parameters);
      return rows.map(viewOf);
    });
  }

  async load(cycleId: string): Promise<CycleView | undefined> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, SELECT_CYCLE, [cycleId]);
      return row === undefined ? undefined : viewOf(row);
    });
  }

  /** What history kept of a cycle; also of one that was run in the foreground on the same database. */
  async report(cycleId: string): Promise<CycleRecord | undefined> {
    return await inTransaction(this.#dataSource, (manager) => selectCycle(manager, cycleId));
  }

  /** What the (link, secondary) of cycles came to that have ended. */
  async linkEnds(cycleIds: readonly string[]): Promise<readonly LinkEnd[]> {
    return await inTransaction(this.#dataSource, (manager) => selectLinkEnds(manager, cycleIds));
  }

  /** All 0 where its repositories are no longer kept: the cycle after it has ended. */
  async counts(cycleId: string): Promise<CycleCounts> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, SELECT_COUNTS, [cycleId]);
      return parseRow('cycle_repository', COUNTS_ROW, row);
    });
  }

  /** What the runs so far came to, added up by secondary. */
  async totals(cycleId: string): Promise<readonly { secondary: string; totals: RepositoryTotals }[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_TOTALS, [cycleId]);
      return rows.map((row) => parseRow('cycle_repository', TOTALS_ROW, row));
    });
  }

  /** Runs that ended after a place, oldest first; what lies there already may still grow: transactions end in any order. */
  async ends(cycleId: string, after: EndPlace, limit: number): Promise<readonly RepositoryEnd[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_ENDS, [
        cycleId,
        after.place,
        after.repository,
        after.secondary,
        limit,
      ]);
      return rows.map((row) => parseRow('cycle_repository', END_ROW, row));
    });
  }
}

function viewOf(row: unknown): CycleView {
  const { outcome, place } = parseRow('link_cycle', OUTCOME_ROW, row);
  return { ...linkCycleOf(row), outcome, place };
}

function microseconds(moment: string): string {
  return `(extract(epoch FROM ${moment}) * 1000000)::bigint::text`;
}

function momentOf(parameter: string): string {
  return `timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond'`;
}

const OUTCOME_ROW = z.object({ outcome: COLUMN.cycleOutcome.nullable(), place: z.string() });
const COUNTS_ROW = z.object({ repositories: z.int(), done: z.int() });
const TOTALS_ROW = z.object({ secondary: z.string(), totals: TotalsShape });
const END_ROW: z.ZodType<RepositoryEnd> = z.object({
  repository: z.string(),
  secondary: z.string(),
  secondaryRepository: z.string(),
  phase: z.enum(['copy', 'delete']),
  place: z.string(),
  outcome: COLUMN.cycleOutcome,
  failure: ReadFailureShape.nullable(),
  totals: TotalsShape,
});

const COLUMNS = `${LINK_CYCLE_COLUMNS}, outcome, ${microseconds('requested_at')} AS place`;

function selectPage(condition: string): string {
  return `SELECT ${COLUMNS} FROM link_cycle WHERE ${condition} ORDER BY requested_at DESC, id DESC LIMIT $1::integer`;
}

const SELECT_CYCLE = `SELECT ${COLUMNS} FROM link_cycle WHERE id = $1`;

const SELECT_COUNTS = `
  SELECT count(*)::integer AS repositories, count(*) FILTER (WHERE is_done)::integer AS done
  FROM (
    SELECT bool_and(status = 'done') AS is_done FROM cycle_repository WHERE cycle_id = $1 GROUP BY repository
  ) AS of_cycle`;

const COUNTED = [
  'inSync',
  'copied',
  'moved',
  'deleted',
  'held',
  'failed',
  'ignored',
  'orphans',
  'blobsCopied',
  'blobsMounted',
  'blobsPresent',
  'bytesCopied',
] as const satisfies readonly (keyof RepositoryTotals)[];

const SELECT_TOTALS = `
  SELECT secondary, jsonb_build_object(${COUNTED.map(
    (key) => `'${key}', sum((result #>> '{report,totals,${key}}')::bigint)`,
  ).join(', ')}) AS totals
  FROM cycle_repository WHERE cycle_id = $1 AND result IS NOT NULL GROUP BY 1 ORDER BY 1`;

/** Steps are left where they are: only what a reader of progress is shown. */
const SELECT_ENDS = `
  SELECT repository, secondary, phase, ${microseconds('ended_at')} AS place,
    result #>> '{report,secondaryRepository}' AS "secondaryRepository", result #>> '{report,outcome}' AS outcome,
    NULLIF(result #> '{report,failure}', 'null') AS failure, result #> '{report,totals}' AS totals
  FROM cycle_repository
  WHERE cycle_id = $1 AND status = 'done' AND result IS NOT NULL
    AND (ended_at, repository, secondary) > (${momentOf('$2')}, $3::text, $4::text)
  ORDER BY ended_at, repository, secondary LIMIT $5::integer`;
