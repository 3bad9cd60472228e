import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import type { Digest } from '../../oci/digest.ts';
import type { Tag } from '../../oci/reference.ts';
import type { ReadFailure } from '../../planning/cycle-report.ts';
import type { TagState } from '../../planning/repository-memory.ts';
import type { ReasonCode } from '../../planning/reason-code.ts';
import { inTransaction, rowsOf } from '../state-transaction.ts';
import { COLUMN, parseRow } from '../stored-row.ts';
import type { NamedLink } from './link-view.store.ts';
import { FailureOrNull, IS_LISTED, REACH, secondsSince } from './repository-position.ts';
import { TAG_STATES } from './tag-view.ts';

/** What one look at one tag can be relied on for: who wants to be sure compares `observedFrom` with a moment of its own. */
export interface TagSighting {
  readonly secondary: string;
  /** Whether the link ever worked on the repository. */
  readonly isKnown: boolean;
  readonly state: TagState | null;
  readonly primaryDigest: Digest | null;
  readonly secondaryDigest: Digest | null;
  readonly reason: ReasonCode | null;
  readonly message: string | null;
  /** Whether both sides were read completely after the moment that was asked about, and nothing below the tag is in doubt. */
  readonly isFresh: boolean;
}

/** A tag that the secondary lacks, has otherwise, or has with content that may not pull. */
export interface LostTag {
  readonly repository: string;
  readonly tag: Tag;
  readonly state: TagState;
  readonly primaryDigest: Digest | null;
  readonly secondaryDigest: Digest | null;
  readonly reason: ReasonCode | null;
  readonly message: string | null;
  /** Since when it differs, or its content is in doubt. */
  readonly differentSince: Date;
}

/** A repository of which nobody can say what would be missing. */
export interface UnknownRepository {
  readonly repository: string;
  readonly kind: 'never-read' | 'unreadable' | 'outdated';
  readonly reason: ReasonCode | null;
  readonly message: string | null;
  readonly since: Date;
}

/** What a secondary would lack if the primary were gone. */
export interface RiskView {
  readonly secondary: string;
  readonly failure: ReadFailure | null;
  readonly unreachableSince: Date | null;
  readonly repositories: number;
  readonly tagsInSync: number;
  readonly lostTags: number;
  /** Equal digests, and something below that a verification found bad: it may not pull. Not among `tagsInSync`. */
  readonly doubtedTags: number;
  readonly oldestDifferenceAt: Date | null;
  readonly newestDifferenceAt: Date | null;
  readonly unknownRepositories: number;
  readonly neverRead: number;
  readonly unreadable: number;
  /** When all repositories of the primary were last listed: newer ones are not known. */
  readonly listedAt: Date | null;
  readonly listingAgeSeconds: number | null;
  /** The primary as it was at this moment is what the counts are about; `null` where no repository was ever read. */
  readonly observedSince: Date | null;
  readonly observationAgeSeconds: number | null;
  readonly tags: readonly LostTag[];
  readonly unknown: readonly UnknownRepository[];
}

export interface RiskOptions {
  /** An observation that is older than this says nothing of the primary as it is now. */
  readonly outdatedAfterSeconds: number;
  /** Tags and repositories that are named, of each secondary; the rest is counted. */
  readonly limit: number;
}

/**
 * What rows can be relied on for: deploy gates, and the loss of the primary.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class RiskViewStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** The database's time, the only one that rows of several processes can be compared with. */
  async now(): Promise<Date> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, 'SELECT clock_timestamp() AS now', []);
      return parseRow('repository_work', z.object({ now: z.date() }), row).now;
    });
  }

  /** What every secondary has under a tag. */
  async sightings(
    of: NamedLink,
    { repository, tag }: { readonly repository: string; readonly tag: string },
    after: Date,
  ): Promise<readonly TagSighting[]> {
    const parameters = [of.link, of.secondaries, repository, tag, after.toISOString()];
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_SIGHTINGS, parameters);
      return rows.map((row) => parseRow('tag_state', SIGHTING_ROW, row));
    });
  }

  async load(of: NamedLink, options: RiskOptions): Promise<readonly RiskView[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      // One moment for all statements: what is counted and what is named belong together.
      await manager.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      const parameters = [of.link, of.secondaries, options.outdatedAfterSeconds];
      const rows = await rowsOf(manager, SELECT_RISKS, parameters);
      const views: RiskView[] = [];
      for (const row of rows) {
        views.push(await withNames(manager, parseRow('repository_state', RISK_ROW, row), of.link, options));
      }
      return views;
    });
  }
}

