import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findRegistryProvider } from '../test/registries/find-registry-provider.ts';
import type { RegistryProvider, RunningRegistry } from '../test/registries/registry-provider.ts';
import { freePort } from '../test/registries/registry-readiness.ts';
import { cpuSecondsOf } from './process-tree.ts';
import { parseTraffic, type Traffic } from './traffic.ts';

const run = promisify(execFile);

/** A real registry on loopback that counts its own requests, so that nothing stands between it and the tools. */
export interface CountedRegistry {
  readonly url: string;
  /** Host and port, as the peers name a registry. */
  readonly host: string;
  readonly storageDirectory: string;
  /** Counters since the start. */
  readTraffic(): Promise<Traffic>;
  /** Ends it; its content goes with it. */
  stop(): Promise<void>;
}

/** Not from a container: its network stack and storage driver would be part of the figures. */
const ORIGINS = ['path', 'package', 'go'] as const;

/** The program that serves both sides. */
export async function findBenchmarkRegistry(): Promise<RegistryProvider> {
  return await findRegistryProvider('distribution2', {
    origins: ORIGINS,
    report: (line) => console.error(line),
  });
}

/** Starts an empty registry. */
export async function startRegistry(provider: RegistryProvider): Promise<CountedRegistry> {
  const metricsAddress = `127.0.0.1:${await freePort()}`;
  const debug = { addr: metricsAddress, prometheus: { enabled: true, path: '/metrics' } };
  const registry = await provider.start({ extraConfiguration: { http: { debug } } });
  return counted(registry, metricsAddress);
}

/** Starts a registry with the same content as `original`, file by file. */
export async function startReplica(
  provider: RegistryProvider,
  original: CountedRegistry,
): Promise<CountedRegistry> {
  const replica = await startRegistry(provider);
  await run('cp', ['-R', '--reflink=auto', `${original.storageDirectory}/.`, replica.storageDirectory]);
  return replica;
}

function counted(registry: RunningRegistry, metricsAddress: string): CountedRegistry {
  return {
    url: registry.url,
    host: new URL(registry.url).host,
    storageDirectory: registry.storageDirectory,
    readTraffic: async () => {
      const metrics = await (await fetch(`http://${metricsAddress}/metrics`)).text();
      return { ...parseTraffic(metrics), cpuSeconds: cpuSecondsOf(registry.processId ?? 0) };
    },
    stop: () => registry.stop(),
  };
}
