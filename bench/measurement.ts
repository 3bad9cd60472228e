import type { CountedRegistry } from './counted-registry.ts';
import { measureCommand, type CommandCost } from './measured-command.ts';
import type { Tool } from './tool.ts';
import { trafficBetween, type Traffic } from './traffic.ts';

/** One run of one tool, and what it asked of both registries. */
export interface Measurement extends CommandCost {
  readonly primary: Traffic;
  readonly secondary: Traffic;
}

export interface Sides {
  readonly primary: CountedRegistry;
  readonly secondary: CountedRegistry;
}

/** Lets a tool copy the repositories and measures it. @throws {CommandFailed} */
export async function measureTool(
  tool: Tool,
  sides: Sides,
  repositories: readonly string[],
): Promise<Measurement> {
  const [primary, secondary] = await readBoth(sides);
  const cost = await measureCommand(tool.sync({ ...sides, repositories }));
  const [primaryAfter, secondaryAfter] = await readBoth(sides);
  return {
    ...cost,
    primary: trafficBetween(primary, primaryAfter),
    secondary: trafficBetween(secondary, secondaryAfter),
  };
}

async function readBoth({ primary, secondary }: Sides): Promise<[Traffic, Traffic]> {
  return [await primary.readTraffic(), await secondary.readTraffic()];
}

/** The middle value of each figure over several runs of the same tool; of an even number the lower of the two middles. */
export function medianOf(runs: readonly Measurement[]): Measurement {
  const middle = (figure: (run: Measurement) => number): number => {
    const sorted = runs.map(figure).sort((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  };
  const traffic = (side: 'primary' | 'secondary'): Traffic => ({
    requests: middle((run) => run[side].requests),
    heads: middle((run) => run[side].heads),
    gets: middle((run) => run[side].gets),
    writes: middle((run) => run[side].writes),
    listings: middle((run) => run[side].listings),
    blobBytesSent: middle((run) => run[side].blobBytesSent),
    blobBytesReceived: middle((run) => run[side].blobBytesReceived),
    cpuSeconds: middle((run) => run[side].cpuSeconds),
  });
  return {
    wallSeconds: middle((run) => run.wallSeconds),
    cpuSeconds: middle((run) => run.cpuSeconds),
    // Memory is a promise about every run.
    peakBytes: Math.max(...runs.map((run) => run.peakBytes)),
    primary: traffic('primary'),
    secondary: traffic('secondary'),
  };
}
