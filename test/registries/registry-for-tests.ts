import { findRegistryProvider } from './find-registry-provider.ts';
import { NoRealRegistryError } from './no-real-registry-error.ts';
import type { RegistryOrigin, RegistryProvider, WantedFlavour } from './registry-provider.ts';

/** What a spec needs to choose between `describe` and `describe.skip`, with the reason in the title. */
export interface RegistryForTests {
  readonly isAvailable: boolean;
  /** Where it is not available, its `start` rejects with the reason. */
  readonly provider: RegistryProvider;
  /** "<title> (docker-registry 2.8.2 (Debian package))", or the reason why the block is skipped. */
  titleOf(title: string): string;
}

/**
 * Looks for a registry and never throws for the lack of one. For the top level of a spec file. The variable
 * `TEST_REGISTRY_ORIGINS` (such as `path,package`) leaves origins out, for example to spare a machine the compilation.
 */
export async function registryForTests(flavour: WantedFlavour = 'any'): Promise<RegistryForTests> {
  try {
    const provider = await findRegistryProvider(flavour, allowedOrigins());
    return { isAvailable: true, provider, titleOf: (title) => `${title} (${provider.describe()})` };
  } catch (error) {
    if (!(error instanceof NoRealRegistryError)) throw error;
    return {
      isAvailable: false,
      provider: missingProvider(flavour, error),
      titleOf: (title) => `${title} (skipped: ${error.message})`,
    };
  }
}

function allowedOrigins(): { origins?: RegistryOrigin[] } {
  const listed = process.env.TEST_REGISTRY_ORIGINS;
  if (listed === undefined) return {};
  const all: readonly RegistryOrigin[] = ['docker', 'path', 'package', 'go'];
  const wanted = listed.split(',');
  return { origins: all.filter((origin) => wanted.includes(origin)) };
}

function missingProvider(flavour: WantedFlavour, error: NoRealRegistryError): RegistryProvider {
  return {
    flavour: flavour === 'any' ? 'distribution2' : flavour,
    origin: 'docker',
    version: 'none',
    describe: () => 'no registry',
    start: () => Promise.reject(error),
  };
}
