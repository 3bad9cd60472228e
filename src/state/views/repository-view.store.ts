import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import type { RepositoryName, Tag } from '../../oci/reference.ts';
import type { CycleOutcome, ReadFailure } from '../../planning/cycle-report.ts';
import type { ReasonCode } from '../../planning/reason-code.ts';
import type { TagState } from '../../planning/repository-memory.ts';
import type { WorkState } from '../repository-run.store.ts';
import { inTransaction, rowsOf } from '../state-transaction.ts';
import { COLUMN, parseRow } from '../stored-row.ts';
import type { NamedLink } from './link-view.store.ts';
import {
  FailureOrNull,
  IS_LISTED,
  LEFT_IN_PLACE,
  POSITION,
  POSITIONS,
  PositionState,
  REACH,
  secondsSince,
} from './repository-position.ts';
import { TAG_STATES, TAG_VIEW_COLUMNS, TAG_VIEW_ROW, type TagView } from './tag-view.ts';

/** A repository on one secondary. */
export interface PositionView {
  readonly secondary: string;
  readonly state: WorkState;
  /** `null` until it was worked on. */
  readonly secondaryRepository: RepositoryName | null;
  readonly outcome: CycleOutcome | null;
  /** What failed when it was read last, or why the secondary as a whole is out of reach. */
  readonly failure: { readonly reason: ReasonCode; readonly message: string } | null;
  readonly tags: Readonly<Record<TagState, number>>;
  readonly lagSeconds: number;
  readonly lastCycleId: string | null;
  readonly lastFinishedAt: Date | null;
  readonly lastSuccessAt: Date | null;
}

/** A repository of a link. Its marks and retries are over its secondaries: the first that is due, the most that failed. */
export interface RepositoryView {
  readonly repository: string;
  readonly isDirty: boolean;
  readonly retryCount: number;
  readonly retryAt: Date | null;
  readonly secondaries: readonly PositionView[];
}

export interface RepositoryPageOptions {
  /** Only repositories that stand so on one secondary at least. */
  readonly state: WorkState | null;
  /** The last name of the page before. */
  readonly after: string | null;
  readonly limit: number;
}

export interface TagPageOptions {
  /** Only tags that stand so on one secondary at least. */
  readonly state: TagState | null;
  readonly after: string | null;
  readonly limit: number;
}

/** A tag on every secondary that knows it. */
export interface TagOnSecondaries {
  readonly tag: Tag;
  readonly secondaries: readonly TagView[];
}

/**
 * Repositories and tags of a link, in pages that sort by bytes.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class RepositoryViewStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  async page(of: NamedLink, options: RepositoryPageOptions): Promise<readonly RepositoryView[]> {
    const { state, after, limit } = options;
    return await inTransaction(this.#dataSource, async (manager) => {
      const parameters = [of.link, of.secondaries, after, limit, ...(state === null ? [] : [state])];
      const statement = state === null ? SELECT_NAMES : SELECT_NAMES_IN_STATE;
      const rows = await rowsOf(manager, statement, parameters);
      const names = rows.map((row) => parseRow('repository_work', NAME_ROW, row).name);
      return await viewsOf(manager, of, names);
    });
  }

  /** `undefined` for a repository that the link does not have, or has no longer. */
  async load(of: NamedLink, repository: string): Promise<RepositoryView | undefined> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [view] = await viewsOf(manager, of, [repository]);
      return view;
    });
  }

  async tags(
    of: NamedLink,
    repository: string,
    { state, after, limit }: TagPageOptions,
  ): Promise<readonly TagOnSecondaries[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const parameters = [
        of.link,
        of.secondaries,
        repository,
        after,
        limit,
        ...(state === null ? [] : [state]),
      ];
      const rows = await rowsOf(manager, selectTags(state === null ? '' : 'AND t.state = $6'), parameters);
      const views = rows.map((row) => parseRow('tag_state', TAG_VIEW_ROW, row));
      return [...Map.groupBy(views, ({ tag }) => tag)].map(([tag, secondaries]) => ({ tag, secondaries }));
    });
  }
}

/** In the order of the names, which is that of the bytes. */
async function viewsOf(
  manager: EntityManager,
  { link, secondaries }: NamedLink,
  names: readonly string[],
): Promise<readonly RepositoryView[]> {
  if (names.length === 0) return [];
  const parameters = [link, secondaries, names];
  const positions = (await rowsOf(manager, SELECT_POSITIONS, parameters)).map((row) =>
    parseRow('repository_work', POSITION_ROW, row),
  );
  const counts = (await rowsOf(manager, SELECT_COUNTS, parameters)).map((row) =>
    parseRow('tag_state', COUNT_ROW, row),
  );
  const tagsOf = Map.groupBy(counts, ({ secondary, repository }) => keyOf(secondary, repository));
  return [...Map.groupBy(positions, ({ repository }) => repository)].map(([repository, rows]) => {
    const due = rows.flatMap(({ retryAt }) => (retryAt === null ? [] : [retryAt.getTime()]));
    const marks = {
      isDirty: rows.some(({ isDirty }) => isDirty),
      retryCount: Math.max(...rows.map(({ retryCount }) => retryCount)),
      retryAt: due.length === 0 ? null : new Date(Math.min(...due)),
    };
    const views = rows.map((row) => positionOf(row, tagsOf.get(keyOf(row.secondary, repository)) ?? []));
    return { repository, ...marks, secondaries: views };
  });
}

