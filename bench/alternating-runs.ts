import { medianOf, type Measurement } from './measurement.ts';
import type { Tool } from './tool.ts';

/** Every tool of a scenario with its runs. */
export interface ToolResult {
  readonly tool: Tool;
  readonly runs: readonly Measurement[];
  readonly median: Measurement;
}

export interface Alternation {
  readonly scenario: string;
  readonly tools: readonly Tool[];
  readonly rounds: number;
  /** Before each round, such as a change of the primary. */
  readonly prepare?: (round: number) => Promise<void>;
  readonly measure: (tool: Tool) => Promise<Measurement>;
}

/** A tool this many times slower than the fastest in its first run is not run again: the ratio is beyond doubt. */
const BEYOND_DOUBT = 5;

/** Runs the tools in turn, each round in another order, so that a busy minute of the machine meets all of them. */
export async function runAlternating(alternation: Alternation): Promise<readonly ToolResult[]> {
  const { scenario, rounds, measure } = alternation;
  const runs = new Map<Tool, Measurement[]>(alternation.tools.map((tool) => [tool, []]));
  let tools = alternation.tools;
  for (let round = 0; round < rounds; round += 1) {
    await alternation.prepare?.(round);
    for (const tool of rotated(tools, round)) {
      const measurement = await measure(tool);
      runs.get(tool)?.push(measurement);
      console.error(
        `${scenario} ${round + 1}/${rounds} ${tool.title}: ${measurement.wallSeconds.toFixed(2)} s`,
      );
    }
    if (round === 0) tools = withoutTheSlow(tools, runs);
  }
  return alternation.tools.map((tool) => {
    const measured = runs.get(tool) ?? [];
    return { tool, runs: measured, median: medianOf(measured) };
  });
}

function withoutTheSlow(
  tools: readonly Tool[],
  runs: ReadonlyMap<Tool, readonly Measurement[]>,
): readonly Tool[] {
  const wall = (tool: Tool): number => runs.get(tool)?.[0]?.wallSeconds ?? 0;
  const fastest = Math.min(...tools.map(wall));
  return tools.filter((tool) => tool.role === 'ours' || wall(tool) <= fastest * BEYOND_DOUBT);
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const cut = by % items.length;
  return [...items.slice(cut), ...items.slice(0, cut)];
}
