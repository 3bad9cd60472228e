import type { RegistryEndpoint } from '../builders/registry-request.ts';
import { listTags } from '../builders/registry-witness.ts';
import type { RegistryOptions, RegistryProvider, RunningRegistry } from '../registries/registry-provider.ts';

/** The two sides of an ad-hoc link; shared by the tests of a file, each with repositories of its own. */
export interface RegistryPair {
  readonly primary: RunningRegistry;
  readonly secondary: RunningRegistry;
  stop(): Promise<void>;
}

/**
 * Settings with which a registry sees at once what a test changes on its disk: distribution 2 and 3 cache descriptors in
 * memory by default, and do without for a kind of cache that they do not know.
 */
export const noCache = { storage: { cache: { blobdescriptor: 'none' } } } as const;

export interface PairOptions {
  readonly primary?: RegistryOptions;
  readonly secondary?: RegistryOptions;
}

/** Starts both, without a cache unless told otherwise. */
export async function startPair(
  provider: RegistryProvider,
  options: PairOptions = {},
): Promise<RegistryPair> {
  const [primary, secondary] = await Promise.all([
    provider.start({ extraConfiguration: noCache, ...options.primary }),
    provider.start({ extraConfiguration: noCache, ...options.secondary }),
  ]);
  return {
    primary,
    secondary,
    stop: async () => {
      await Promise.all([primary.stop(), secondary.stop()]);
    },
  };
}

/** The flags of the ad-hoc link between two registries. */
export function between(
  primary: { readonly url: string },
  ...secondaries: readonly { readonly url: string }[]
): string[] {
  return ['--primary', primary.url, ...secondaries.flatMap(({ url }) => ['--secondary', url])];
}

/** Names of the tags that a repository lists, sorted; a dangling tag's too. */
export async function tagsOf(registry: RegistryEndpoint, repository: string): Promise<string[]> {
  return (await listTags(registry, repository)).sort();
}
