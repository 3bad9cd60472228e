import type { DataSource } from 'typeorm';
import { inTransaction } from './state-transaction.ts';

/** How long history is kept. */
export interface Retention {
  readonly days: number;
  /** The newest cycles of a link, however young the others are. */
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

  /**
   * Drops what is older than the retention, and of one link what is more than it. The last cycle of every link stays, and the last
   * one that left all of it in sync: since when something is wrong must not be forgotten because it has been wrong for long. Reads
   * what it drops and little else, so it may be called after every cycle.
   *
   * @throws {StateError}
   */
  async prune(link: string, { days, cyclesPerLink }: Retention): Promise<void> {
    await inTransaction(this.#dataSource, async (manager) => {
      await manager.query(DROP_OLD, [days]);
      await manager.query(DROP_MANY, [link, cyclesPerLink]);
      await manager.query(DROP_OLD_FOREGROUND, [days]);
    });
  }
}

const NEWER = `newer.link = old.link AND newer.status = 'finished'
  AND (newer.requested_at, newer.id) > (old.requested_at, old.id)`;

const IS_WHOLE_SUCCESS = (alias: string): string =>
  `${alias}.outcome = 'in-sync' AND ${alias}.work ->> 'command' = 'sync' AND ${alias}.scope ->> 'kind' = 'all'`;

const MAY_GO = `
  old.status = 'finished' AND EXISTS (SELECT FROM link_cycle newer WHERE ${NEWER})
  AND NOT (COALESCE(${IS_WHOLE_SUCCESS('old')}, false)
    AND NOT EXISTS (SELECT FROM link_cycle newer WHERE ${NEWER} AND ${IS_WHOLE_SUCCESS('newer')}))`;

/** A cycle and its report go together. */
function dropWhere(condition: string): string {
  return `
    WITH gone AS (DELETE FROM link_cycle old WHERE ${condition} AND ${MAY_GO} RETURNING old.id)
    DELETE FROM cycle WHERE id IN (SELECT id FROM gone)`;
}

const DROP_OLD = dropWhere('old.requested_at < now() - make_interval(days => $1::integer)');

const DROP_MANY = dropWhere(`
  old.link = $1 AND (old.requested_at, old.id) <= (
    SELECT kept.requested_at, kept.id FROM link_cycle kept WHERE kept.link = $1 AND kept.status = 'finished'
    ORDER BY kept.requested_at DESC, kept.id DESC OFFSET $2::integer LIMIT 1)`);

/** Cycles that were run in the foreground on this database, and what a crash left of others. */
const DROP_OLD_FOREGROUND = `
  DELETE FROM cycle WHERE started_at < now() - make_interval(days => $1::integer)
    AND NOT EXISTS (SELECT FROM link_cycle WHERE link_cycle.id = cycle.id)`;
