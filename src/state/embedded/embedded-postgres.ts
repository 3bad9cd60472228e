import { setTimeout as sleep } from 'node:timers/promises';
import { Secret } from '../../config/secret.ts';
import { errorCode, errorText } from '../error-code.ts';
import { StateError } from '../state-error.ts';
import { ensureCluster, readPassword, ROLE } from './cluster.ts';
import type { LockedFile } from './file-lock.ts';
import { takeOwnership } from './owner-lock.ts';
import { findBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { readPostmasterFile } from './postmaster-file.ts';
import { installRuntime } from './runtime.ts';
import { startServer, type Server } from './server.ts';
import { isServerAlive, takeServerLock } from './server-lock.ts';
import { hasCluster, locateStorage, makeStorage, refuseShellCharacters, type Storage } from './storage.ts';
import { failedStart } from './watched-process.ts';

/** A PostgreSQL that runs as long as this process, or until it is stopped. */
export interface EmbeddedPostgres {
  /** Has the password in it. */
  readonly url: Secret;
  /** Resolves when it has ended; may be called again. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Where its files go; made where it is missing. */
  readonly directory: string;
  readonly log: (message: string) => void;
}

const POLL_MILLISECONDS = 50;

/** A service that has just been started makes its cluster within a second or two. */
const READY_SECONDS = 10;

/** What a fast shutdown may take before it is made an immediate one; nothing that was committed is lost by that. */
const STOP_SECONDS = 30;

/**
 * Starts PostgreSQL on a directory, which becomes a database where it is none. It listens on a free port of the loopback
 * interface and nowhere else, asks for a password, and ends when this process does, also if that is killed.
 *
 * @throws {StateError} `IN_USE`, `UNSUPPORTED_PLATFORM`, `WRONG_VERSION`, `DENIED`, `START_FAILED`, `CORRUPT`, `UNAVAILABLE`.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { directory, log } = options;
  const binaries = await findBinaries();
  const storage = await locateStorage(directory);
  if (storage.blockedBy !== undefined) {
    log(
      `the embedded database of ${directory} is in ${storage.directory}, because PostgreSQL does not run as root and others may not pass ${storage.blockedBy}`,
    );
  }
  refuseShellCharacters(storage);
  await makeStorage(storage);
  const owner = await takeOwnership(storage);
  try {
    const server = await boot(storage, binaries, log);
    return new RunningPostgres({ storage, owner, server, log }, await readPassword(storage));
  } catch (error) {
    owner.release();
    throw error instanceof StateError ? error : systemRefusal(storage, error);
  }
}

/** A full disk, a file of another user, a resource that is used up. */
function systemRefusal(storage: Storage, cause: unknown): StateError {
  const isDenied = ['EACCES', 'EPERM', 'EROFS'].includes(errorCode(cause) ?? '');
  return new StateError(
    isDenied ? 'DENIED' : 'START_FAILED',
    `the embedded database in ${storage.directory} cannot be started (${errorText(cause)}): make room or give it to this user, or set database.url`,
    { cause },
  );
}

/** The database of a directory that another process, or this one, has running; it stays that one's to stop. */
export async function findRunningEmbeddedPostgres(
  directory: string,
): Promise<{ readonly url: Secret } | undefined> {
  const storage = await locateStorage(directory);
  if (!(await hasCluster(storage))) return undefined;
  const password = await readPassword(storage);
  for (let waited = 0; waited < READY_SECONDS * 1000; waited += POLL_MILLISECONDS) {
    if (!(await isServerAlive(storage))) return undefined;
    const postmaster = await readPostmasterFile(storage);
    if (postmaster?.status === 'ready') return { url: urlOf(password, postmaster.port) };
    await sleep(POLL_MILLISECONDS);
  }
  return undefined;
}

/** Whether the directory was ever made a database; looks only. */
export async function isInitialised(directory: string): Promise<boolean> {
  return await hasCluster(await locateStorage(directory));
}

async function boot(
  storage: Storage,
  binaries: PostgresBinaries,
  log: (message: string) => void,
): Promise<Server> {
  const lock = await takeServerLock(storage, log);
  try {
    const directory = await installRuntime(storage, binaries);
    await ensureCluster(storage, { directory, binaries, lock });
    return await startServer(storage, directory, lock);
  } finally {
    // PostgreSQL has inherited it.
    lock.release();
  }
}

interface Running {
  readonly storage: Storage;
  readonly owner: LockedFile;
  readonly server: Server;
  readonly log: (message: string) => void;
}

class RunningPostgres implements EmbeddedPostgres {
  readonly url: Secret;
  readonly #running: Running;
  #stopped: Promise<void> | undefined;

  constructor(running: Running, password: string) {
    this.#running = running;
    this.url = urlOf(password, running.server.port);
    running.server.process.unref();
    void running.server.process.exited.then(() => this.#report());
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { storage, owner, server } = this.#running;
    // Without this a process that has nothing else to do would end here, in the middle of it.
    server.process.ref();
    server.process.interrupt();
    const tooLong = new AbortController();
    const kill = async (): Promise<void> => {
      await sleep(STOP_SECONDS * 1000, undefined, { signal: tooLong.signal });
      const postmaster = await readPostmasterFile(storage);
      if (postmaster) process.kill(postmaster.pid, 'SIGQUIT');
    };
    kill().catch(() => undefined);
    await server.process.exited;
    tooLong.abort();
    owner.release();
  }

  async #report(): Promise<void> {
    if (this.#stopped) return;
    const { message } = await failedStart(this.#running.storage, 'the embedded PostgreSQL ended by itself');
    this.#running.log(message);
  }
}

function urlOf(password: string, port: number): Secret {
  return new Secret(`postgresql://${ROLE}:${password}@127.0.0.1:${port}/postgres`);
}
