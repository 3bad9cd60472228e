import { findRegistryProvider } from './find-registry-provider.ts';
import { NoRealRegistryError } from './no-real-registry-error.ts';
import type { RegistryProvider, WantedFlavour } from './registry-provider.ts';

/** What a spec needs to choose between `describe` and `describe.skip`, with the reason in the title. */
export interface RegistryForTests {
  readonly isAvailable: boolean;
  /** Where it is not available, its `start` rejects with the reason. */
  readonly provider: RegistryProvider;
  /** "<title> (docker-registry 2.8.2 (Debian package))", or the reason why the block is skipped. */
  titleOf(title: string): string;
}

/** Looks for a registry and never throws for the lack of one. For the top level of a spec file. */
export async function registryForTests(flavour: WantedFlavour = 'any'): Promise<RegistryForTests> {
  try {
    const provider = await findRegistryProvider(flavour);
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

function missingProvider(flavour: WantedFlavour, error: NoRealRegistryError): RegistryProvider {
  return {
    flavour: flavour === 'any' ? 'distribution2' : flavour,
    origin: 'docker',
    version: 'none',
    describe: () => 'no registry',
    start: () => Promise.reject(error),
  };
}
