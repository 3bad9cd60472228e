import type { RegistryFlavour } from './registry-provider.ts';
import { runCommand } from './run-command.ts';

/** A program that says of itself that it is a registry we know how to configure. */
export interface RegistryBinary {
  readonly path: string;
  readonly flavour: RegistryFlavour;
  readonly version: string;
}

/** A program that only prints its version needs less than a tenth of this, even on a busy machine. */
const VERSION_TIMEOUT_SECONDS = 10;

/** What `<path> --version` says, or undefined where it does not run or is something else. */
export async function identifyBinary(path: string): Promise<RegistryBinary | undefined> {
  const text = await outputOf(path, '--version');
  return text === undefined ? undefined : parseVersion(path, text);
}

/** What `<path> version` says: lines such as `VCSTag: v0.1.2`. */
export async function identifyOlareg(path: string): Promise<RegistryBinary | undefined> {
  const version = /VCSTag:\s+v(\d+\.\d+\.\d+)/.exec((await outputOf(path, 'version')) ?? '')?.[1];
  return version === undefined ? undefined : { path, flavour: 'olareg', version };
}

async function outputOf(path: string, question: string): Promise<string | undefined> {
  try {
    const { exitCode, stdout, stderr } = await runCommand(path, [question], {
      timeoutSeconds: VERSION_TIMEOUT_SECONDS,
    });
    return exitCode === 0 ? `${stdout}\n${stderr}` : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Distribution prints "<program> <package> <version>", for example `registry github.com/docker/distribution
 * 2.8.2+ds1` or `… github.com/distribution/distribution/v3 v3.1.1`; zot prints one line of JSON with `commit` and `distspec-version`.
 */
function parseVersion(path: string, text: string): RegistryBinary | undefined {
  const distribution = /\/distribution(?:\/v3)? v?(\d+)\.(\d+\.\d+)/.exec(text);
  if (distribution !== null) {
    const [, major = '', rest = ''] = distribution;
    const flavour = flavourOfMajor(major);
    return flavour === undefined ? undefined : { path, flavour, version: `${major}.${rest}` };
  }
  if (text.includes('distspec-version')) {
    return { path, flavour: 'zot', version: /v(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? 'of unknown version' };
  }
  return undefined;
}

function flavourOfMajor(major: string): RegistryFlavour | undefined {
  if (major === '2') return 'distribution2';
  return major === '3' ? 'distribution3' : undefined;
}
