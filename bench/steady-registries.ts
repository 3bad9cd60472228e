import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pushCorpus, type CorpusTotals } from '../test/builders/push-corpus.ts';
import { startRegistry, startReplica, type CountedRegistry } from './counted-registry.ts';
import type { Sides } from './measurement.ts';
import type { Bench } from './scenario.ts';
import type { Tool } from './tool.ts';

/** A primary with many tags, and for every tool a secondary of its own that is equal to it. */
export interface SteadyRegistries {
  readonly totals: CorpusTotals;
  readonly primary: CountedRegistry;
  sidesOf(tool: Tool): Sides;
  stop(): Promise<void>;
}

export async function startSteadyRegistries({ options, provider, tools }: Bench): Promise<SteadyRegistries> {
  const started = [await startRegistry(provider)];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((registry) => registry.stop()));
  };
  try {
    const [primary] = started as [CountedRegistry];
    console.error('no-op and incremental: filling the primary');
    const totals = await pushCorpus(primary.url, options.steadyCorpus);
    const secondaries = new Map<Tool, CountedRegistry>();
    for (const tool of tools) {
      const secondary = await startReplica(provider, primary);
      started.push(secondary);
      secondaries.set(tool, secondary);
      await nameAs(tool, secondary, [...totals.tagMaps.keys()]);
    }
    return {
      totals,
      primary,
      sidesOf: (tool) => {
        const secondary = secondaries.get(tool);
        if (secondary === undefined) throw new Error(`${tool.title} has no secondary`);
        return { primary, secondary };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Gives the repositories the names under which the tool would have written them. */
async function nameAs(
  tool: Tool,
  { storageDirectory }: CountedRegistry,
  names: readonly string[],
): Promise<void> {
  const root = join(storageDirectory, 'docker/registry/v2/repositories');
  for (const name of names) {
    const renamed = tool.secondaryRepository(name);
    if (renamed === name) continue;
    await mkdir(dirname(join(root, renamed)), { recursive: true });
    await rename(join(root, name), join(root, renamed));
  }
}
