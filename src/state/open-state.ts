import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import type { DatabaseConfiguration } from '../config/configuration.ts';
import type { Secret } from '../config/secret.ts';
import type { Clock } from '../time/clock.ts';
import { SystemClock } from '../time/system-clock.ts';
import { databaseOptions, type DatabaseAccess } from './database-options.ts';
import {
  findRunningEmbeddedPostgres,
  isInitialised,
  startEmbeddedPostgres,
} from './embedded/embedded-postgres.ts';
import { errorText } from './error-code.ts';
import { MemoryStateStore } from './memory-state.store.ts';
import { inspectSchema, migrate } from './migrate.ts';
import { ReadOnlyStateStore } from './read-only-state.store.ts';
import { StateError } from './state-error.ts';
import type { StateStore } from './state-store.ts';
import { TypeormStateStore } from './typeorm-state.store.ts';

/** The state, ready for use. */
export interface OpenState {
  readonly store: StateStore;
  /** Where else rows can be kept beside it; has the password in it. `undefined` where the state is in memory. */
  readonly url: Secret | undefined;
  /** Resolves when the database answers. @throws {StateError} `UNAVAILABLE`. */
  ping(): Promise<void>;
  /** Closes the store, and then stops the database if this process started it; may be called again. */
  close(): Promise<void>;
}

type Log = (message: string) => void;

/** A database that can be connected to, and how to leave it. */
interface Reachable {
  readonly url: Secret;
  leave(): Promise<void>;
}

const WAIT_MILLISECONDS = 250;

/** How often `plan` looks again for the database of a service that is just starting: ten seconds in all. */
const WAIT_ATTEMPTS = 40;

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
  log: Log,
  clock: Clock = new SystemClock(),
): Promise<OpenState> {
  if (database.kind === 'memory') return inMemory(access, clock);
  if (access === 'read-write') return await openForWriting(await reachForWriting(database, log), clock);
  const reachable = await reachForReading(database, log);
  return reachable === undefined ? inMemory(access, clock) : await openForReading(reachable, clock);
}

async function openForWriting(reachable: Reachable, clock: Clock): Promise<OpenState> {
  return await leavingOnFailure(reachable, async () => {
    const dataSource = await connect(reachable.url, 'read-write');
    await closingOnFailure(dataSource, () => migrate(dataSource));
    return opened(reachable, dataSource, new TypeormStateStore(dataSource, clock));
  });
}

async function openForReading(reachable: Reachable, clock: Clock): Promise<OpenState> {
  return await leavingOnFailure(reachable, async () => {
    const dataSource = await connect(reachable.url, 'read-only');
    const schema = await closingOnFailure(dataSource, () => inspectSchema(dataSource));
    const store = new ReadOnlyStateStore(new TypeormStateStore(dataSource, clock));
    if (schema === 'current') return opened(reachable, dataSource, store);
    await store.close();
    if (schema === 'behind') throw schemaTooOld();
    await reachable.leave();
    return inMemory('read-only', clock);
  });
}

async function reachForWriting(
  database: Exclude<DatabaseConfiguration, { readonly kind: 'memory' }>,
  log: Log,
): Promise<Reachable> {
  if (database.kind === 'postgres') return foreign(database.url);
  try {
    return await startOn(database.directory, log);
  } catch (error) {
    if (!isInUse(error)) throw error;
    throw new StateError(
      'IN_USE',
      `${error.message}. If that is the running service, let it reconcile now: POST /api/v1/links/{link}/resync`,
      { cause: error },
    );
  }
}

/** `undefined` where there is nothing to read. */
async function reachForReading(
  database: Exclude<DatabaseConfiguration, { readonly kind: 'memory' }>,
  log: Log,
): Promise<Reachable | undefined> {
  if (database.kind === 'postgres') return foreign(database.url);
  const { directory } = database;
  if (!(await isInitialised(directory))) return undefined;
  for (let attempt = 1; ; attempt++) {
    const running = await findRunningEmbeddedPostgres(directory);
    if (running) return foreign(running.url);
    try {
      return await startOn(directory, log);
    } catch (error) {
      // Its owner is just starting or stopping it.
      if (!isInUse(error) || attempt === WAIT_ATTEMPTS) throw error;
    }
    await sleep(WAIT_MILLISECONDS);
  }
}

async function startOn(directory: string, log: Log): Promise<Reachable> {
  const postgres = await startEmbeddedPostgres({ directory, log });
  return { url: postgres.url, leave: () => postgres.stop() };
}

/** A database that runs without this process. */
function foreign(url: Secret): Reachable {
  return { url, leave: () => Promise.resolve() };
}

async function connect(url: Secret, access: DatabaseAccess): Promise<DataSource> {
  const where = describe(url);
  // TypeORM writes failed migrations to stdout, where results go, whatever it is told about logging; this logger does not.
  const dataSource = new DataSource({ ...databaseOptions(url.reveal(), access), logger: 'debug' });
  try {
    return await dataSource.initialize();
  } catch (error) {
    throw new StateError(
      'UNAVAILABLE',
      `the state database at ${where} cannot be used (${errorText(error)}): check that it runs, and database.url`,
      { cause: error },
    );
  }
}

function opened(reachable: Reachable, dataSource: DataSource, store: StateStore): OpenState {
  let closed: Promise<void> | undefined;
  return {
    store,
    url: reachable.url,
    ping: () => ping(dataSource),
    close: () => (closed ??= store.close().finally(() => reachable.leave())),
  };
}

function inMemory(access: DatabaseAccess, clock: Clock): OpenState {
  const memory = new MemoryStateStore(clock);
  const store = access === 'read-only' ? new ReadOnlyStateStore(memory) : memory;
  return { store, url: undefined, ping: () => Promise.resolve(), close: () => store.close() };
}

async function ping(dataSource: DataSource): Promise<void> {
  try {
    await dataSource.query('SELECT 1');
  } catch (error) {
    throw new StateError('UNAVAILABLE', 'the state database does not answer: check that it runs', {
      cause: error,
    });
  }
}

async function leavingOnFailure<Answer>(reachable: Reachable, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    await reachable.leave();
    throw error;
  }
}

async function closingOnFailure<Answer>(
  dataSource: DataSource,
  work: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    await dataSource.destroy();
    if (error instanceof StateError) throw error;
    throw new StateError(
      'UNAVAILABLE',
      `the schema of the state database cannot be read or migrated (${errorText(error)})`,
      {
        cause: error,
      },
    );
  }
}

/** Host, port and database name; the rest of the URL is nobody's business. */
function describe(url: Secret): string {
  const parsed = URL.parse(url.reveal());
  if (parsed === null) {
    // Without a cause: the error of the parser repeats the URL with its password.
    throw new StateError(
      'UNAVAILABLE',
      'database.url is not a URL: write postgres://user:password@host:5432/name',
    );
  }
  return `${parsed.host}${parsed.pathname}`;
}

function schemaTooOld(): StateError {
  return new StateError(
    'SCHEMA_TOO_OLD',
    'the state database waits for a migration, which reading may not run: start the service of this release once, or run sync',
  );
}

function isInUse(error: unknown): error is StateError {
  return error instanceof StateError && error.code === 'IN_USE';
}
