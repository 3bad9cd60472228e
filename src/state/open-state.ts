import type { DatabaseConfiguration } from '../config/configuration.ts';
import type { Clock } from '../time/clock.ts';
import { SystemClock } from '../time/system-clock.ts';
import type { DatabaseAccess } from './database-options.ts';
import { openMemoryState } from './open-memory-state.ts';
import type { OpenState, StateLog } from './opened-state.ts';

/**
 * Opens the state. For writing, the schema is brought to this release, and an embedded database is this process's alone. For
 * reading, nothing is changed: the database of a running service is used beside it, one that is not running is started for as
 * long as it is needed, and one that was never made stays so and reads as empty.
 *
 * @throws {StateError}
 */
export async function openState(
  database: DatabaseConfiguration,
  access: DatabaseAccess,
  log: StateLog,
  clock: Clock = new SystemClock(),
): Promise<OpenState> {
  if (database.kind === 'memory') return openMemoryState(access, clock);
  // Loaded when it is needed: TypeORM's 300 modules would double the start of an ad-hoc run.
  const { openDatabaseState } = await import('./open-database-state.ts');
  return await openDatabaseState(database, access, log, clock);
}
