import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAlternating, type ToolResult } from './alternating-runs.ts';
import { checkTags } from './check-tags.ts';
import { startRegistry } from './counted-registry.ts';
import { geoReconciler } from './find-tools.ts';
import { goal, type Goal } from './goal.ts';
import { pushLargeImage } from './large-layer.ts';
import { measureTool } from './measurement.ts';
import { inMebibytes } from './result-table.ts';
import type { Bench, ScenarioResult } from './scenario.ts';

/** For the whole process tree, the embedded database included. */
const MOST_BYTES = 350 * 1024 * 1024;

const REPOSITORY = 'team-a/large';

/** One image with one large layer onto an empty secondary: what counts is the memory. */
export async function measureLargeLayer({ options, provider, tools }: Bench): Promise<ScenarioResult> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'geo-reconciler-bench-'));
  // The embedded database runs as another user where this is root.
  await chmod(dataDirectory, 0o755);
  const primary = await startRegistry(provider);
  const [program] = options.programs;
  const withDatabase = geoReconciler(program, '**geo-reconciler**, embedded database', [
    '--data',
    dataDirectory,
  ]);
  try {
    console.error('large layer: filling the primary');
    const digest = await pushLargeImage(primary.url, REPOSITORY, options.largeLayerBytes);
    const { results, failed } = await runAlternating({
      scenario: 'large layer',
      tools: [withDatabase, ...tools],
      rounds: options.runs,
      measure: async (tool) => {
        const secondary = await startRegistry(provider);
        try {
          const measurement = await measureTool(tool, { primary, secondary }, [REPOSITORY]);
          await checkTags(tool, secondary, new Map([[REPOSITORY, new Map([['latest', digest]])]]));
          return measurement;
        } finally {
          await secondary.stop();
        }
      },
    });
    return {
      title: 'One large layer: memory',
      content: `one image with one layer of ${inMebibytes(options.largeLayerBytes)} MiB`,
      tags: 1,
      results,
      failed,
      goals: results.filter(({ tool }) => tool.role === 'ours').map(staysSmall),
    };
  } finally {
    await primary.stop();
    await rm(dataDirectory, { recursive: true, force: true });
  }
}

function staysSmall({ tool, median }: ToolResult): Goal {
  return goal(
    `${tool.title}: at most ${inMebibytes(MOST_BYTES)} MiB resident in all processes together`,
    `${inMebibytes(median.peakBytes)} MiB`,
    () => median.peakBytes <= MOST_BYTES,
  );
}
