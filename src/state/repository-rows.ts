import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import type { Tag } from '../oci/reference.ts';
import type {
  RepositoryKey,
  RepositoryMemory,
  RepositoryRecord,
  RepositoryUpdate,
  TagRecord,
  TagState,
  VerifiedDepth,
} from '../planning/repository-memory.ts';
import { COLUMN, parseRow } from './stored-row.ts';
import { storedTextOrNull } from './stored-text.ts';

/** Rows per statement: some megabytes of parameters where every tag has a long message, one statement in daily life. */
const BATCH_ROWS = 5000;

const REPOSITORY_ROW: z.ZodType<RepositoryRecord> = z.object({
  secondaryRepository: COLUMN.repository,
  outcome: COLUMN.cycleOutcome,
  reason: COLUMN.reasonOrNull,
  message: z.string().nullable(),
  policyHash: z.string(),
  primaryOrigin: z.string(),
  completedCycles: z.int(),
  lastCycleId: z.string(),
  lastFinishedAt: COLUMN.date,
  lastSuccessAt: COLUMN.dateOrNull,
});

const TAG_ROW: z.ZodType<TagRecord> = z.object({
  tag: COLUMN.tag,
  state: z.enum(['in_sync', 'missing', 'moved', 'orphan', 'held', 'failed'] satisfies TagState[]),
  primaryDigest: COLUMN.digestOrNull,
  secondaryDigest: COLUMN.digestOrNull,
  lastAppliedDigest: COLUMN.digestOrNull,
  reason: COLUMN.reasonOrNull,
  message: z.string().nullable(),
  firstSeenDifferentAt: COLUMN.dateOrNull,
  orphanSince: COLUMN.dateOrNull,
  orphanObservations: z.int(),
  inSyncSince: COLUMN.dateOrNull,
  lastVerifiedAt: COLUMN.dateOrNull,
  lastVerifiedDepth: z.enum(['tag', 'graph', 'content'] satisfies VerifiedDepth[]).nullable(),
  doubtedAt: COLUMN.dateOrNull,
});

/** Both tables of one repository; the caller's transaction makes them belong together. */
export async function selectRepository(
  manager: EntityManager,
  key: RepositoryKey,
): Promise<RepositoryMemory | undefined> {
  const [repository] = await manager.query<unknown[]>(SELECT_REPOSITORY, keyParameters(key));
  if (repository === undefined) return undefined;
  const rows = await manager.query<unknown[]>(SELECT_TAGS, keyParameters(key));
  const tags = rows.map((row) => parseRow('tag_state', TAG_ROW, row));
  return {
    repository: parseRow('repository_state', REPOSITORY_ROW, repository),
    tags: new Map(tags.map((record) => [record.tag, record])),
  };
}

/** A handful of statements, whatever the number of tags. */
export async function upsertRepository(
  manager: EntityManager,
  key: RepositoryKey,
  { repository, changedTags, forgottenTags }: RepositoryUpdate,
): Promise<void> {
  // A statement may touch a row once only; as in memory, the last record of a tag wins.
  const changed = new Map(changedTags.map((record) => [record.tag, record]));
  const forgotten = forgottenTags.filter((tag) => !changed.has(tag));
  await manager.query(UPSERT_REPOSITORY, [...keyParameters(key), ...repositoryParameters(repository)]);
  for (const batch of batches(forgotten)) {
    await manager.query(DELETE_TAGS, [...keyParameters(key), batch]);
  }
  for (const batch of batches([...changed.values()])) {
    await manager.query(UPSERT_TAGS, [...keyParameters(key), ...tagParameters(batch)]);
  }
}

function keyParameters({ link, secondary, primaryRepository }: RepositoryKey): string[] {
  return [link, secondary, primaryRepository];
}

function repositoryParameters(repository: RepositoryRecord): unknown[] {
  return [
    repository.secondaryRepository,
    repository.outcome,
    repository.reason,
    storedTextOrNull(repository.message),
    repository.policyHash,
    repository.primaryOrigin,
    repository.completedCycles,
    repository.lastCycleId,
    repository.lastFinishedAt.toISOString(),
    repository.lastSuccessAt?.toISOString() ?? null,
  ];
}

