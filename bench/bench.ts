/**
 * `npm run bench`: measures geo-reconciler beside its peers on two local registries, and prints the tables as Markdown on
 * standard output; `bench/results/full.md` keeps those of a full run. Linux only: memory is read from /proc.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isFullRun, parseBenchmarkOptions, UsageError, type BenchmarkOptions } from './benchmark-options.ts';
import { describeSurroundings, renderReport } from './benchmark-report.ts';
import { measureColdSync } from './cold-scenario.ts';
import type { CountsResult } from './counts.ts';
import { findBenchmarkRegistry } from './counted-registry.ts';
import { measureFanOut } from './fan-out-scenario.ts';
import { findPeers, geoReconciler } from './find-tools.ts';
import { measureLargeLayer } from './large-layer-scenario.ts';
import type { Bench, ScenarioResult } from './scenario.ts';
import { measureSteadyCycles } from './steady-scenarios.ts';
import type { Tool } from './tool.ts';
import { measurePlatforms, measureReferrers } from './unchanged-tags-scenarios.ts';

const options = optionsOrEnd(process.argv.slice(2));
const provider = await findBenchmarkRegistry();
const surroundings = describeSurroundings(provider.describe());
const { peers, missing } = await findPeers();
const bench: Bench = { options, provider, tools: [...ownTools(options), ...peers] };
const results = { scenarios: await measure(bench), counts: await count(bench), missing };
const report = renderReport(results, { options, surroundings });
if (isFullRun(options)) await writeFile(join(import.meta.dirname, 'results', 'full.md'), report);
process.stdout.write(report);

function optionsOrEnd(args: readonly string[]): BenchmarkOptions {
  try {
    return parseBenchmarkOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(error.message);
    process.exit(2);
  }
}

function ownTools({ programs }: BenchmarkOptions): Tool[] {
  return programs.map((program) =>
    geoReconciler(program, programs.length === 1 ? '**geo-reconciler**' : `**${program}**`),
  );
}

async function measure(bench: Bench): Promise<ScenarioResult[]> {
  const { scenarios: wanted } = bench.options;
  const results: ScenarioResult[] = [];
  if (wanted.has('cold')) results.push(await measureColdSync(bench));
  if (wanted.has('no-op') || wanted.has('incremental')) results.push(...(await measureSteadyCycles(bench)));
  if (wanted.has('large-layer')) results.push(await measureLargeLayer(bench));
  return results;
}

async function count(bench: Bench): Promise<CountsResult[]> {
  const { scenarios: wanted } = bench.options;
  const results: CountsResult[] = [];
  if (wanted.has('fan-out')) results.push(await measureFanOut(bench));
  if (wanted.has('platforms')) results.push(await measurePlatforms(bench));
  if (wanted.has('referrers')) results.push(await measureReferrers(bench));
  return results;
}
