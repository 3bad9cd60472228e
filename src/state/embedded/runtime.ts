import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { PostgresBinaries } from './postgres-binaries.ts';
import type { Storage } from './storage.ts';

const PREFIX = 'runtime-';

const SymbolicLinks = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Copies PostgreSQL to where the account can run it, once per version, and returns that directory. The package itself may lie
 * where others cannot read, and its symbolic links are missing where install scripts were not run.
 */
export async function installRuntime(storage: Storage, binaries: PostgresBinaries): Promise<string> {
  const runtime = join(storage.directory, `${PREFIX}${binaries.version}`);
  if (await stat(runtime).catch(() => undefined)) return runtime;
  await removeRuntimes(storage.directory);
  const partial = `${runtime}.partial`;
  await copyReadable(binaries.directory, partial);
  await makeLinks(partial);
  await rename(partial, runtime);
  return runtime;
}

/** Those of other versions, and what a crash left half done. */
async function removeRuntimes(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.startsWith(PREFIX));
  for (const name of names) await rm(join(directory, name), { recursive: true, force: true });
}

/** Every permission is set anew: a strict umask, here or when the package was installed, would lock the account out. */
async function copyReadable(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  const permissions = basename(from) === 'bin' ? 0o755 : 0o644;
  const copies = (await readdir(from, { withFileTypes: true })).map(async (entry) => {
    const [source, copy] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await copyReadable(source, copy);
    } else if (entry.isFile()) {
      await copyFile(source, copy);
      await chmod(copy, permissions);
    }
  });
  await Promise.all(copies);
}

/** The package lists its links, as paths that begin with `native/`, because npm packages cannot carry any. */
async function makeLinks(runtime: string): Promise<void> {
  const list: unknown = JSON.parse(await readFile(join(runtime, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of SymbolicLinks.parse(list)) {
    const link = join(runtime, target.replace(/^native\//, ''));
    await rm(link, { force: true });
    await mkdir(dirname(link), { recursive: true });
    await symlink(basename(source), link);
  }
}