/** One array per column, in the order of {@link UPSERT_TAGS}. */
function tagParameters(records: readonly TagRecord[]): unknown[][] {
  return [
    records.map(({ tag }): Tag => tag),
    records.map(({ state }) => state),
    records.map(({ primaryDigest }) => primaryDigest),
    records.map(({ secondaryDigest }) => secondaryDigest),
    records.map(({ lastAppliedDigest }) => lastAppliedDigest),
    records.map(({ reason }) => reason),
    records.map(({ message }) => storedTextOrNull(message)),
    records.map(({ firstSeenDifferentAt }) => firstSeenDifferentAt?.toISOString() ?? null),
    records.map(({ orphanSince }) => orphanSince?.toISOString() ?? null),
    records.map(({ orphanObservations }) => orphanObservations),
    records.map(({ inSyncSince }) => inSyncSince?.toISOString() ?? null),
    records.map(({ lastVerifiedAt }) => lastVerifiedAt?.toISOString() ?? null),
    records.map(({ lastVerifiedDepth }) => lastVerifiedDepth),
    records.map(({ doubtedAt }) => doubtedAt?.toISOString() ?? null),
  ];
}

function* batches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += BATCH_ROWS) yield items.slice(start, start + BATCH_ROWS);
}

const OF_KEY = 'link = $1 AND secondary = $2 AND primary_repository = $3';

const SELECT_REPOSITORY = `
  SELECT secondary_repository AS "secondaryRepository", outcome, reason, message, policy_hash AS "policyHash",
    primary_origin AS "primaryOrigin", completed_cycles AS "completedCycles", last_cycle_id AS "lastCycleId",
    last_finished_at AS "lastFinishedAt", last_success_at AS "lastSuccessAt"
  FROM repository_state WHERE ${OF_KEY}`;

const SELECT_TAGS = `
  SELECT tag, state, primary_digest AS "primaryDigest", secondary_digest AS "secondaryDigest",
    last_applied_digest AS "lastAppliedDigest", reason, message, first_seen_different_at AS "firstSeenDifferentAt",
    orphan_since AS "orphanSince", orphan_observations AS "orphanObservations", in_sync_since AS "inSyncSince",
    last_verified_at AS "lastVerifiedAt", last_verified_depth AS "lastVerifiedDepth", doubted_at AS "doubtedAt"
  FROM tag_state WHERE ${OF_KEY} ORDER BY tag`;

const UPSERT_REPOSITORY = `
  INSERT INTO repository_state (link, secondary, primary_repository, secondary_repository, outcome, reason, message,
    policy_hash, primary_origin, completed_cycles, last_cycle_id, last_finished_at, last_success_at, unread_since)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
    CASE WHEN $6::text IS NULL THEN NULL ELSE now() END)
  ON CONFLICT (link, secondary, primary_repository) DO UPDATE SET
    secondary_repository = excluded.secondary_repository, outcome = excluded.outcome, reason = excluded.reason,
    message = excluded.message, policy_hash = excluded.policy_hash, primary_origin = excluded.primary_origin,
    completed_cycles = excluded.completed_cycles, last_cycle_id = excluded.last_cycle_id,
    last_finished_at = excluded.last_finished_at, last_success_at = excluded.last_success_at, saved_at = now(),
    unread_since = CASE WHEN excluded.reason IS NULL THEN NULL
      ELSE COALESCE(repository_state.unread_since, excluded.unread_since) END`;

const DELETE_TAGS = `DELETE FROM tag_state WHERE ${OF_KEY} AND tag = ANY ($4::text[])`;

const UPSERT_TAGS = `
  INSERT INTO tag_state (link, secondary, primary_repository, tag, state, primary_digest, secondary_digest,
    last_applied_digest, reason, message, first_seen_different_at, orphan_since, orphan_observations, in_sync_since,
    last_verified_at, last_verified_depth, doubted_at)
  SELECT $1, $2, $3, changed.* FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::timestamptz[], $12::timestamptz[], $13::integer[], $14::timestamptz[],
    $15::timestamptz[], $16::text[], $17::timestamptz[]) AS changed
  ON CONFLICT (link, secondary, primary_repository, tag) DO UPDATE SET
    state = excluded.state, primary_digest = excluded.primary_digest, secondary_digest = excluded.secondary_digest,
    last_applied_digest = excluded.last_applied_digest, reason = excluded.reason, message = excluded.message,
    first_seen_different_at = excluded.first_seen_different_at, orphan_since = excluded.orphan_since,
    orphan_observations = excluded.orphan_observations, in_sync_since = excluded.in_sync_since,
    last_verified_at = excluded.last_verified_at, last_verified_depth = excluded.last_verified_depth,
    doubted_at = excluded.doubted_at`;
