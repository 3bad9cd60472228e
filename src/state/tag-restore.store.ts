import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import { isDigest, type Digest } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import type { PlanPlace } from '../planning/held-plan.ts';
import type { KeptTag } from './deletion-desk.ts';
import { inTransaction, rowsOf } from './state-transaction.ts';
import { COLUMN, parseRow } from './stored-row.ts';
import { storedText } from './stored-text.ts';

/** `asked`, until a worker has ended it; `released`: the tag was put back, and deleted once more after an approval. */
export const RESTORE_STATES = ['asked', 'done', 'refused', 'released'] as const;
type RestoreState = (typeof RESTORE_STATES)[number];

/** A deletion that somebody wants undone. */
export interface RestoreRecord extends PlanPlace {
  readonly deletionId: string;
  readonly tag: Tag;
  readonly digest: Digest;
  readonly state: RestoreState;
  readonly askedBy: string;
  readonly askedAt: Date;
  /** Which side still had the content. */
  readonly content: 'secondary' | 'primary' | null;
  readonly detail: string | null;
  readonly endedAt: Date | null;
}

/** How a restore ended. */
export interface RestoreEnd {
  readonly state: Extract<RestoreState, 'done' | 'refused'>;
  readonly content: RestoreRecord['content'];
  readonly detail: string;
}

/** A deletion of the journal that can be undone. */
export interface RestoreWish extends PlanPlace {
  readonly deletionId: string;
  readonly tag: Tag;
  readonly digest: Digest;
  readonly by: string;
}

/**
 * Restores as they are asked for and carried out. From the moment of the wish on the tag is kept, so that no cycle that sees it
 * there again deletes it.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class TagRestoreStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Puts a wish down; one that waits or was fulfilled stays as it is. */
  async ask({ deletionId, link, secondary, repository, tag, digest, by }: RestoreWish): Promise<void> {
    await inTransaction(this.#dataSource, (manager) =>
      manager.query(ASK, [deletionId, link, secondary, repository, tag, digest, by]),
    );
  }

  async load(deletionId: string): Promise<RestoreRecord | undefined> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, `${SELECT} WHERE deletion_id = $1`, [deletionId]);
      return row === undefined ? undefined : restoreOf(row);
    });
  }

  /** Wishes that no worker has ended, oldest first. */
  async waiting(): Promise<readonly RestoreRecord[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, `${SELECT} WHERE state = 'asked' ORDER BY asked_at`, []);
      return rows.map(restoreOf);
    });
  }

  /** Writes the end of a wish down; what has ended stays so. */
  async end(deletionId: string, { state, content, detail }: RestoreEnd): Promise<void> {
    await inTransaction(this.#dataSource, (manager) =>
      manager.query(END, [deletionId, state, content, storedText(detail)]),
    );
  }
}

/** Tags of a place that were put back, or are about to be. */
export async function selectKeptTags(
  manager: EntityManager,
  { link, secondary, repository }: PlanPlace,
): Promise<readonly KeptTag[]> {
  const rows = await rowsOf(manager, SELECT_KEPT, [link, secondary, repository]);
  return rows.map((row) => parseRow('tag_restore', KEPT_ROW, row));
}

/** Tags of a place were deleted once more. */
export async function releaseKeptTags(
  manager: EntityManager,
  { link, secondary, repository }: PlanPlace,
  tags: readonly Tag[],
): Promise<void> {
  await manager.query(RELEASE, [link, secondary, repository, tags]);
}

const DIGEST = z.custom<Digest>(isDigest, 'not a digest');

const KEPT_ROW: z.ZodType<KeptTag> = z.object({
  tag: COLUMN.tag,
  digest: DIGEST,
  by: z.string(),
  at: COLUMN.date,
});

const ROW: z.ZodType<RestoreRecord> = z.object({
  deletionId: z.string(),
  link: z.string(),
  secondary: z.string(),
  repository: COLUMN.repository,
  tag: COLUMN.tag,
  digest: DIGEST,
  state: z.enum(RESTORE_STATES),
  askedBy: z.string(),
  askedAt: COLUMN.date,
  content: z.enum(['secondary', 'primary']).nullable(),
  detail: z.string().nullable(),
  endedAt: COLUMN.dateOrNull,
});

function restoreOf(row: unknown): RestoreRecord {
  return parseRow('tag_restore', ROW, row);
}

const SELECT = `
  SELECT deletion_id AS "deletionId", link, secondary, repository, tag, digest, state, asked_by AS "askedBy",
    asked_at AS "askedAt", content, detail, ended_at AS "endedAt"
  FROM tag_restore`;

const ASK = `
  INSERT INTO tag_restore (deletion_id, link, secondary, repository, tag, digest, state, asked_by, asked_at)
  VALUES ($1, $2, $3, $4, $5, $6, 'asked', $7, now())
  ON CONFLICT (deletion_id) DO UPDATE SET state = 'asked', asked_by = excluded.asked_by, asked_at = excluded.asked_at,
    content = NULL, detail = NULL, ended_at = NULL
  WHERE tag_restore.state IN ('refused', 'released')`;

const END = `
  UPDATE tag_restore SET state = $2, content = $3, detail = $4, ended_at = now()
  WHERE deletion_id = $1 AND state = 'asked'`;

const SELECT_KEPT = `
  SELECT tag, digest, asked_by AS by, asked_at AS at FROM tag_restore
  WHERE link = $1 AND secondary = $2 AND repository = $3 AND state IN ('asked', 'done') ORDER BY asked_at`;

const RELEASE = `
  UPDATE tag_restore SET state = 'released', ended_at = now()
  WHERE link = $1 AND secondary = $2 AND repository = $3 AND tag = ANY ($4::text[]) AND state = 'done'`;
