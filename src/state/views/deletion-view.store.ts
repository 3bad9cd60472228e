import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { RepositoryName } from '../../oci/reference.ts';
import type { DeletionRecord } from '../deletion-entry.ts';
import { DELETION_COLUMNS, deletionOf } from '../deletion-rows.ts';
import { inTransaction, rowsOf } from '../state-transaction.ts';
import { COLUMN, parseRow } from '../stored-row.ts';
import { RESTORE_STATES, type RestoreRecord } from '../tag-restore.store.ts';

/** How a deletion ended: `done` is read back, `restored` was put back since; `unfinished`: under way, or cut off by a crash. */
type DeletionEnd = 'done' | 'failed' | 'restored' | 'unfinished';

export interface DeletionView {
  readonly deletion: DeletionRecord;
  readonly end: DeletionEnd;
  /** What came of the last wish to undo it. */
  readonly restore: DeletionRestore | null;
}

export type DeletionRestore = Pick<
  RestoreRecord,
  'state' | 'askedBy' | 'askedAt' | 'content' | 'detail' | 'endedAt'
>;

/** Which deletions, and where a page of them goes on. */
export interface DeletionPage {
  readonly end: DeletionEnd;
  readonly link: string | null;
  /** Id of the last deletion of the page before. */
  readonly after: string | null;
  readonly limit: number;
}

/**
 * The journal of deletions for whoever reads it.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class DeletionViewStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Newest first. */
  async page({ end, link, after, limit }: DeletionPage): Promise<readonly DeletionView[]> {
    return await inTransaction(this.#dataSource, async (manager) => {
      return (await rowsOf(manager, SELECT_PAGE, [end, link, after, limit])).map(viewOf);
    });
  }

  async load(id: string): Promise<DeletionView | undefined> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, `${SELECT} WHERE id = $1`, [id]);
      return row === undefined ? undefined : viewOf(row);
    });
  }

  /** What a repository of the secondary is called on the primary, as far as any cycle has seen it. */
  async primaryRepository({
    link,
    secondary,
    repository,
  }: Pick<DeletionRecord, 'link' | 'secondary' | 'repository'>): Promise<RepositoryName | undefined> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const [row] = await rowsOf(manager, SELECT_PRIMARY, [link, secondary, repository]);
      return row === undefined ? undefined : parseRow('repository_state', NAME_ROW, row).name;
    });
  }
}

const VIEW_ROW = z.object({
  end: z.enum(['done', 'failed', 'restored', 'unfinished'] satisfies DeletionEnd[]),
  restore: z.unknown(),
});

const NAME_ROW = z.object({ name: COLUMN.repository });

function viewOf(row: unknown): DeletionView {
  const { end, restore } = parseRow('deletion', VIEW_ROW, row);
  return {
    deletion: deletionOf(row),
    end,
    restore: restore === null ? null : parseRow('tag_restore', RESTORE_ROW, restore),
  };
}

/** As JSON writes it. */
const DATE = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const RESTORE_ROW: z.ZodType<DeletionRestore> = z.object({
  state: z.enum(RESTORE_STATES),
  askedBy: z.string(),
  askedAt: DATE,
  content: z.enum(['secondary', 'primary']).nullable(),
  detail: z.string().nullable(),
  endedAt: DATE.nullable(),
});

const SELECT = `
  SELECT ${DELETION_COLUMNS}, restore, ending AS "end"
  FROM (
    SELECT d.*,
      CASE WHEN r.state = 'done' THEN 'restored' WHEN d.state = 'verified' THEN 'done'
        WHEN d.state = 'failed' THEN 'failed' ELSE 'unfinished' END AS ending,
      CASE WHEN r.deletion_id IS NOT NULL THEN jsonb_build_object('state', r.state, 'askedBy', r.asked_by,
        'askedAt', r.asked_at, 'content', r.content, 'detail', r.detail, 'endedAt', r.ended_at) END AS restore
    FROM deletion d LEFT JOIN tag_restore r ON r.deletion_id = d.id
  ) AS deletion`;

const SELECT_PAGE = `${SELECT}
  WHERE ending = $1 AND ($2::text IS NULL OR link = $2)
    AND ($3::text IS NULL OR (started_at, id) < (SELECT started_at, id FROM deletion AS last WHERE last.id = $3))
  ORDER BY started_at DESC, id DESC LIMIT $4`;

const SELECT_PRIMARY = `
  SELECT primary_repository AS name FROM repository_state
  WHERE link = $1 AND secondary = $2 AND secondary_repository = $3 ORDER BY last_finished_at DESC LIMIT 1`;
