import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import type { DatabaseConfiguration } from '../config/configuration.ts';
import type { Secret } from '../config/secret.ts';
import type { Clock } from '../time/clock.ts';
import { databaseOptions, type DatabaseAccess } from './database-options.ts';
import {
  findRunningEmbeddedPostgres,
  isInitialised,
  startEmbeddedPostgres,
} from './embedded/embedded-postgres.ts';
import { errorText } from './error-code.ts';
import { inspectSchema, migrate } from './migrate.ts';
import { openMemoryState } from './open-memory-state.ts';
import type { OpenState, StateLog } from './opened-state.ts';
import { ReadOnlyStateStore } from './read-only-state.store.ts';
import { serviceStores } from './service-stores.ts';
import { StateError } from './state-error.ts';
import type { StateStore } from './state-store.ts';
import { TypeormStateStore } from './typeorm-state.store.ts';

type StoredElsewhere = Exclude<DatabaseConfiguration, { readonly kind: 'memory' }>;

/** A database that can be connected to, and how to leave it. */
interface Reachable {
  readonly url: Secret;
  leave(): Promise<void>;
}

const WAIT_MILLISECONDS = 250;

/** How often `plan` looks again for the database of a service that is just starting: ten seconds in all. */
const WAIT_ATTEMPTS = 40;

/**
 * Opens the state in a database, see `openState`.
 *
 * @throws {StateError}
 */
export async function openDatabaseState(
  database: StoredElsewhere,
  access: DatabaseAccess,
  log: StateLog,
  clock: Clock,
): Promise<OpenState> {
  if (access === 'read-write') return await openForWriting(await reachForWriting(database, log), clock);
  const reachable = await reachForReading(database, log);
  return reachable === undefined ? openMemoryState(access, clock) : await openForReading(reachable, clock);
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
    return openMemoryState('read-only', clock);
  });
}

async function reachForWriting(database: StoredElsewhere, log: StateLog): Promise<Reachable> {
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
async function reachForReading(database: StoredElsewhere, log: StateLog): Promise<Reachable | undefined> {
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

async function startOn(directory: string, log: StateLog): Promise<Reachable> {
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
    service: serviceStores(dataSource),
    url: reachable.url,
    ping: () => ping(dataSource),
    close: () => (closed ??= store.close().finally(() => reachable.leave())),
  };
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
