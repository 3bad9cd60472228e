import type { DataSource } from 'typeorm';
import { inTransaction } from './state-transaction.ts';

/** How long history is kept. */
export interface Retention {
  readonly days: number;
  /** The newest cycles of each link are kept however old they are, and no more than these. */
  readonly cyclesPerLink: number;
}

/** A month of a link that runs every five minutes, which is as far as anybody looks back from a dashboard. */
export const DEFAULT_RETENTION: Retention = { days: 30, cyclesPerLink: 9000 };

/** Keeps the history of cycles from growing for ever (failure mode DB-13). */
export class HistoryStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Drops what is older than the retention; the last cycle of every link stays. @throws {StateError} */
  async prune({ days, cyclesPerLink }: Retention): Promise<void> {
    await inTransaction(this.#dataSource, async (manager) => {
      await manager.query(PRUNE_CYCLES, [days, cyclesPerLink]);
      await manager.query(PRUNE_LINK_CYCLES, [days, cyclesPerLink]);
    });
  }
}

const PRUNE_CYCLES = `
  DELETE FROM cycle WHERE id IN (
    SELECT id FROM (
      SELECT id, started_at, row_number() OVER (PARTITION BY links ORDER BY started_at DESC) AS place FROM cycle
    ) AS placed
    WHERE place > 1 AND (place > $2::integer OR started_at < now() - make_interval(days => $1::integer)))`;

const PRUNE_LINK_CYCLES = `
  DELETE FROM link_cycle WHERE id IN (
    SELECT id FROM (
      SELECT id, requested_at, row_number() OVER (PARTITION BY link ORDER BY requested_at DESC) AS place
      FROM link_cycle WHERE status = 'finished'
    ) AS placed
    WHERE place > 1 AND (place > $2::integer OR requested_at < now() - make_interval(days => $1::integer)))`;
