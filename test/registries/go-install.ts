import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { cacheDirectory, homeDirectory, isWritable } from './cache-directory.ts';
import { OriginUnavailableError } from './no-real-registry-error.ts';
import { provision } from './provision.ts';
import { identifyBinary, identifyOlareg, type RegistryBinary } from './registry-binary.ts';
import type { ProgressReport, WantedFlavour } from './registry-provider.ts';
import { complaintOf, findOnPath, runCommand } from './run-command.ts';

/** Two cores that compile everything from nothing need about four minutes; a download comes before that. */
const INSTALL_TIMEOUT_SECONDS = 600;

/** A program that Go compiles, in a directory that is empty and outside of any module. */
interface GoProgram {
  readonly title: string;
  /** Of the file that `commands` leave. */
  readonly file: string;
  readonly identify: (path: string) => Promise<RegistryBinary | undefined>;
  /** Arguments of `go`, one command after the other. */
  readonly commands: readonly (readonly string[])[];
}

/** 3.1.1 is the first release of the third line that heeds disabled deletes (GHSA-6pjf-3r9x-m592). */
const distribution3: GoProgram = {
  title: 'distribution v3.1.1',
  file: 'registry',
  identify: identifyBinary,
  commands: [['install', 'github.com/distribution/distribution/v3/cmd/registry@v3.1.1']],
};

/** Small, and with the referrers API, which no release of distribution has. */
const olareg: GoProgram = {
  title: 'olareg v0.1.2',
  file: 'olareg',
  identify: identifyOlareg,
  commands: [
    ['mod', 'init', 'registry-for-tests'],
    ['get', 'github.com/olareg/olareg/cmd/olareg@v0.1.2'],
    ['build', '-o', 'olareg', 'github.com/olareg/olareg/cmd/olareg'],
  ],
};

const PROGRAMS: Readonly<Partial<Record<WantedFlavour, GoProgram>>> = {
  any: distribution3,
  distribution3,
  olareg,
};

/**
 * A registry that Go compiles into the cache. Needs Go 1.24, or a Go that may fetch its own successor.
 * Throws `OriginUnavailableError` with Go's complaint.
 */
export async function provisionWithGo(
  flavour: WantedFlavour,
  report: ProgressReport,
): Promise<RegistryBinary> {
  const program = PROGRAMS[flavour];
  if (program === undefined) throw new OriginUnavailableError('Go compiles only distribution 3 and olareg');
  return await provision({
    name: `${program.title.replace(' ', '-')}-${process.arch}`,
    inspect: (directory) => program.identify(join(directory, program.file)),
    build: (directory) => compile(program, directory, report),
  });
}

async function compile(
  { title, commands }: GoProgram,
  directory: string,
  report: ProgressReport,
): Promise<void> {
  const go = await findOnPath('go');
  if (go === undefined) throw new OriginUnavailableError('no go on PATH');
  report(`compiling ${title} with Go; this takes minutes the first time`);
  for (const command of commands) {
    const result = await runCommand(go, [...command], {
      // Outside of any module of ours, so that no go.mod, go.work or vendor directory has a say.
      cwd: directory,
      env: { ...process.env, ...(await goHome()), GOBIN: directory, GOWORK: 'off' },
      timeoutSeconds: INSTALL_TIMEOUT_SECONDS,
    });
    if (result.exitCode !== 0)
      throw new OriginUnavailableError(`go ${command[0] ?? ''} ${complaintOf(result)}`);
  }
}

/** Go's own caches are left where the user has them; only a user without a home gets them below our cache. */
async function goHome(): Promise<Record<string, string>> {
  const home = homeDirectory();
  if (home !== undefined && (await isWritable(home))) return {};
  const base = join(await cacheDirectory(), 'go');
  await mkdir(base, { recursive: true });
  return { GOPATH: join(base, 'path'), GOCACHE: join(base, 'build') };
}