function positionOf(row: PositionRow, counts: readonly z.infer<typeof COUNT_ROW>[]): PositionView {
  const byState = new Map(counts.map(({ state, count }) => [state, count]));
  const lags = counts.map(({ lagSeconds }) => lagSeconds);
  const { secondary, state, secondaryRepository, outcome, reason, message, reach } = row;
  const own = reason === null ? null : { reason, message: message ?? '' };
  return {
    secondary,
    state,
    secondaryRepository,
    outcome,
    failure: reach === null ? own : { reason: reach.reason, message: `${reach.side}: ${reach.message}` },
    tags: Object.fromEntries(
      TAG_STATES.map((each) => [each, byState.get(each) ?? 0]),
    ) as PositionView['tags'],
    lagSeconds: Math.max(row.unreadSeconds, ...lags),
    lastCycleId: row.lastCycleId,
    lastFinishedAt: row.lastFinishedAt,
    lastSuccessAt: row.lastSuccessAt,
  };
}

/** A repository name has no space in it, and so the key is of one pair only. */
function keyOf(secondary: string, repository: string): string {
  return `${repository} ${secondary}`;
}

const NAME_ROW = z.object({ name: z.string() });
const POSITION_ROW = z.object({
  repository: z.string(),
  isDirty: z.boolean(),
  retryCount: z.int(),
  retryAt: COLUMN.dateOrNull,
  secondary: z.string(),
  state: PositionState,
  reach: FailureOrNull,
  secondaryRepository: COLUMN.repository.nullable(),
  outcome: COLUMN.cycleOutcome.nullable(),
  reason: COLUMN.reasonOrNull,
  message: z.string().nullable(),
  unreadSeconds: z.number(),
  lastCycleId: z.string().nullable(),
  lastFinishedAt: COLUMN.dateOrNull,
  lastSuccessAt: COLUMN.dateOrNull,
});
type PositionRow = z.infer<typeof POSITION_ROW> & { readonly reach: ReadFailure | null };
const COUNT_ROW = z.object({
  secondary: z.string(),
  repository: z.string(),
  state: z.enum(TAG_STATES),
  count: z.int(),
  lagSeconds: z.number(),
});

const SELECT_NAMES = `
  SELECT DISTINCT w.repository AS name FROM repository_work w
  WHERE w.link = $1 AND w.secondary = ANY ($2::text[]) AND ${IS_LISTED} AND ($3::text IS NULL OR w.repository > $3::text)
  ORDER BY w.repository LIMIT $4::integer`;

const SELECT_NAMES_IN_STATE = `
  WITH ${REACH}
  SELECT DISTINCT w.repository AS name ${POSITIONS}
    AND ($3::text IS NULL OR w.repository > $3::text) AND ${POSITION} = $5::text
  ORDER BY w.repository LIMIT $4::integer`;

const SELECT_POSITIONS = `
  WITH ${REACH}
  SELECT w.repository, w.dirty AS "isDirty", w.retry_count AS "retryCount", w.retry_at AS "retryAt", reach.secondary,
    ${POSITION} AS state, reach.failure AS reach, r.secondary_repository AS "secondaryRepository", r.outcome, r.reason,
    r.message, r.last_cycle_id AS "lastCycleId", r.last_finished_at AS "lastFinishedAt",
    r.last_success_at AS "lastSuccessAt",
    ${secondsSince(`least(reach.unreachable_since,
      CASE WHEN r.secondary IS NULL THEN w.first_listed_at ELSE r.unread_since END)`)} AS "unreadSeconds"
  ${POSITIONS} AND w.repository = ANY ($3::text[])
  ORDER BY w.repository, array_position($2::text[], reach.secondary)`;

const SELECT_COUNTS = `
  SELECT secondary, primary_repository AS repository, state, count(*)::integer AS count,
    ${secondsSince(`min(first_seen_different_at) FILTER (WHERE reason IS NULL OR reason NOT IN (${LEFT_IN_PLACE}))`)}
      AS "lagSeconds"
  FROM tag_state
  WHERE link = $1 AND secondary = ANY ($2::text[]) AND primary_repository = ANY ($3::text[])
  GROUP BY secondary, primary_repository, state`;

/** Of every secondary the next tags, and of those the first ones: no more rows are read than a page has. */
function selectTags(condition: string): string {
  return `
    WITH page AS (
      SELECT DISTINCT next.tag FROM unnest($2::text[]) AS name CROSS JOIN LATERAL (
        SELECT t.tag FROM tag_state t
        WHERE t.link = $1 AND t.secondary = name AND t.primary_repository = $3
          AND ($4::text IS NULL OR t.tag > $4::text) ${condition}
        ORDER BY t.tag LIMIT $5::integer
      ) AS next ORDER BY next.tag LIMIT $5::integer
    )
    SELECT ${TAG_VIEW_COLUMNS} FROM page
      CROSS JOIN unnest($2::text[]) AS name
      JOIN tag_state t ON t.link = $1 AND t.secondary = name AND t.primary_repository = $3 AND t.tag = page.tag
    ORDER BY page.tag, array_position($2::text[], t.secondary)`;
}
