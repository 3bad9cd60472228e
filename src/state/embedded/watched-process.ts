import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { StateError } from '../state-error.ts';
import type { LockedFile } from './file-lock.ts';
import type { Storage } from './storage.ts';

/**
 * Runs the command and interrupts it as soon as its own standard input ends, which the kernel sees to when this process is
 * gone, however it went. SIGINT is PostgreSQL's fast shutdown, and makes initdb clean up. Signals to the whole group are
 * ignored, so that the database outlives what still writes to it. The command keeps descriptor 3, the lock, and the one that
 * watches does not. `read` instead of `cat`: nothing is left over when the watcher is killed.
 */
const WATCHDOG = `
exec 4<&0 </dev/null
"$0" "$@" 4<&- & command=$!
trap '' INT TERM HUP
{ while read -r _; do :; done; kill -INT $command 2>/dev/null; } <&4 3>&- 4<&- & watcher=$!
exec 4<&-
wait $command; status=$?
kill -KILL $watcher 2>/dev/null
exit $status`;

/** As many lines of PostgreSQL's log as tell what happened, in an error message. */
const LOG_LINES = 5;

/** Emptied; O_NOFOLLOW: root must not be led to empty a file elsewhere. */
const FRESH_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;

/** A program of PostgreSQL that does not outlive this process. */
export class WatchedProcess {
  /** Resolves with the exit status, `null` after a signal; rejects where it could not be run at all. */
  readonly exited: Promise<number | null>;
  readonly #watchdog: ChildProcess;

  constructor(watchdog: ChildProcess) {
    this.#watchdog = watchdog;
    this.exited = new Promise((resolve, reject) => {
      watchdog.once('exit', (status) => resolve(status));
      watchdog.once('error', reject);
    });
    // Whoever awaits it hears of it; if nobody does, that must not end this process.
    this.exited.catch(() => undefined);
    // A pipe that breaks because the other end is gone is no news.
    watchdog.stdin?.on('error', () => undefined);
  }

  /** Asks it to end. */
  interrupt(): void {
    this.#watchdog.stdin?.end();
  }

  /** Lets this process end although the program runs on until then. */
  unref(): void {
    this.#watchdog.unref();
    if (this.#watchdog.stdin instanceof Socket) this.#watchdog.stdin.unref();
  }

  /** Makes this process wait for the program again. */
  ref(): void {
    this.#watchdog.ref();
  }
}

/** Starts a program as the account of the storage, its output going to the log; all its processes hold the lock. */
export function spawnWatched(
  storage: Storage,
  lock: LockedFile,
  command: readonly [string, ...string[]],
): WatchedProcess {
  const log = openSync(storage.serverLog, FRESH_FILE, 0o600);
  try {
    const child = spawn('/bin/sh', ['-c', WATCHDOG, ...command], {
      cwd: '/',
      // Not the environment of this process: it may hold passwords, and PG… variables would change what PostgreSQL does.
      env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/local/bin:/usr/bin:/bin' },
      stdio: ['pipe', log, log, lock.descriptor],
      // Its own session: Ctrl-C in a terminal is for this process, which ends the database last.
      detached: true,
      ...storage.account,
    });
    return new WatchedProcess(child);
  } finally {
    closeSync(log);
  }
}

/** An error with what the program said last. */
export async function failedStart(storage: Storage, what: string, cause?: unknown): Promise<StateError> {
  const log = await readFile(storage.serverLog, 'utf8').catch(() => '');
  const lines = log.trim().split('\n').slice(-LOG_LINES).join(' | ');
  return new StateError(
    'START_FAILED',
    `${what}; its last words, in ${storage.serverLog}: ${lines || 'none'}`,
    { cause },
  );
}
