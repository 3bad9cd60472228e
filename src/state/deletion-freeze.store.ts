import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import type { FreezeRecord, FreezeWord } from './deletion-desk.ts';
import { inTransaction, rowsOf } from './state-transaction.ts';
import { COLUMN, parseRow } from './stored-row.ts';

/** Stands for all secondaries; no registry can be called so. */
const EVERYWHERE = '*';

/**
 * Deletions that are stopped, for every process on this database.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class DeletionFreezeStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Stops deletions; where they are stopped already, the first word stays. */
  async freeze(freeze: FreezeWord): Promise<void> {
    await inTransaction(this.#dataSource, (manager) => insertFreeze(manager, freeze));
  }

  /** Lets deletions go on. `false`: they were not stopped there. */
  async unfreeze(secondary: string | null): Promise<boolean> {
    return await inTransaction(this.#dataSource, async (manager) => {
      const gone = await rowsOf(manager, DELETE, [secondary ?? EVERYWHERE]);
      return gone.length > 0;
    });
  }

  /** Those of everything first, then by name. */
  async all(): Promise<readonly FreezeRecord[]> {
    return await inTransaction(this.#dataSource, selectFreezes);
  }
}

/** All of them, those of everything first. */
export async function selectFreezes(manager: EntityManager): Promise<readonly FreezeRecord[]> {
  return (await rowsOf(manager, `${SELECT} ORDER BY secondary <> '*', secondary`, [])).map(freezeOf);
}

export async function insertFreeze(
  manager: EntityManager,
  { secondary, by, reason }: FreezeWord,
): Promise<void> {
  await manager.query(INSERT, [secondary ?? EVERYWHERE, by, reason]);
}

/** What stops deletions on a secondary, if anything does. */
export async function selectFreeze(
  manager: EntityManager,
  secondary: string,
): Promise<FreezeRecord | undefined> {
  const [row] = await rowsOf(manager, SELECT_OF, [secondary, EVERYWHERE]);
  return row === undefined ? undefined : freezeOf(row);
}

const ROW = z.object({
  secondary: z.string(),
  by: z.string(),
  at: COLUMN.date,
  reason: z.string().nullable(),
});

function freezeOf(row: unknown): FreezeRecord {
  const { secondary, ...freeze } = parseRow('deletion_freeze', ROW, row);
  return { secondary: secondary === EVERYWHERE ? null : secondary, ...freeze };
}

const SELECT = `SELECT secondary, frozen_by AS by, frozen_at AS at, reason FROM deletion_freeze`;

const SELECT_OF = `${SELECT} WHERE secondary = ANY (ARRAY[$1, $2]) ORDER BY secondary <> $2 LIMIT 1`;

const INSERT = `
  INSERT INTO deletion_freeze (secondary, frozen_by, frozen_at, reason) VALUES ($1, $2, now(), $3)
  ON CONFLICT DO NOTHING`;

const DELETE = 'DELETE FROM deletion_freeze WHERE secondary = $1 RETURNING secondary';
