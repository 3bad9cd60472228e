import { z } from 'zod';
import type { WorkState } from '../repository-run.store.ts';
import { ReadFailureShape } from '../stored-report.ts';

/** The states of a repository on one secondary. */
export const POSITION_STATES = [
  'pending',
  'running',
  'synced',
  'failed',
  'held',
] as const satisfies readonly WorkState[];

export const FailureOrNull = ReadFailureShape.nullable();

export const PositionState = z.enum(POSITION_STATES);

/**
 * Reasons of orphans that the configuration leaves where they are. They are drift, and counted as such; but nothing waits for
 * them, so they have no lag.
 */
export const LEFT_IN_PLACE = `'DELETIONS_OFF', 'REPORT_ONLY', 'REFERRER_OF_LIVE_SUBJECT'`;

/** Whether the newest look at a secondary could not reach it; what was cut off says nothing. Needs `$1` link, `$2` secondaries. */
export const REACH = `
  reach AS (
    SELECT name AS secondary, latest.failure, CASE WHEN latest.failure IS NULL THEN NULL ELSE (
      SELECT min(l.finished_at) FROM cycle_link l
      WHERE l.link = $1 AND l.secondary = name AND l.failure ->> 'reason' <> 'CANCELLED' AND l.finished_at > COALESCE((
        SELECT max(o.finished_at) FROM cycle_link o
        WHERE o.link = $1 AND o.secondary = name AND o.failure IS NULL), '-infinity')
    ) END AS unreachable_since
    FROM unnest($2::text[]) AS name LEFT JOIN LATERAL (
      SELECT l.failure FROM cycle_link l
      WHERE l.link = $1 AND l.secondary = name AND (l.failure IS NULL OR l.failure ->> 'reason' <> 'CANCELLED')
      ORDER BY l.finished_at DESC LIMIT 1
    ) AS latest ON true
  )`;

/** Repositories that the newest complete listing of the link did not name are gone; nobody asks about them. Of `w`, `$1` link. */
export const IS_LISTED = `
  w.listed_at >= COALESCE((SELECT s.listed_at FROM link_state s WHERE s.link = $1), '-infinity')`;

/** A process works on the repository, and its lease is alive. */
const IS_WORKED_ON = `(w.state = 'running' AND COALESCE(w.lease_expires_at > now(), false))`;

/**
 * Where a repository stands on one secondary; of `w` (its work), `r` (what was written down) and `reach`. A lease that has run out
 * is a process that died: the repository waits. What cannot be reached is not in sync, whatever was true before.
 */
export const POSITION = `
  CASE
    WHEN ${IS_WORKED_ON} THEN 'running'
    WHEN reach.failure IS NOT NULL THEN 'failed'
    WHEN w.state = 'pending' OR w.dirty OR w.state = 'running' THEN 'pending'
    WHEN r.outcome IS NULL THEN 'pending'
    WHEN r.outcome = 'in-sync' THEN 'synced'
    WHEN r.outcome IN ('failed', 'partial') THEN 'failed'
    ELSE 'held'
  END`;

/** Every repository of a link on every secondary. */
export const POSITIONS = `
  FROM repository_work w JOIN reach ON reach.secondary = w.secondary
    LEFT JOIN repository_state r
      ON r.link = w.link AND r.secondary = w.secondary AND r.primary_repository = w.repository
  WHERE w.link = $1 AND ${IS_LISTED}`;

/** Seconds from a moment to now, by the database's clock; not below 0 where two clocks disagree. */
export function secondsSince(moment: string): string {
  return `greatest(0, extract(epoch FROM now() - ${moment}))::float8`;
}
