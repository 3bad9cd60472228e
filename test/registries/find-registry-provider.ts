import { findContainerEngine } from './container-engine.ts';
import { ContainerRegistry, registryImages } from './container-registry.ts';
import { provisionDebianPackage } from './debian-package.ts';
import { provisionWithGo } from './go-install.ts';
import { NoRealRegistryError, OriginUnavailableError, type FailedOrigin } from './no-real-registry-error.ts';
import { findPathBinary } from './path-binary.ts';
import { ProcessRegistry } from './process-registry.ts';
import type { RegistryBinary } from './registry-binary.ts';
import type { ProgressReport, RegistryOrigin, RegistryProvider, WantedFlavour } from './registry-provider.ts';

export interface RegistrySearch {
  /** Default all, in the order of the contract: Docker, PATH, package, Go. */
  readonly origins?: readonly RegistryOrigin[];
  /** Told of every step that takes long (a download, a compilation); default silent. */
  readonly report?: ProgressReport;
}

type Origin = (flavour: WantedFlavour, report: ProgressReport) => Promise<RegistryProvider>;

const origins: Readonly<Record<RegistryOrigin, Origin>> = {
  docker: async (flavour) => {
    const library = await findContainerEngine();
    // Distribution 2 stands for "any": it is what the package gives too, so most machines test the same thing.
    const image = registryImages[flavour === 'any' ? 'distribution2' : flavour];
    if (image === undefined) throw new OriginUnavailableError(`no image of ${flavour} is known`);
    return {
      flavour: image.flavour,
      origin: 'docker',
      version: image.version,
      describe: () => `${image.name} (container)`,
      start: (options = {}) => ContainerRegistry.start(library, image, options),
    };
  },
  path: async (flavour) => providerOf('path', 'on PATH', await findPathBinary(flavour)),
  package: async (flavour, report) =>
    providerOf('package', 'Debian package', await provisionDebianPackage(flavour, report)),
  go: async (flavour, report) => providerOf('go', 'compiled by Go', await provisionWithGo(flavour, report)),
};

const order: readonly RegistryOrigin[] = ['docker', 'path', 'package', 'go'];

/** Searches under way or done, so that one process asks each question once. */
const searches = new Map<string, Promise<RegistryProvider>>();

/**
 * A real registry of the wanted flavour, from the first origin that has one; fetches or compiles it into the cache
 * where needed. Throws `NoRealRegistryError`, whose message names every origin and why it failed.
 */
export async function findRegistryProvider(
  flavour: WantedFlavour = 'any',
  search: RegistrySearch = {},
): Promise<RegistryProvider> {
  const tried = search.origins ?? order;
  const key = `${flavour} ${tried.join(' ')}`;
  const known = searches.get(key) ?? tryOrigins(flavour, tried, search.report ?? (() => undefined));
  searches.set(key, known);
  return await known;
}

async function tryOrigins(
  flavour: WantedFlavour,
  tried: readonly RegistryOrigin[],
  report: ProgressReport,
): Promise<RegistryProvider> {
  const failures: FailedOrigin[] = [];
  for (const origin of tried) {
    try {
      return await origins[origin](flavour, report);
    } catch (error) {
      failures.push({ origin, reason: reasonOf(error) });
    }
  }
  throw new NoRealRegistryError(flavour, failures);
}

/** A surprise in one origin (a full disk, a cache that cannot be written) must not hide the next one. */
function reasonOf(error: unknown): string {
  if (error instanceof OriginUnavailableError) return error.message;
  return `failed (${error instanceof Error ? error.message : String(error)})`;
}

function providerOf(origin: RegistryOrigin, originTitle: string, binary: RegistryBinary): RegistryProvider {
  const { flavour } = binary;
  const name = flavour === 'zot' || flavour === 'olareg' ? flavour : 'docker-registry';
  return {
    flavour: binary.flavour,
    origin,
    version: binary.version,
    describe: () => `${name} ${binary.version} (${originTitle})`,
    start: (options = {}) => ProcessRegistry.start(binary, options),
  };
}
