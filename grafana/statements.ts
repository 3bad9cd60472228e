/**
 * The statements of the panels that read the database. They read six tables, and need no right but SELECT on these
 * (docs/dashboards.md). `All` of a variable that has no values is an empty array, not a syntax error.
 */
const CHOSEN = (row: string): string =>
  `${row}.link = ANY (ARRAY[\${link:sqlstring}]::text[]) AND ${row}.secondary = ANY (ARRAY[\${secondary:sqlstring}]::text[])`;

/** What the newest listing of a link did not name is gone from the primary, and is nobody's work. */
const IS_NOT_GONE = (row: string): string => `NOT coalesce(
    (SELECT max(w.listed_at) FROM repository_work w WHERE w.link = ${row}.link AND w.repository = ${row}.primary_repository)
      < (SELECT s.listed_at FROM link_state s WHERE s.link = ${row}.link), false)`;

const count = (key: string): string => `(l.totals ->> '${key}')::bigint`;

export const LAST_CYCLES = `
SELECT c.started_at AS "Started", l.link, l.secondary, c.command AS "Command", l.outcome AS "Outcome",
  extract(epoch FROM c.finished_at - c.started_at)::float8 AS "Took", ${count('inSync')} AS "In sync", ${count('copied')} AS "Copied",
  ${count('moved')} AS "Moved", ${count('deleted')} AS "Deleted", ${count('held')} AS "Held", ${count('failed')} AS "Failed",
  l.bytes_copied AS "Sent", l.failure ->> 'reason' AS "Reason", c.id AS cycle
FROM cycle c JOIN cycle_link l ON l.cycle_id = c.id
WHERE $__timeFilter(l.finished_at) AND ${CHOSEN('l')}
ORDER BY l.finished_at DESC
LIMIT 100`;

export const SLOWEST_REPOSITORIES = `
SELECT r.link, r.secondary, r.primary_repository AS repository,
  extract(epoch FROM r.saved_at - run.began_at)::float8 AS "Took", r.outcome AS "Outcome",
  (SELECT count(*) FROM tag_state t WHERE t.link = r.link AND t.secondary = r.secondary
    AND t.primary_repository = r.primary_repository) AS "Tags",
  r.last_finished_at AS "Ended"
FROM repository_state r CROSS JOIN LATERAL (
  SELECT max(w.observed_from) AS began_at FROM repository_work w
  WHERE w.link = r.link AND w.repository = r.primary_repository AND w.secondary = r.secondary AND w.observed_from <= r.saved_at
) AS run
WHERE ${CHOSEN('r')} AND run.began_at IS NOT NULL AND ${IS_NOT_GONE('r')}
ORDER BY "Took" DESC
LIMIT 50`;

export const FAILING_REPOSITORIES = `
SELECT r.link, r.secondary, r.primary_repository AS repository, r.outcome AS "Outcome", coalesce(r.reason, tags.reason) AS "Reason",
  tags.failed AS "Failed tags", coalesce(r.message, tags.message) AS "Message", r.last_finished_at AS "Last tried",
  r.last_success_at AS "Last success"
FROM repository_state r CROSS JOIN LATERAL (
  SELECT count(*) AS failed, (array_agg(t.reason ORDER BY t.tag))[1] AS reason, (array_agg(t.message ORDER BY t.tag))[1] AS message
  FROM tag_state t
  WHERE t.link = r.link AND t.secondary = r.secondary AND t.primary_repository = r.primary_repository AND t.state = 'failed'
) AS tags
WHERE ${CHOSEN('r')} AND r.outcome IN ('failed', 'partial') AND ${IS_NOT_GONE('r')}
ORDER BY r.last_success_at ASC NULLS FIRST, repository
LIMIT 100`;

export const LONGEST_BEHIND = `
SELECT t.link, t.secondary, t.primary_repository AS repository,
  extract(epoch FROM now() - min(t.first_seen_different_at))::float8 AS "Behind for",
  count(*) FILTER (WHERE t.state = 'missing') AS "Missing", count(*) FILTER (WHERE t.state = 'moved') AS "Moved",
  count(*) FILTER (WHERE t.state = 'orphan') AS "Orphans", count(*) FILTER (WHERE t.state = 'held') AS "Held",
  count(*) FILTER (WHERE t.state = 'failed') AS "Failed", (array_agg(t.reason ORDER BY t.first_seen_different_at))[1] AS "Reason"
FROM tag_state t
WHERE ${CHOSEN('t')} AND t.first_seen_different_at IS NOT NULL AND ${IS_NOT_GONE('t')}
GROUP BY t.link, t.secondary, t.primary_repository
ORDER BY "Behind for" DESC, repository
LIMIT 100`;

/** What every user of PostgreSQL may see of the database it is connected to. */
export const DATABASE_SIZE = `SELECT pg_database_size(current_database()) AS "Size"`;

export const CONNECTIONS = `
SELECT count(*) FILTER (WHERE datname = current_database()) AS "Of this database", count(*) AS "Of the server",
  current_setting('max_connections')::integer AS "Allowed"
FROM pg_stat_activity`;

export const TABLES = `
SELECT schemaname || '.' || relname AS table, pg_total_relation_size(relid) AS "Size", n_live_tup AS "Rows", n_dead_tup AS "Dead rows",
  greatest(last_autovacuum, last_vacuum) AS "Last vacuum"
FROM pg_stat_user_tables
ORDER BY "Size" DESC
LIMIT 25`;
