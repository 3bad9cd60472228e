import { createHash } from 'node:crypto';
import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { errorCode } from '../error-code.ts';
import { StateError } from '../state-error.ts';
import { accountFor, type Account } from './account.ts';

/** Where root keeps the database if the account that PostgreSQL runs as cannot get to the directory that was asked for. */
const FALLBACK_PARENT = '/var/lib/geo-reconciler';

/** Sixteen hexadecimal digits of a hash tell the directories of one machine apart. */
const HASH_DIGITS = 16;

/** Everything the embedded database keeps, as paths. */
export interface Storage {
  readonly directory: string;
  /** Held by the process that runs the database, for as long as it lives. */
  readonly ownerLock: string;
  /** Held by every process of PostgreSQL itself. */
  readonly serverLock: string;
  readonly password: string;
  readonly cluster: string;
  readonly serverLog: string;
  /** As whom PostgreSQL runs; `undefined`: as this process. */
  readonly account: Account | undefined;
  /** The directory on the way that the account may not pass, where the files were moved because of it. */
  readonly blockedBy: string | undefined;
}

/** Decides where the files are; looks only. */
export async function locateStorage(directory: string): Promise<Storage> {
  const real = await realPathOf(resolve(directory));
  const direct = await storageIn(real, undefined);
  const blockedBy = await firstImpassable(direct);
  if (blockedBy === undefined) return direct;
  const hash = createHash('sha256').update(real).digest('hex').slice(0, HASH_DIGITS);
  return await storageIn(join(FALLBACK_PARENT, hash), blockedBy);
}

/** What initdb hands to a shell between double quotes, where these have a meaning: they could run anything. */
const SHELL_CHARACTERS = /["$`\\\n\r]/;

/** @throws {StateError} `DENIED` for a path that PostgreSQL cannot deal with. */
export function refuseShellCharacters({ directory }: Storage): void {
  if (!SHELL_CHARACTERS.test(directory)) return;
  throw new StateError(
    'DENIED',
    `PostgreSQL cannot be set up in ${JSON.stringify(directory)}: give a directory without double quotes, $, \`, \\ and line breaks`,
  );
}

/** Makes the directory itself, open for the account to pass; the files in it have their own permissions. */
export async function makeStorage(storage: Storage): Promise<void> {
  try {
    const first = await mkdir(storage.directory, { recursive: true });
    if (first === undefined) return;
    // A strict umask would close what was just made for the account.
    for (const made of ancestorsOf(storage.directory)) {
      if (made.startsWith(first)) await chmod(made, 0o755);
    }
  } catch (error) {
    throw new StateError(
      'DENIED',
      `${storage.directory} cannot be made: give a directory that this user may write to, or set database.url`,
      { cause: error },
    );
  }
}

/** Whether a cluster was made there completely: it gets its name only when it is whole. */
export async function hasCluster({ cluster }: Storage): Promise<boolean> {
  try {
    await stat(cluster);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    // What cannot be seen may well be there, and must not pass for a first run.
    throw new StateError(
      'DENIED',
      `${cluster} cannot be looked at: run as the user whose files these are, or give another directory`,
      { cause: error },
    );
  }
}

async function storageIn(base: string, blockedBy: string | undefined): Promise<Storage> {
  const directory = join(base, 'postgres');
  const cluster = join(directory, 'cluster');
  return {
    directory,
    ownerLock: join(directory, 'owner.lock'),
    serverLock: join(directory, 'server.lock'),
    password: join(directory, 'password'),
    cluster,
    serverLog: join(directory, 'server.log'),
    account: await accountFor(cluster),
    blockedBy,
  };
}

/** The real path of what exists, and below it the rest as it is written. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (parent === path) throw error;
    return join(await realPathOf(parent), basename(path));
  }
}

async function firstImpassable({ directory, account }: Storage): Promise<string | undefined> {
  if (account === undefined) return undefined;
  for (const ancestor of ancestorsOf(directory)) {
    const found = await stat(ancestor).catch(() => undefined);
    // What is missing will be made open; what is no directory is refused when one is made there.
    if (!found?.isDirectory()) return undefined;
    if ((found.mode & passingBit(found, account)) === 0) return ancestor;
  }
  return undefined;
}

function passingBit(owner: Account, account: Account): number {
  if (owner.uid === account.uid) return 0o100;
  return owner.gid === account.gid ? 0o010 : 0o001;
}

/** The path and everything above it, the root first. */
function ancestorsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...ancestorsOf(parent), path];
}
