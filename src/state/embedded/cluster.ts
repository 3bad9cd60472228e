import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../error-code.ts';
import { StateError } from '../state-error.ts';
import { giveTo } from './account.ts';
import type { LockedFile } from './file-lock.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { hasCluster, type Storage } from './storage.ts';
import { failedStart, spawnWatched } from './watched-process.ts';

/** The only role of the cluster, and its owner. */
export const ROLE = 'geo_reconciler';

/** 192 bits, and base64url needs no escaping in a URL. */
const PASSWORD_BYTES = 24;

/**
 * Makes sure that there is a cluster that these binaries can run, made new where there is none.
 *
 * @throws {StateError} `WRONG_VERSION`, `CORRUPT`, `START_FAILED`.
 */
export async function ensureCluster(
  storage: Storage,
  runtime: { readonly directory: string; readonly binaries: PostgresBinaries; readonly lock: LockedFile },
): Promise<void> {
  if (await hasCluster(storage)) {
    await checkCluster(storage, runtime.binaries);
    return;
  }
  refuseNamelessUser(storage);
  await writePassword(storage);
  const partial = `${storage.cluster}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { mode: 0o700 });
  await giveTo(partial, storage.account);
  const initdb = spawnWatched(storage, runtime.lock, [
    join(runtime.directory, 'bin', 'initdb'),
    ...['-D', partial, '-U', ROLE, '--auth=scram-sha-256', `--pwfile=${storage.password}`],
    // Everything of a locale comes with PostgreSQL itself: the system may lack any, and an update of it may change the order.
    ...['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
    '--no-instructions',
  ]);
  const status = await initdb.exited.catch(async (error: unknown) => {
    throw await failedStart(storage, 'initdb could not be run', error);
  });
  if (status !== 0) throw await failedStart(storage, `initdb ended with ${status ?? 'a signal'}`);
  await rename(partial, storage.cluster);
}

/** @throws {StateError} `CORRUPT`, `DENIED`. */
export async function readPassword(storage: Storage): Promise<string> {
  try {
    return await readFile(storage.password, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT')
      throw corrupt(storage, `the file ${storage.password} is missing`, error);
    throw new StateError(
      'DENIED',
      `${storage.password} cannot be read: run as the user whose database it is, or set database.url`,
      { cause: error },
    );
  }
}

async function checkCluster(storage: Storage, binaries: PostgresBinaries): Promise<void> {
  await readPassword(storage);
  const versionFile = join(storage.cluster, 'PG_VERSION');
  const major = await readFile(versionFile, 'utf8').catch((error: unknown) => {
    throw errorCode(error) === 'ENOENT'
      ? corrupt(storage, `the file ${versionFile} is missing`, error)
      : error;
  });
  if (major.trim() === binaries.major) return;
  throw new StateError(
    'WRONG_VERSION',
    `the files in ${storage.cluster} are of PostgreSQL ${major.trim()}, and this release brings ${binaries.major}: ` +
      'run the release that wrote them, or move the directory away; the state is then learnt anew, and deletions are held until it is',
  );
}

async function writePassword(storage: Storage): Promise<void> {
  // Without a cluster there is nothing that an old one could open.
  await rm(storage.password, { force: true });
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  await writeFile(storage.password, password, { mode: 0o600, flag: 'wx' });
  await giveTo(storage.password, storage.account);
}

/** initdb asks for the name of its user, and ends where there is none. */
function refuseNamelessUser({ account }: Storage): void {
  if (account) return;
  try {
    userInfo();
  } catch (error) {
    throw new StateError(
      'UNSUPPORTED_PLATFORM',
      `user ${process.getuid?.() ?? ''} has no entry in /etc/passwd, without which PostgreSQL cannot set a database up: add one, or set database.url`,
      { cause: error },
    );
  }
}

function corrupt(storage: Storage, what: string, cause: unknown): StateError {
  return new StateError(
    'CORRUPT',
    `the embedded database is damaged: ${what}; restore ${storage.directory} from a backup, or move it away: ` +
      'the state is then learnt anew, and deletions are held until it is',
    { cause },
  );
}
