import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { cacheDirectory, homeDirectory, isWritable } from './cache-directory.ts';
import { OriginUnavailableError } from './no-real-registry-error.ts';
import { provision } from './provision.ts';
import { identifyBinary, type RegistryBinary } from './registry-binary.ts';
import type { ProgressReport, WantedFlavour } from './registry-provider.ts';
import { complaintOf, findOnPath, runCommand } from './run-command.ts';

/** 3.1.1 is the first release of the third line that heeds disabled deletes (GHSA-6pjf-3r9x-m592). */
const VERSION = 'v3.1.1';
const MODULE = 'github.com/distribution/distribution/v3/cmd/registry';

/** Two cores that compile everything from nothing need about four minutes; a download comes before that. */
const INSTALL_TIMEOUT_SECONDS = 600;

/**
 * Distribution 3, compiled by `go install` into the cache. Needs Go 1.24, or a Go that may fetch its own successor.
 * Throws `OriginUnavailableError` with Go's complaint.
 */
export async function provisionWithGo(
  flavour: WantedFlavour,
  report: ProgressReport,
): Promise<RegistryBinary> {
  if (flavour === 'zot' || flavour === 'distribution2') {
    throw new OriginUnavailableError('`go install` is only used for distribution 3');
  }
  return await provision({
    name: `distribution-${VERSION}-${process.arch}`,
    inspect: (directory) => identifyBinary(join(directory, 'registry')),
    build: (directory) => install(directory, report),
  });
}

async function install(directory: string, report: ProgressReport): Promise<void> {
  const go = await findOnPath('go');
  if (go === undefined) throw new OriginUnavailableError('no go on PATH');
  report(`compiling distribution ${VERSION} with go install; this takes minutes the first time`);
  const result = await runCommand(go, ['install', `${MODULE}@${VERSION}`], {
    // Outside of any module, so that no go.mod, go.work or vendor directory has a say.
    cwd: directory,
    env: { ...process.env, ...(await goHome()), GOBIN: directory, GOWORK: 'off' },
    timeoutSeconds: INSTALL_TIMEOUT_SECONDS,
  });
  if (result.exitCode !== 0) throw new OriginUnavailableError(`go install ${complaintOf(result)}`);
}

/** Go's own caches are left where the user has them; only a user without a home gets them below our cache. */
async function goHome(): Promise<Record<string, string>> {
  const home = homeDirectory();
  if (home !== undefined && (await isWritable(home))) return {};
  const base = join(await cacheDirectory(), 'go');
  await mkdir(base, { recursive: true });
  return { GOPATH: join(base, 'path'), GOCACHE: join(base, 'build') };
}
