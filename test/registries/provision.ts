import { mkdir, mkdtemp, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { cacheDirectory } from './cache-directory.ts';
import { OriginUnavailableError } from './no-real-registry-error.ts';

export interface Provision<Result> {
  /** Name of the directory in the cache; holds everything that decides the content, such as the architecture. */
  readonly name: string;
  /** Looks at a directory that is already there; undefined means that it is of no use and is fetched again. */
  readonly inspect: (directory: string) => Promise<Result | undefined>;
  /** Fills an empty directory, or throws `OriginUnavailableError`. */
  readonly build: (directory: string) => Promise<void>;
}

/** A lock that is older is taken over: the slowest build (Go, two cores, nothing cached) needs six minutes. */
const LOCK_LIMIT_SECONDS = 900;
const LOCK_POLL_SECONDS = 0.25;
/** How long one test run believes its own failure. */
const FAILURE_LIMIT_SECONDS = 600;

/**
 * Gives back a directory of the cache, building it once. Several processes may call this at the same time: each
 * builds beside the place and renames, so that none ever sees half a directory; the lock only spares the second one
 * the work.
 */
export async function provision<Result>(what: Provision<Result>): Promise<Result> {
  const parent = join(await cacheDirectory(), 'registries');
  await mkdir(parent, { recursive: true });
  const directory = join(parent, what.name);
  const present = await what.inspect(directory);
  if (present !== undefined) return present;
  await rethrowRecentFailure(directory);
  return await withLock(`${directory}.lock`, async () => {
    const built = await what.inspect(directory);
    if (built !== undefined) return built;
    await rethrowRecentFailure(directory);
    try {
      return await buildBeside(directory, what);
    } catch (error) {
      await rememberFailure(directory, error);
      throw error;
    }
  });
}

async function buildBeside<Result>(directory: string, what: Provision<Result>): Promise<Result> {
  const draft = await mkdtemp(`${directory}.draft-`);
  try {
    await what.build(draft);
    if ((await what.inspect(draft)) === undefined) {
      throw new OriginUnavailableError('what was fetched does not run here');
    }
    await putInPlace(draft, directory);
    const result = await what.inspect(directory);
    if (result === undefined) throw new OriginUnavailableError(`${directory} vanished while it was set up`);
    return result;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** A directory in the way is either somebody's equal result, or broken; a rename replaces it without a gap in use. */
async function putInPlace(draft: string, directory: string): Promise<void> {
  try {
    await rename(draft, directory);
  } catch {
    const retired = await mkdtemp(`${directory}.old-`);
    await rename(directory, retired);
    await rename(draft, directory).catch(() => undefined);
    await rm(retired, { recursive: true, force: true });
  }
}

async function withLock<Result>(file: string, action: () => Promise<Result>): Promise<Result> {
  while (!(await tryLock(file))) {
    if (await isAbandoned(file)) await rm(file, { force: true });
    else await sleep(LOCK_POLL_SECONDS * 1000);
  }
  try {
    return await action();
  } finally {
    await rm(file, { force: true });
  }
}

async function tryLock(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  try {
    const ageSeconds = (Date.now() - (await stat(file)).mtimeMs) / 1000;
    const holder = Number(await readFile(file, 'utf8'));
    // A file that is still empty was created this instant by a process that is about to write its number.
    if (ageSeconds > LOCK_LIMIT_SECONDS) return true;
    return holder > 0 && !isRunning(holder);
  } catch {
    return false;
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Not by `instanceof Error`: under jest the errors of Node's own modules belong to another realm. */
function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/**
 * Under jest every spec file asks anew, and a machine without network would wait for the same time-outs in each of
 * them. Workers of one run share their parent's process id, so a failure counts for that run only.
 */
async function rethrowRecentFailure(directory: string): Promise<void> {
  if (process.env.JEST_WORKER_ID === undefined) return;
  const text = await readFile(failureFile(directory), 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const [parent, time, ...reason] = text.split('\n');
  const ageSeconds = (Date.now() - Number(time)) / 1000;
  if (Number(parent) === process.ppid && ageSeconds < FAILURE_LIMIT_SECONDS) {
    throw new OriginUnavailableError(reason.join(' '));
  }
}

async function rememberFailure(directory: string, error: unknown): Promise<void> {
  if (process.env.JEST_WORKER_ID === undefined) return;
  const reason = error instanceof Error ? error.message : String(error);
  await writeFile(failureFile(directory), `${process.ppid}\n${Date.now()}\n${reason}`);
}

function failureFile(directory: string): string {
  return `${directory}.failed`;
}
