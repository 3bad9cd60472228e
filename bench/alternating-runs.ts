import { medianOf, type Measurement } from './measurement.ts';
import type { MissingTool, Tool } from './tool.ts';

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

export interface AlternationResult {
  readonly results: readonly ToolResult[];
  /** Peers that failed or left something wrong: a defect of theirs is no reason to measure nothing. */
  readonly failed: readonly MissingTool[];
}

/**
 * Runs the tools in turn, each round in another order, so that a busy minute of the machine meets all of them.
 *
 * @throws {CommandFailed | WrongResult} of our own tool.
 */
export async function runAlternating(alternation: Alternation): Promise<AlternationResult> {
  const runs = new Map<Tool, Measurement[]>(alternation.tools.map((tool) => [tool, []]));
  const failed: MissingTool[] = [];
  let tools = alternation.tools;
  for (let round = 0; round < alternation.rounds; round += 1) {
    await alternation.prepare?.(round);
    for (const tool of rotated(tools, round)) {
      try {
        runs.get(tool)?.push(await measureAloud(tool, round, alternation));
      } catch (error) {
        if (tool.role === 'ours') throw error;
        runs.delete(tool);
        failed.push({ title: tool.title, reason: error instanceof Error ? error.message : String(error) });
      }
    }
    tools = tools.filter((tool) => runs.has(tool));
    if (round === 0) tools = withoutTheSlow(tools, runs);
  }
  return { results: [...runs].map(([tool, measured]) => resultOf(tool, measured)), failed };
}

async function measureAloud(
  tool: Tool,
  round: number,
  { scenario, rounds, measure }: Alternation,
): Promise<Measurement> {
  const measurement = await measure(tool);
  console.error(`${scenario} ${round + 1}/${rounds} ${tool.title}: ${measurement.wallSeconds.toFixed(2)} s`);
  return measurement;
}

function resultOf(tool: Tool, runs: readonly Measurement[]): ToolResult {
  return { tool, runs, median: medianOf(runs) };
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
