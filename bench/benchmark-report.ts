import { cpus, loadavg, release, totalmem } from 'node:os';
import { SystemClock } from '../src/time/system-clock.ts';
import type { BenchmarkOptions } from './benchmark-options.ts';
import type { CountsResult } from './counts.ts';
import type { Goal } from './goal.ts';
import { alignedTable, renderTable } from './result-table.ts';
import type { ScenarioResult } from './scenario.ts';
import type { MissingTool } from './tool.ts';

/** Where and when the figures were made; they hold only as ratios within one table. */
export interface Surroundings {
  readonly date: string;
  readonly registry: string;
  readonly machine: string;
  /** Load average of the last minute, before anything was started. */
  readonly load: string;
}

export function describeSurroundings(registry: string): Surroundings {
  const [processor] = cpus();
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  return {
    date: new SystemClock().now().toISOString().slice(0, 10),
    registry,
    machine: `${cpus().length} × ${processor?.model ?? 'unknown processor'}, ${gibibytes} GiB, Linux ${release()}, Node ${process.version}`,
    load: (loadavg()[0] ?? 0).toFixed(1),
  };
}

/** The whole report as Markdown. */
export function renderReport(
  results: {
    readonly scenarios: readonly ScenarioResult[];
    readonly counts: readonly CountsResult[];
    readonly missing: readonly MissingTool[];
  },
  context: { readonly options: BenchmarkOptions; readonly surroundings: Surroundings },
): string {
  const { options, surroundings } = context;
  return [
    `# Benchmark (${options.size}, ${surroundings.date})`,
    `Two ${surroundings.registry} on loopback, file system storage; ${surroundings.machine}; load ${surroundings.load} at the start. ` +
      `Median of up to ${options.runs} runs, tools in turn; a tool that took five times the fastest's time was run once. ` +
      "Requests and bytes are the registries' own counts. The peak is resident memory of all processes, the largest of the runs.",
    ...results.scenarios.map(renderScenario),
    ...results.counts.map(renderCounts),
    ...results.missing.map(renderMissing),
    '',
  ].join('\n\n');
}

function renderScenario(scenario: ScenarioResult): string {
  return [
    `## ${scenario.title}`,
    `${scenario.content}.`,
    renderTable(scenario),
    scenario.goals.map(renderGoal).join('\n'),
    ...scenario.failed.map(renderMissing),
  ].join('\n\n');
}

function renderCounts({ title, content, table, goals }: CountsResult): string {
  return [
    `## ${title}`,
    `${content}. Counts of one run.`,
    alignedTable(table),
    goals.map(renderGoal).join('\n'),
  ].join('\n\n');
}

function renderMissing({ title, reason }: MissingTool): string {
  return `${title}: not measured, ${reason}.`;
}

function renderGoal({ promise, figure, verdict }: Goal): string {
  return `- ${promise}: ${figure}, **${verdict}**`;
}
