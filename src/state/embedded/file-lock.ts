import { spawn } from 'node:child_process';
import { closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs';
import { errorCode } from '../error-code.ts';
import { StateError } from '../state-error.ts';

/** A program and its parameters. */
export type Locker = readonly [string, ...string[]];

/**
 * Programs that lock what they find open as descriptor 3, without waiting: 0 = locked, 1 = someone else has it. Node has no
 * `flock`, but the lock belongs to the open file, not to the program: it stays with this process when the program has ended,
 * and the kernel drops it when the last process with the file open is gone, however that ended.
 *
 * `flock` is part of util-linux, which every distribution has; perl and python stand in where it was left out.
 */
export const LOCKERS: readonly Locker[] = [
  ['flock', '-n', '3'],
  ['perl', '-e', 'open(my $f, "<&=", 3) or exit 70; exit(flock($f, 6) ? 0 : $!{EWOULDBLOCK} ? 1 : 70)'],
  [
    'python3',
    '-c',
    'import fcntl, sys\ntry: fcntl.flock(3, fcntl.LOCK_EX | fcntl.LOCK_NB)\nexcept BlockingIOError: sys.exit(1)\nexcept OSError: sys.exit(70)',
  ],
];

const LOCKED = 0;
const HELD_BY_ANOTHER = 1;

/** A lock as long as it is held. It is a bare descriptor: a file handle would be closed with the garbage. */
export class LockedFile {
  readonly descriptor: number;
  #state: 'open' | 'closed' = 'open';

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** Replaces the content, for others to read. */
  write(text: string): void {
    ftruncateSync(this.descriptor);
    writeSync(this.descriptor, text, 0);
  }

  /** Lets go, unless a child process has inherited the descriptor; may be called again. */
  release(): void {
    if (this.#state === 'open') closeSync(this.descriptor);
    this.#state = 'closed';
  }
}

/**
 * Opens a file and locks it for this process and whoever inherits the descriptor; `undefined` where another one has it.
 * The file stays when it is released: removing it would let two processes lock two files of the same name.
 *
 * @throws {StateError} `DENIED`, `UNAVAILABLE`, `UNSUPPORTED_PLATFORM`.
 */
export async function lockFile(
  path: string,
  lockers: readonly Locker[] = LOCKERS,
): Promise<LockedFile | undefined> {
  const file = new LockedFile(openToLock(path));
  try {
    if ((await lockDescriptor(file.descriptor, path, lockers)) === 'locked') return file;
  } catch (error) {
    file.release();
    throw error;
  }
  file.release();
  return undefined;
}

function openToLock(path: string): number {
  try {
    // O_NOFOLLOW: root must not be led to write into a file elsewhere.
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
  } catch (error) {
    throw new StateError(
      'DENIED',
      `${path} cannot be opened for writing: run as the user whose files these are, or give another directory`,
      { cause: error },
    );
  }
}

async function lockDescriptor(
  descriptor: number,
  path: string,
  lockers: readonly Locker[],
): Promise<'locked' | 'held-by-another'> {
  for (const [program, ...parameters] of lockers) {
    const status = await exitStatus(program, parameters, descriptor);
    if (status === 'not-installed') continue;
    if (status === LOCKED) return 'locked';
    if (status === HELD_BY_ANOTHER) return 'held-by-another';
    throw new StateError(
      'UNAVAILABLE',
      `${path} cannot be locked (${program} ended with ${status ?? 'a signal'}): keep the database on a local file system, or set database.url`,
    );
  }
  throw new StateError(
    'UNSUPPORTED_PLATFORM',
    'none of flock, perl and python3 is installed, one of which locks the embedded database: install util-linux, or set database.url',
  );
}

function exitStatus(
  program: string,
  parameters: readonly string[],
  descriptor: number,
): Promise<number | null | 'not-installed'> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { stdio: ['ignore', 'ignore', 'ignore', descriptor] });
    child.once('exit', (status) => resolve(status));
    child.once('error', (error) => {
      if (errorCode(error) === 'ENOENT') resolve('not-installed');
      else reject(error);
    });
  });
}
