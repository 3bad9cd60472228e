import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import type { CycleOutcome, ReadFailure } from '../../planning/cycle-report.ts';
import type { TagState } from '../../planning/repository-memory.ts';
import { selectFreezes } from '../deletion-freeze.store.ts';
import type { FreezeRecord } from '../deletion-desk.ts';
import type { LinkStateRecord } from '../link-state.store.ts';
import type { WorkState } from '../repository-run.store.ts';
import { inTransaction, rowsOf } from '../state-transaction.ts';
import { COLUMN, parseRow } from '../stored-row.ts';
import {
  FailureOrNull,
  LEFT_IN_PLACE,
  POSITION,
  POSITION_STATES,
  POSITIONS,
  REACH,
  secondsSince,
} from './repository-position.ts';
import { TAG_STATES } from './tag-view.ts';

/** A link of the configuration, by the names that rows know. */
export interface NamedLink {
  readonly link: string;
  readonly secondaries: readonly string[];
}

export interface EndedCycle {
  readonly id: string;
  readonly outcome: CycleOutcome;
  readonly finishedAt: Date;
}

/** What is known of a link on one secondary. */
export interface SecondaryView {
  readonly secondary: string;
  /** Why the newest cycle could not work on it at all. */
  readonly failure: ReadFailure | null;
  readonly unreachableSince: Date | null;
  readonly tags: Readonly<Record<TagState, number>>;
  readonly repositories: Readonly<Record<WorkState, number>>;
  /** Since when the oldest difference is open that something is to be done about; what cannot be read counts as different. */
  readonly behindSince: Date | null;
  readonly lagSeconds: number;
  readonly lastCycle: EndedCycle | null;
  /** The newest cycle over the whole link that left it in sync. */
  readonly lastSuccess: EndedCycle | null;
}

/** Tags of a secondary whose content was gone through at least once, by what came of it last. */
export interface VerifiedTags {
  readonly secondary: string;
  readonly ok: number;
  readonly failed: number;
}

export interface LinkView {
  readonly state: Omit<LinkStateRecord, 'link' | 'scheduledAt'>;
  /** Where deletions are frozen, on whichever secondaries. */
  readonly freezes: readonly FreezeRecord[];
  readonly secondaries: readonly SecondaryView[];
}

/**
 * Where links stand, over all of their repositories. Repositories that the primary has no longer are left out.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class LinkViewStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Five statements that read indexes, whatever the number of repositories. */
  async load(of: NamedLink): Promise<LinkView> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [state] = await rowsOf(manager, SELECT_STATE, [of.link]);
      const tags = await read(manager, TAG_ROW, SELECT_TAGS, of);
      const repositories = await read(manager, REPOSITORY_ROW, SELECT_REPOSITORIES, of);
      const sides = await read(manager, SIDE_ROW, SELECT_SIDES, of);
      return {
        freezes: await selectFreezes(manager),
        state: state === undefined ? NEW_LINK : parseRow('link_state', STATE_ROW, state),
        secondaries: sides.map(({ lastCycle, lastSuccess, ...side }) => ({
          ...side,
          tags: countsBy(TAG_STATES, tags, side.secondary),
          repositories: countsBy(POSITION_STATES, repositories, side.secondary),
          lastCycle: endedOf(lastCycle),
          lastSuccess: endedOf(lastSuccess),
        })),
      };
    });
  }

  /** How many tags a verification (to the depth of the graph or of the content) or a repair went through, of every secondary. */
  async verified(of: NamedLink): Promise<readonly VerifiedTags[]> {
    return await inTransaction(this.#dataSource, (manager) =>
      read(manager, VERIFIED_ROW, SELECT_VERIFIED, of),
    );
  }
}

async function read<Row>(
  manager: EntityManager,
  schema: z.ZodType<Row>,
  statement: string,
  { link, secondaries }: NamedLink,
): Promise<readonly Row[]> {
  const rows = await rowsOf(manager, statement, [link, secondaries]);
  return rows.map((row) => parseRow('tag_state', schema, row));
}

interface Count<State> {
  readonly secondary: string;
  readonly state: State;
  readonly count: number;
}

function countsBy<State extends string>(
  states: readonly State[],
  counts: readonly Count<State>[],
  secondary: string,
): Record<State, number> {
  const own = new Map(
    counts.filter((each) => each.secondary === secondary).map(({ state, count }) => [state, count]),
  );
  return Object.fromEntries(states.map((state) => [state, own.get(state) ?? 0])) as Record<State, number>;
}

function endedOf(row: z.infer<typeof ENDED> | null): EndedCycle | null {
  return row && { ...row, finishedAt: new Date(row.finishedAt) };
}

const NEW_LINK: LinkView['state'] = { pausedAt: null, retryCount: 0, retryAt: null };

