import type { DataSource, EntityManager } from 'typeorm';
import { errorText } from './error-code.ts';
import { StateError } from './state-error.ts';

/**
 * Runs statements together or not at all. Nothing is tried again here: whoever asks works from a queue, and comes back.
 *
 * @throws {StateError} `UNAVAILABLE` where the database cannot be had.
 */
export async function inTransaction<Answer>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await dataSource.manager.transaction(work);
  } catch (error) {
    if (error instanceof StateError) throw error;
    throw new StateError(
      'UNAVAILABLE',
      `the state database does not answer as it should (${errorText(error)}): check that it runs and can be reached`,
      { cause: error },
    );
  }
}

/** Rows that a statement answers: the driver gives `UPDATE … RETURNING` as a pair of rows and their number. */
export async function rowsOf(
  manager: EntityManager,
  statement: string,
  parameters: readonly unknown[],
): Promise<readonly unknown[]> {
  const answer = await manager.query<readonly unknown[]>(statement, [...parameters]);
  const [rows, count] = answer;
  const isPair = answer.length === 2 && Array.isArray(rows) && typeof count === 'number';
  return isPair ? (rows as readonly unknown[]) : answer;
}
