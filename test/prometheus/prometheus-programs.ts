import { join } from 'node:path';

import { OriginUnavailableError } from '../registries/no-real-registry-error.ts';
import { provision } from '../registries/provision.ts';
import { findOnPath, runCommand } from '../registries/run-command.ts';
import { unpackDebianPackage } from '../registries/unpack-debian-package.ts';

/** A Prometheus server and its tool, of one release. */
export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
  readonly version: string;
  readonly origin: 'on PATH' | 'Debian package';
}

/** No origin gives a Prometheus. The message names each of them and why it failed. */
export class NoPrometheusError extends Error {
  override readonly name = 'NoPrometheusError';
}

const PACKAGE = 'prometheus';

/** Both programs print their version at once; a busy machine needs a second to load 50 MB. */
const VERSION_TIMEOUT_SECONDS = 20;

const origins = [
  { title: 'a binary on PATH', find: findOnThisPath },
  { title: `the Debian package ${PACKAGE}`, find: provisionPackage },
];

/** The programs from PATH, else from the Debian package, which is unpacked into the cache without root. Throws `NoPrometheusError`. */
export async function findPrometheus(): Promise<PrometheusPrograms> {
  const reasons: string[] = [];
  for (const { title, find } of origins) {
    try {
      return await find();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      reasons.push(`${title}: ${error instanceof OriginUnavailableError ? reason : `failed (${reason})`}`);
    }
  }
  throw new NoPrometheusError(`a real Prometheus cannot be had from here. ${reasons.join('. ')}.`);
}

async function findOnThisPath(): Promise<PrometheusPrograms> {
  const [prometheus, promtool] = await Promise.all([findOnPath('prometheus'), findOnPath('promtool')]);
  if (prometheus === undefined || promtool === undefined)
    throw new OriginUnavailableError('no prometheus and promtool there');
  const version = await versionOf(prometheus, promtool);
  if (version === undefined)
    throw new OriginUnavailableError(`${prometheus} and ${promtool} do not run here`);
  return { prometheus, promtool, version, origin: 'on PATH' };
}

async function provisionPackage(): Promise<PrometheusPrograms> {
  return await provision<PrometheusPrograms>({
    name: `debian-${PACKAGE}-${process.arch}`,
    inspect: async (directory) => {
      const [prometheus, promtool] = ['prometheus', 'promtool'].map((name) =>
        join(directory, 'usr', 'bin', name),
      ) as [string, string];
      const version = await versionOf(prometheus, promtool);
      return version === undefined ? undefined : { prometheus, promtool, version, origin: 'Debian package' };
    },
    build: (directory) => unpackDebianPackage({ name: PACKAGE, report: () => undefined }, directory),
  });
}

/** The one release that both are of, or undefined where they are of two or do not run. */
async function versionOf(...programs: readonly [string, string]): Promise<string | undefined> {
  const versions = await Promise.all(
    programs.map(async (program) => {
      const result = await runCommand(program, ['--version'], {
        timeoutSeconds: VERSION_TIMEOUT_SECONDS,
      }).catch(() => undefined);
      return /version (\d+\.\d+\.\d+)/.exec(`${result?.stdout ?? ''}${result?.stderr ?? ''}`)?.[1];
    }),
  );
  return versions[0] === versions[1] ? versions[0] : undefined;
}
