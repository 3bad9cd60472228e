import { lstat, mkdir, mkdtemp, rmdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * The directory for programs that were fetched once: `$XDG_CACHE_HOME/geo-reconciler`, else
 * `~/.cache/geo-reconciler`, else (no home that can be written, as with an arbitrary user id in a container) a
 * private directory of this user under the temporary one. Creates it.
 */
export async function cacheDirectory(): Promise<string> {
  const base = cacheHome();
  if (base !== undefined) {
    const preferred = join(base, 'geo-reconciler');
    if (await isWritable(preferred)) return preferred;
  }
  return await privateTemporaryDirectory();
}

/** Whether this user can create files in the directory, which is created where it is missing. */
export async function isWritable(directory: string): Promise<boolean> {
  try {
    await mkdir(directory, { recursive: true });
    await rmdir(await mkdtemp(join(directory, '.probe-')));
    return true;
  } catch {
    return false;
  }
}

/** The user's home directory, or undefined for a user id that has neither HOME nor an entry in the passwd file. */
export function homeDirectory(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

function cacheHome(): string | undefined {
  const configured = process.env.XDG_CACHE_HOME;
  // The XDG base directory specification says that a relative path is to be ignored.
  if (configured !== undefined && isAbsolute(configured)) return configured;
  const home = homeDirectory();
  return home === undefined ? undefined : join(home, '.cache');
}

/** Programs are run from here, so a directory that somebody else put there first is refused. */
async function privateTemporaryDirectory(): Promise<string> {
  const userId = process.getuid?.() ?? 0;
  const directory = join(tmpdir(), `geo-reconciler-cache-${userId}`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const status = await lstat(directory);
  const openToOthers = (status.mode & 0o022) !== 0;
  if (!status.isDirectory() || status.uid !== userId || openToOthers) {
    throw new Error(`${directory} belongs to someone else; set XDG_CACHE_HOME`);
  }
  return directory;
}