async function withNames(
  manager: EntityManager,
  risk: z.infer<typeof RISK_ROW>,
  link: string,
  { outdatedAfterSeconds, limit }: RiskOptions,
): Promise<RiskView> {
  const tags = await rowsOf(manager, SELECT_LOST_TAGS, [link, risk.secondary, limit]);
  const unknown = await rowsOf(manager, SELECT_UNKNOWN, [
    link,
    [risk.secondary],
    outdatedAfterSeconds,
    limit,
  ]);
  return {
    ...risk,
    tags: tags.map((row) => parseRow('tag_state', LOST_TAG_ROW, row)),
    unknown: unknown.map((row) => parseRow('repository_state', UNKNOWN_ROW, row)),
  };
}

const SIGHTING_ROW: z.ZodType<TagSighting> = z.object({
  secondary: z.string(),
  isKnown: z.boolean(),
  state: z.enum(TAG_STATES).nullable(),
  primaryDigest: COLUMN.digestOrNull,
  secondaryDigest: COLUMN.digestOrNull,
  reason: COLUMN.reasonOrNull,
  message: z.string().nullable(),
  isFresh: z.boolean(),
});

const LOST_TAG_ROW: z.ZodType<LostTag> = z.object({
  repository: z.string(),
  tag: COLUMN.tag,
  state: z.enum(TAG_STATES),
  primaryDigest: COLUMN.digestOrNull,
  secondaryDigest: COLUMN.digestOrNull,
  reason: COLUMN.reasonOrNull,
  message: z.string().nullable(),
  differentSince: COLUMN.date,
});

const UNKNOWN_ROW: z.ZodType<UnknownRepository> = z.object({
  repository: z.string(),
  kind: z.enum(['never-read', 'unreadable', 'outdated']),
  reason: COLUMN.reasonOrNull,
  message: z.string().nullable(),
  since: COLUMN.date,
});

const RISK_ROW = z.object({
  secondary: z.string(),
  failure: FailureOrNull,
  unreachableSince: COLUMN.dateOrNull,
  repositories: z.int(),
  tagsInSync: z.int(),
  lostTags: z.int(),
  doubtedTags: z.int(),
  oldestDifferenceAt: COLUMN.dateOrNull,
  newestDifferenceAt: COLUMN.dateOrNull,
  unknownRepositories: z.int(),
  neverRead: z.int(),
  unreadable: z.int(),
  listedAt: COLUMN.dateOrNull,
  listingAgeSeconds: z.number().nullable(),
  observedSince: COLUMN.dateOrNull,
  observationAgeSeconds: z.number().nullable(),
});

/**
 * A row of this run, and not of one before it that left this secondary out: written after the last finished run began, which
 * began after the moment in question.
 */
const IS_FRESH = `COALESCE(w.observed_from > $5::timestamptz AND r.saved_at >= w.observed_from AND r.reason IS NULL
  AND t.doubted_at IS NULL, false)`;

const SELECT_SIGHTINGS = `
  SELECT name AS secondary, w.repository IS NOT NULL AS "isKnown", t.state, t.primary_digest AS "primaryDigest", t.secondary_digest AS "secondaryDigest",
    COALESCE(r.reason, t.reason) AS reason, COALESCE(r.message, t.message) AS message, ${IS_FRESH} AS "isFresh"
  FROM unnest($2::text[]) AS name
    LEFT JOIN repository_work w ON w.link = $1 AND w.repository = $3 AND w.secondary = name
    LEFT JOIN repository_state r ON r.link = $1 AND r.secondary = name AND r.primary_repository = $3
    LEFT JOIN tag_state t ON t.link = $1 AND t.secondary = name AND t.primary_repository = $3 AND t.tag = $4
  ORDER BY array_position($2::text[], name)`;

/** Tags of the primary only: that an orphan is still there, or could not be deleted, loses nothing. Of `t`. */
const IS_LOST = `t.state IN ('missing', 'moved', 'failed') AND t.orphan_since IS NULL`;

