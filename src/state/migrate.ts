import { MigrationExecutor, type DataSource, type QueryRunner } from 'typeorm';
import { StateError } from './state-error.ts';

/** How the schema of a database stands to this release. */
export type SchemaState = 'absent' | 'behind' | 'current';

/** Any number that no other program is likely to lock: the first eight hexadecimal digits of sha256("geo-reconciler"). */
const LOCK_KEY = 0xd615_8644;

/**
 * Brings the schema to this release. Replicas that start together wait for each other: the lock belongs to the transaction,
 * so that it also holds behind a pooler that hands sessions out per transaction, and goes away with a process that dies.
 * All pending migrations go through together or not at all.
 *
 * @throws {StateError} `SCHEMA_TOO_NEW`, before anything is changed.
 */
export async function migrate(dataSource: DataSource): Promise<void> {
  await inTransaction(dataSource, async (queryRunner, executor) => {
    // A replica that waits for another one's long migration is not stuck.
    await queryRunner.query('SET LOCAL statement_timeout = 0');
    await queryRunner.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
    refuseNewerSchema(dataSource, await executor.getExecutedMigrations());
    await executor.executePendingMigrations();
  });
}

/** Looks only. @throws {StateError} `SCHEMA_TOO_NEW`. */
export async function inspectSchema(dataSource: DataSource): Promise<SchemaState> {
  let state: SchemaState = 'absent';
  await inTransaction(dataSource, async (_, executor) => {
    const executed = await executor.getExecutedMigrations();
    refuseNewerSchema(dataSource, executed);
    const pending = await executor.getPendingMigrations();
    if (executed.length > 0) state = pending.length > 0 ? 'behind' : 'current';
  });
  return state;
}

async function inTransaction(
  dataSource: DataSource,
  work: (queryRunner: QueryRunner, executor: MigrationExecutor) => Promise<void>,
): Promise<void> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    // Each statement must see what the holder of the lock before us has committed.
    await queryRunner.startTransaction('READ COMMITTED');
    await work(queryRunner, new MigrationExecutor(dataSource, queryRunner));
    await queryRunner.commitTransaction();
  } catch (error) {
    // The first error says what happened; one of the rollback would only say that the connection is gone.
    await queryRunner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await queryRunner.release();
  }
}

function refuseNewerSchema(dataSource: DataSource, executed: readonly { readonly name: string }[]): void {
  const known = new Set(dataSource.migrations.map(({ name }) => name));
  const unknown = executed.filter(({ name }) => !known.has(name));
  if (unknown.length === 0) return;
  throw new StateError(
    'SCHEMA_TOO_NEW',
    `the state database was migrated by a newer release (${unknown.map(({ name }) => name).join(', ')}): ` +
      'run that release or a newer one, or restore the backup from before the update',
  );
}