const STATE_ROW = z.object({
  pausedAt: COLUMN.dateOrNull,
  retryCount: z.int(),
  retryAt: COLUMN.dateOrNull,
});
const TAG_ROW = z.object({ secondary: z.string(), state: z.enum(TAG_STATES), count: z.int() });
const REPOSITORY_ROW = z.object({ secondary: z.string(), state: z.enum(POSITION_STATES), count: z.int() });

const VERIFIED_ROW = z.object({ secondary: z.string(), ok: z.int(), failed: z.int() });

/** A row within a row comes as JSON, and its times as text. */
const ENDED = z.object({ id: z.string(), outcome: COLUMN.cycleOutcome, finishedAt: z.string() });
const SIDE_ROW = z.object({
  secondary: z.string(),
  failure: FailureOrNull,
  unreachableSince: COLUMN.dateOrNull,
  behindSince: COLUMN.dateOrNull,
  lagSeconds: z.number(),
  lastCycle: ENDED.nullable(),
  lastSuccess: ENDED.nullable(),
});

const SELECT_STATE = `
  SELECT paused_at AS "pausedAt", retry_count AS "retryCount", retry_at AS "retryAt" FROM link_state WHERE link = $1`;

/** Names of repositories that are gone: nearly always none, and then the index on states has all that is counted. */
const GONE = `ARRAY(
  SELECT w.repository FROM repository_work w JOIN link_state s ON s.link = w.link
  WHERE w.link = $1 AND w.listed_at < s.listed_at)`;

const SELECT_TAGS = `
  SELECT secondary, state, count(*)::integer AS count FROM tag_state
  WHERE link = $1 AND secondary = ANY ($2::text[]) AND primary_repository <> ALL (${GONE})
  GROUP BY secondary, state`;

const SELECT_VERIFIED = `
  SELECT name AS secondary, count(t.primary_repository) FILTER (WHERE t.doubted_at IS NULL)::integer AS ok,
    count(t.primary_repository) FILTER (WHERE t.doubted_at IS NOT NULL)::integer AS failed
  FROM unnest($2::text[]) AS name LEFT JOIN tag_state t
    ON t.link = $1 AND t.secondary = name AND (t.doubted_at IS NOT NULL OR t.last_verified_depth IN ('graph', 'content'))
      AND t.primary_repository <> ALL (${GONE})
  GROUP BY name`;

const SELECT_REPOSITORIES = `
  WITH ${REACH}
  SELECT reach.secondary, ${POSITION} AS state, count(*)::integer AS count ${POSITIONS} GROUP BY 1, 2`;

/** Since when something is open: a tag that differs, a repository that cannot be read or was never, a secondary out of reach. */
const BEHIND_SINCE = `
  least(
    (SELECT min(t.first_seen_different_at) FROM tag_state t
     WHERE t.link = $1 AND t.secondary = reach.secondary AND t.first_seen_different_at IS NOT NULL
       AND (t.reason IS NULL OR t.reason NOT IN (${LEFT_IN_PLACE})) AND t.primary_repository <> ALL (gone.names)),
    (SELECT min(CASE WHEN r.secondary IS NULL THEN w.first_listed_at ELSE r.unread_since END)
     FROM repository_work w LEFT JOIN repository_state r
       ON r.link = w.link AND r.secondary = reach.secondary AND r.primary_repository = w.repository
     WHERE w.link = $1 AND w.repository <> ALL (gone.names)),
    reach.unreachable_since)`;

const ENDED_COLUMNS = `json_build_object('id', c.id, 'outcome', l.outcome, 'finishedAt', l.finished_at)`;

const SELECT_SIDES = `
  WITH ${REACH}, gone AS MATERIALIZED (SELECT ${GONE} AS names)
  SELECT side.*, ${secondsSince(`side."behindSince"`)} AS "lagSeconds",
    (SELECT ${ENDED_COLUMNS} FROM cycle_link l JOIN cycle c ON c.id = l.cycle_id AND c.command = 'sync'
     WHERE l.link = $1 AND l.secondary = side.secondary ORDER BY l.finished_at DESC LIMIT 1) AS "lastCycle",
    (SELECT ${ENDED_COLUMNS} FROM cycle_link l JOIN cycle c ON c.id = l.cycle_id AND c.command = 'sync'
       JOIN link_cycle k ON k.id = c.id AND k.scope ->> 'kind' = 'all'
     WHERE l.link = $1 AND l.secondary = side.secondary AND l.outcome = 'in-sync'
     ORDER BY l.finished_at DESC LIMIT 1) AS "lastSuccess"
  FROM (
    SELECT reach.secondary, reach.failure, reach.unreachable_since AS "unreachableSince", ${BEHIND_SINCE} AS "behindSince"
    FROM reach CROSS JOIN gone
  ) AS side
  ORDER BY array_position($2::text[], side.secondary)`;
