import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { ReadFailure } from '../planning/cycle-report.ts';
import { selectCapabilities } from './capability-rows.ts';
import { oldestRemembered, type LearntCapability } from './learnt-capability.ts';
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

  /** What registries of these names were seen to do or to refuse, at whichever address, as far as it is not forgotten at `now`. */
  async capabilities(registries: readonly string[], now: Date): Promise<readonly LearntCapability[]> {
    return await inTransaction(this.#dataSource, (manager) =>
      selectCapabilities(manager, registries, oldestRemembered(now)),
    );
  }
}

const LOOK_ROW = z.object({
  link: z.string(),
  at: COLUMN.date,
  failures: z.record(z.string(), ReadFailureShape),
});

const SELECT_LOOKS = `
  SELECT DISTINCT ON (link) link, started_at AS at, listing -> 'failures' AS failures
  FROM link_cycle WHERE link = ANY ($1::text[]) AND listing IS NOT NULL AND started_at IS NOT NULL
  ORDER BY link, started_at DESC`;
