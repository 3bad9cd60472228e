import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import type { RepositoryName } from '../oci/reference.ts';
import {
  FINISHED_STATES,
  REACHED_FROM,
  type DeletionAdvance,
  type DeletionEntry,
  type DeletionMethod,
  type DeletionRecord,
  type DeletionState,
} from './deletion-entry.ts';
import { StateError } from './state-error.ts';
import { storedJson } from './stored-json.ts';
import { COLUMN, parseRow } from './stored-row.ts';
import { storedTextOrNull } from './stored-text.ts';

const DELETION_STATES = [
  'started',
  'tombstone-put',
  'deleted',
  'verified',
  'failed',
] satisfies DeletionState[];

const DELETION_ROW: z.ZodType<DeletionRecord> = z.object({
  id: z.string(),
  cycleId: z.string(),
  link: z.string(),
  secondary: z.string(),
  repository: COLUMN.repository,
  tag: COLUMN.tag,
  secondaryDigest: COLUMN.digestOrNull,
  method: z.enum(['by-tag-name', 'tombstone'] satisfies DeletionMethod[]),
  tombstoneDigest: COLUMN.digestOrNull,
  evidence: z.json(),
  state: z.enum(DELETION_STATES),
  detail: z.string().nullable(),
  startedAt: COLUMN.date,
  advancedAt: COLUMN.date,
});

export async function insertDeletion(manager: EntityManager, entry: DeletionEntry, now: Date): Promise<void> {
  await manager.query(INSERT_DELETION, [
    entry.id,
    entry.cycleId,
    entry.link,
    entry.secondary,
    entry.repository,
    entry.tag,
    entry.secondaryDigest,
    entry.method,
    entry.tombstoneDigest,
    JSON.stringify(storedJson(entry.evidence)),
    now.toISOString(),
  ]);
}

/** One move of a deletion. */
export interface DeletionMove {
  readonly id: string;
  readonly state: DeletionAdvance;
  readonly detail: string | undefined;
}

/** @throws {StateError} `NOT_FOUND` for an unknown id. */
export async function updateDeletion(manager: EntityManager, move: DeletionMove, now: Date): Promise<void> {
  const { id, state, detail } = move;
  const known = await manager.query<unknown[]>(UPDATE_DELETION, [
    id,
    state,
    storedTextOrNull(detail),
    now.toISOString(),
    REACHED_FROM[state],
  ]);
  if (known.length === 0) throw new StateError('NOT_FOUND', `no deletion ${id} was started`);
}

/** @throws {StateError} `CORRUPT`. */
export function deletionOf(row: unknown): DeletionRecord {
  return parseRow('deletion', DELETION_ROW, row);
}

/** Oldest first. */
export async function selectUnfinishedDeletions(
  manager: EntityManager,
  of: { readonly link: string; readonly secondary: string; readonly repository: RepositoryName },
): Promise<DeletionRecord[]> {
  const rows = await manager.query<unknown[]>(SELECT_UNFINISHED, [of.link, of.secondary, of.repository]);
  return rows.map(deletionOf);
}

export const DELETION_COLUMNS = `id, cycle_id AS "cycleId", link, secondary, repository, tag,
  secondary_digest AS "secondaryDigest", method, tombstone_digest AS "tombstoneDigest", evidence, state, detail,
  started_at AS "startedAt", advanced_at AS "advancedAt"`;

const INSERT_DELETION = `
  INSERT INTO deletion (id, cycle_id, link, secondary, repository, tag, secondary_digest, method, tombstone_digest,
    evidence, state, started_at, advanced_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, 'started', $11, $11)
  ON CONFLICT (id) DO NOTHING`;

/** Answers a row where the deletion exists, whether or not it moved. */
const UPDATE_DELETION = `
  WITH moved AS (
    UPDATE deletion SET state = $2, detail = COALESCE($3, detail), advanced_at = $4
    WHERE id = $1 AND state = ANY ($5::text[])
  )
  SELECT id FROM deletion WHERE id = $1`;

/** The states are written out so that the partial index fits; the spec of the journal would notice a third one. */
const SELECT_UNFINISHED = `
  SELECT ${DELETION_COLUMNS} FROM deletion
  WHERE link = $1 AND secondary = $2 AND repository = $3
    AND state NOT IN (${FINISHED_STATES.map((state) => `'${state}'`).join(', ')})
  ORDER BY started_at, id`;
