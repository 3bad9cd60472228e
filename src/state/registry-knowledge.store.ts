import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { ReadFailure } from '../planning/cycle-report.ts';
import { inTransaction, rowsOf } from './state-transaction.ts';
import { ReadFailureShape } from './stored-report.ts';
import { COLUMN, parseRow } from './stored-row.ts';

/** What the last look of a link at its registries found. */
export interface LinkLook {
  readonly link: string;
  readonly at: Date;
  /** By name of the secondary; each says which side it is about. */
  readonly failures: Readonly<Record<string, ReadFailure>>;
}

/** How a secondary answered when tags were last deleted by name. */
export type TagDeletion = 'works' | 'refused';

/**
 * What cycles have learnt of registries.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class RegistryKnowledgeStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** The last look of each of these links; links that never looked are left out. */
  async lastLooks(links: readonly string[]): Promise<readonly LinkLook[]> {
    return await inTransaction(this.#dataSource, async (manager) =>
      (await rowsOf(manager, SELECT_LOOKS, [links])).map((row) => parseRow('link_cycle', LOOK_ROW, row)),
    );
  }

  /** By name of the secondary; those of which nothing is known are left out. */
  async tagDeletions(links: readonly string[]): Promise<ReadonlyMap<string, TagDeletion>> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const rows = await rowsOf(manager, SELECT_TAG_DELETIONS, [links]);
      return new Map(
        rows
          .map((row) => parseRow('deletion', TAG_DELETION_ROW, row))
          .map(({ secondary, isRefused }) => [secondary, isRefused ? 'refused' : 'works']),
      );
    });
  }
}

const LOOK_ROW = z.object({
  link: z.string(),
  at: COLUMN.date,
  failures: z.record(z.string(), ReadFailureShape),
});

const TAG_DELETION_ROW = z.object({ secondary: z.string(), isRefused: z.boolean() });

const SELECT_LOOKS = `
  SELECT DISTINCT ON (link) link, started_at AS at, listing -> 'failures' AS failures
  FROM link_cycle WHERE link = ANY ($1::text[]) AND listing IS NOT NULL AND started_at IS NOT NULL
  ORDER BY link, started_at DESC`;

/** A refusal stays written on the tags that it kept; a journal entry of a delete by name that came to its end says the contrary. */
const SELECT_TAG_DELETIONS = `
  SELECT secondary, bool_or(is_refused) AS "isRefused" FROM (
    SELECT DISTINCT secondary, true AS is_refused FROM tag_state
    WHERE link = ANY ($1::text[]) AND reason = 'TAG_DELETE_UNSUPPORTED'
    UNION ALL
    SELECT DISTINCT secondary, false FROM deletion
    WHERE link = ANY ($1::text[]) AND method = 'by-tag-name' AND state = 'verified'
  ) AS known GROUP BY secondary`;