/** Equal digests do not help where content below is bad. Of `t`. */
const IS_DOUBTED = `t.state = 'in_sync' AND t.doubted_at IS NOT NULL`;

/** When the primary was read for what is written down of a repository; `null` where that failed or never was. */
const OBSERVED_AT = `
  CASE WHEN r.secondary IS NULL OR r.unread_since IS NOT NULL THEN NULL
    ELSE least(r.saved_at, COALESCE(w.observed_from, r.saved_at)) END`;

const OBSERVATIONS = `
  observation AS (
    SELECT reach.secondary, w.repository, r.reason, r.message, r.saved_at, r.unread_since, w.first_listed_at,
      ${OBSERVED_AT} AS observed_at,
      CASE WHEN r.secondary IS NULL THEN 'never-read' WHEN r.unread_since IS NOT NULL THEN 'unreadable'
        WHEN ${OBSERVED_AT} < now() - make_interval(secs => $3::float8) THEN 'outdated' END AS kind
    FROM repository_work w JOIN reach ON reach.secondary = w.secondary LEFT JOIN repository_state r
      ON r.link = w.link AND r.secondary = w.secondary AND r.primary_repository = w.repository
    WHERE w.link = $1 AND ${IS_LISTED}
  )`;

function ageOf(moment: string): string {
  return `CASE WHEN ${moment} IS NULL THEN NULL ELSE ${secondsSince(moment)} END`;
}

const OF_LISTED = `
  t.link = $1 AND t.primary_repository NOT IN (
    SELECT w.repository FROM repository_work w JOIN link_state s ON s.link = w.link
    WHERE w.link = $1 AND w.listed_at < s.listed_at)`;

const SELECT_RISKS = `
  WITH ${REACH}, ${OBSERVATIONS}
  SELECT reach.secondary, reach.failure, reach.unreachable_since AS "unreachableSince", seen.*, lost.*,
    ${ageOf('seen."observedSince"')} AS "observationAgeSeconds", s.listed_at AS "listedAt",
    ${ageOf('s.listed_at')} AS "listingAgeSeconds",
    (SELECT count(*)::integer FROM tag_state t
     WHERE ${OF_LISTED} AND t.secondary = reach.secondary AND t.state = 'in_sync')
      - doubted."doubtedTags" AS "tagsInSync", doubted.*
  FROM reach LEFT JOIN link_state s ON s.link = $1 CROSS JOIN LATERAL (
    SELECT count(*)::integer AS repositories, count(kind)::integer AS "unknownRepositories",
      count(*) FILTER (WHERE kind = 'never-read')::integer AS "neverRead",
      count(*) FILTER (WHERE kind = 'unreadable')::integer AS unreadable, min(observed_at) AS "observedSince"
    FROM observation WHERE observation.secondary = reach.secondary
  ) AS seen CROSS JOIN LATERAL (
    SELECT count(*)::integer AS "lostTags", min(t.first_seen_different_at) AS "oldestDifferenceAt",
      max(t.first_seen_different_at) AS "newestDifferenceAt"
    FROM tag_state t WHERE ${OF_LISTED} AND t.secondary = reach.secondary AND ${IS_LOST}
  ) AS lost CROSS JOIN LATERAL (
    SELECT count(*)::integer AS "doubtedTags" FROM tag_state t
    WHERE ${OF_LISTED} AND t.secondary = reach.secondary AND ${IS_DOUBTED}
  ) AS doubted
  ORDER BY array_position($2::text[], reach.secondary)`;

const SELECT_LOST_TAGS = `
  SELECT t.primary_repository AS repository, t.tag, t.state, t.primary_digest AS "primaryDigest",
    t.secondary_digest AS "secondaryDigest", t.reason, t.message,
    COALESCE(t.first_seen_different_at, t.doubted_at, now()) AS "differentSince"
  FROM tag_state t WHERE ${OF_LISTED} AND t.secondary = $2 AND (${IS_LOST} OR ${IS_DOUBTED})
  ORDER BY t.primary_repository, t.tag LIMIT $3::integer`;

const SELECT_UNKNOWN = `
  WITH ${REACH}, ${OBSERVATIONS}
  SELECT repository, kind, reason, message, COALESCE(unread_since, observed_at, first_listed_at) AS since
  FROM observation WHERE kind IS NOT NULL ORDER BY repository LIMIT $4::integer`;
