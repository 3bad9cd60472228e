import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { inTransaction, rowsOf } from './state-transaction.ts';
import { parseRow } from './stored-row.ts';

/** One secondary of one link. */
export interface LinkSide {
  readonly link: string;
  readonly secondary: string;
}

/** How one secondary of one link stands now. */
export interface SideLevel extends LinkSide {
  /** Why a registry could not be read at all when it was last tried. */
  readonly failure: string | null;
  readonly failedRepositories: number;
  /** Repositories in which something waits for an operator. */
  readonly heldRepositories: number;
  /** Repositories of which a cycle that is under way may still do what is open. */
  readonly unsettledRepositories: number;
  /** Age of the oldest open difference, 0 without one. */
  readonly lagSeconds: number;
}

/**
 * What finished work says of every secondary: rows that are there until the next work, so that nobody has to be there to hear it.
 *
 * @throws {StateError} `UNAVAILABLE` where the database cannot be had.
 */
export class SideLevelStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  async load(sides: readonly LinkSide[]): Promise<readonly SideLevel[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_LEVELS, [
        sides.map(({ link }) => link),
        sides.map(({ secondary }) => secondary),
      ]);
      return rows.map((row) => parseRow('repository_state', LEVEL_ROW, row));
    });
  }
}

const LEVEL_ROW = z.object({
  link: z.string(),
  secondary: z.string(),
  failure: z.string().nullable(),
  failedRepositories: z.int(),
  heldRepositories: z.int(),
  unsettledRepositories: z.int(),
  lagSeconds: z.number(),
});

/** What was cut off says nothing about a registry. */
const LATEST_FAILURE = `
  SELECT l.failure ->> 'reason' FROM cycle c JOIN cycle_link l ON l.cycle_id = c.id
  WHERE l.link = side.link AND l.secondary = side.secondary AND c.command = 'sync' AND c.finished_at IS NOT NULL
    AND (l.failure IS NULL OR l.failure ->> 'reason' <> 'CANCELLED')
  ORDER BY c.started_at DESC LIMIT 1`;

/** A repository that the last complete cycle did not look at is gone. A minute, for clocks that differ. */
const LAST_COMPLETE = `
  SELECT k.started_at - interval '1 minute' FROM link_cycle k JOIN cycle_link l ON l.cycle_id = k.id
  WHERE k.link = side.link AND l.link = side.link AND l.secondary = side.secondary AND l.failure IS NULL
    AND k.kind = 'sync' AND k.status = 'finished' AND k.cancelled_at IS NULL AND k.scope ->> 'kind' = 'all'
  ORDER BY k.requested_at DESC LIMIT 1`;

const IS_OPEN = `
  EXISTS (SELECT FROM link_cycle k WHERE k.id = r.last_cycle_id AND k.status <> 'finished')`;

/** Orphans that the configuration leaves where they are have no lag: nothing waits for them. */
const SELECT_LEVELS = `
  SELECT side.link, side.secondary, (${LATEST_FAILURE}) AS failure, r.*,
    COALESCE(greatest(0, extract(epoch FROM now() - (
      SELECT min(t.first_seen_different_at) FROM tag_state t
      WHERE t.link = side.link AND t.secondary = side.secondary AND t.first_seen_different_at IS NOT NULL
        AND (t.reason IS NULL OR t.reason NOT IN ('DELETIONS_OFF', 'REPORT_ONLY', 'REFERRER_OF_LIVE_SUBJECT'))
    ))), 0)::float8 AS "lagSeconds"
  FROM unnest($1::text[], $2::text[]) AS side(link, secondary) CROSS JOIN LATERAL (
    SELECT
      count(*) FILTER (WHERE outcome IN ('failed', 'partial'))::integer AS "failedRepositories",
      count(*) FILTER (WHERE outcome IN ('held', 'differences') AND NOT ${IS_OPEN})::integer AS "heldRepositories",
      count(*) FILTER (WHERE outcome IN ('held', 'differences') AND ${IS_OPEN})::integer AS "unsettledRepositories"
    FROM repository_state r
    WHERE r.link = side.link AND r.secondary = side.secondary AND (r.reason IS NULL OR r.reason <> 'CANCELLED')
      AND r.last_finished_at >= COALESCE((${LAST_COMPLETE}), '-infinity')
  ) AS r`;
