import { pushCorpusChanges, type CorpusTotals } from '../test/builders/push-corpus.ts';
import { runAlternating, type ToolResult } from './alternating-runs.ts';
import { checkTags } from './check-tags.ts';
import { goal, noSlowerThanCrane, type Goal } from './goal.ts';
import { measureTool } from './measurement.ts';
import type { Bench, ScenarioResult } from './scenario.ts';
import { startSteadyRegistries, type SteadyRegistries } from './steady-registries.ts';

/** A busy day's share of an hour: few tags move between two cycles. */
const CHANGED_SHARE = 0.01;

/** Cycles on registries that are equal, and then on registries of which little changed. */
export async function measureSteadyCycles(bench: Bench): Promise<readonly ScenarioResult[]> {
  const registries = await startSteadyRegistries(bench);
  try {
    const results: ScenarioResult[] = [];
    if (bench.options.scenarios.has('no-op')) results.push(await measureNoOp(bench, registries));
    if (bench.options.scenarios.has('incremental')) results.push(await measureIncremental(bench, registries));
    return results;
  } finally {
    await registries.stop();
  }
}

async function measureNoOp({ options, tools }: Bench, registries: SteadyRegistries): Promise<ScenarioResult> {
  const { totals } = registries;
  const { results, failed } = await runAlternating({
    scenario: 'no-op',
    tools,
    rounds: options.runs,
    measure: (tool) => measureTool(tool, registries.sidesOf(tool), [...totals.tagMaps.keys()]),
  });
  return {
    title: 'No-op cycle: both sides equal',
    content: `${totals.repositories} repositories, ${totals.tags} tags`,
    tags: totals.tags,
    results,
    failed,
    goals: [noSlowerThanCrane(results), ...results.flatMap((result) => asksLittle(result, totals))],
  };
}

function asksLittle({ tool, runs }: ToolResult, { tags }: CorpusTotals): readonly Goal[] {
  if (tool.role !== 'ours') return [];
  const most = (figure: (run: ToolResult['median']) => number): number => Math.max(...runs.map(figure));
  const heads = most(({ primary, secondary }) => primary.heads + secondary.heads);
  const gets = most(({ primary, secondary }) => primary.gets + secondary.gets);
  const listings = most(({ primary, secondary }) => primary.listings + secondary.listings);
  const writes = most(({ primary, secondary }) => primary.writes + secondary.writes);
  return [
    goal(
      'at most 2 HEADs per tag, and listings',
      `${(heads / tags).toFixed(2)} HEADs per tag, ${listings} GETs of listings, ${gets} other GETs`,
      () => heads <= 2 * tags && gets === 0,
    ),
    goal('no write', `${writes} writes`, () => writes === 0),
  ];
}

async function measureIncremental(
  { options, tools }: Bench,
  registries: SteadyRegistries,
): Promise<ScenarioResult> {
  let changed: CorpusTotals | undefined;
  const { results, failed } = await runAlternating({
    scenario: 'incremental',
    tools,
    rounds: options.runs,
    prepare: async (round) => {
      const change = { round, share: CHANGED_SHARE };
      changed = await pushCorpusChanges(registries.primary.url, options.steadyCorpus, change);
    },
    measure: async (tool) => {
      const sides = registries.sidesOf(tool);
      const measurement = await measureTool(tool, sides, [...registries.totals.tagMaps.keys()]);
      await checkTags(tool, sides.secondary, changed?.tagMaps ?? new Map());
      return measurement;
    },
  });
  return {
    title: `Incremental cycle: ${CHANGED_SHARE * 100} % of the tags moved`,
    content: `${registries.totals.tags} tags, ${changed?.tags ?? 0} of them moved before the last round`,
    tags: registries.totals.tags,
    results,
    failed,
    goals: [noSlowerThanCrane(results)],
  };
}
