import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { StateError } from '../state-error.ts';
import { lockFile, type LockedFile } from './file-lock.ts';
import { readPostmasterFile, removePostmasterFile } from './postmaster-file.ts';
import type { Storage } from './storage.ts';

const POLL_MILLISECONDS = 50;

/** A fast shutdown writes what is in memory to disk; half a minute is enough for that on a slow one. */
const FAST_SHUTDOWN_SECONDS = 30;

/** An immediate shutdown writes nothing. */
const IMMEDIATE_SHUTDOWN_SECONDS = 10;

/**
 * Takes the lock that every process of PostgreSQL holds, so that none of a former owner is left when it is there. What is left
 * of one that was killed is on its way out already; what is not is told to.
 *
 * @throws {StateError} `UNAVAILABLE` if it does not go.
 */
export async function takeServerLock(storage: Storage, log: (message: string) => void): Promise<LockedFile> {
  const lock =
    (await lockFile(storage.serverLock)) ??
    (await outwait(storage, { signal: 'SIGINT', seconds: FAST_SHUTDOWN_SECONDS, log })) ??
    (await outwait(storage, { signal: 'SIGQUIT', seconds: IMMEDIATE_SHUTDOWN_SECONDS, log }));
  if (lock) {
    await removePostmasterFile(storage);
    return lock;
  }
  const left = await readPostmasterFile(storage);
  throw new StateError(
    'UNAVAILABLE',
    `a PostgreSQL of an earlier run still uses ${storage.cluster} and does not end: stop process ${left?.pid ?? '(unknown)'} by hand`,
  );
}

/** Whether any process of PostgreSQL runs on the cluster. Taking the lock for a moment disturbs nobody: whoever needs it waits. */
export async function isServerAlive(storage: Storage): Promise<boolean> {
  const lock = await lockFile(storage.serverLock);
  lock?.release();
  return lock === undefined;
}

interface Patience {
  readonly signal: 'SIGINT' | 'SIGQUIT';
  readonly seconds: number;
  readonly log: (message: string) => void;
}

async function outwait(
  storage: Storage,
  { signal, seconds, log }: Patience,
): Promise<LockedFile | undefined> {
  const left = await readPostmasterFile(storage);
  if (left && (await isOurPostgres(left.pid, storage))) {
    log(`stopping PostgreSQL of an earlier run (process ${left.pid})`);
    signalProcess(left.pid, signal);
  }
  for (let waited = 0; waited < seconds * 1000; waited += POLL_MILLISECONDS) {
    await sleep(POLL_MILLISECONDS);
    const lock = await lockFile(storage.serverLock);
    if (lock) return lock;
  }
  return undefined;
}

/** A number that was a postmaster's may be anyone's by now; its command line names the cluster. */
async function isOurPostgres(pid: number, { cluster }: Storage): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.split('\0').includes(cluster);
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already, or in another container: the lock tells.
  }
}
