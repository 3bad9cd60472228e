import { pushCorpus } from '../test/builders/push-corpus.ts';
import { runAlternating, type ToolResult } from './alternating-runs.ts';
import { checkTags } from './check-tags.ts';
import { startRegistry } from './counted-registry.ts';
import { goal, noSlowerThanCrane, type Goal } from './goal.ts';
import { measureTool } from './measurement.ts';
import { inMegabytes } from './result-table.ts';
import type { Bench, ScenarioResult } from './scenario.ts';

/** Retries and manifests apart, each missing blob is to cross the wire once. */
const MOST_BYTES = 1.02;

/** An empty secondary, new for every run, is filled. */
export async function measureColdSync({ options, provider, tools }: Bench): Promise<ScenarioResult> {
  const primary = await startRegistry(provider);
  try {
    console.error('cold sync: filling the primary');
    const totals = await pushCorpus(primary.url, options.coldCorpus);
    const { results, failed } = await runAlternating({
      scenario: 'cold sync',
      tools,
      rounds: options.runs,
      measure: async (tool) => {
        const secondary = await startRegistry(provider);
        try {
          const measurement = await measureTool(tool, { primary, secondary }, [...totals.tagMaps.keys()]);
          await checkTags(tool, secondary, totals.tagMaps);
          return measurement;
        } finally {
          await secondary.stop();
        }
      },
    });
    return {
      title: 'Cold sync: an empty secondary',
      content:
        `${totals.repositories} repositories, ${totals.tags} tags, ${totals.manifests} manifests, ` +
        `${totals.uniqueBlobs} different blobs of ${inMegabytes(totals.uniqueBlobBytes)} MB`,
      tags: totals.tags,
      results,
      failed,
      goals: [noSlowerThanCrane(results), eachBlobOnce(results, totals.uniqueBlobBytes)],
    };
  } finally {
    await primary.stop();
  }
}

function eachBlobOnce(results: readonly ToolResult[], uniqueBlobBytes: number): Goal {
  const ours = results.filter(({ tool }) => tool.role === 'ours');
  const bytes = Math.max(...ours.flatMap(({ runs }) => runs.map((run) => run.primary.blobBytesSent)));
  const ratio = bytes / uniqueBlobBytes;
  return goal(
    `at most ${MOST_BYTES} of the bytes of the missing blobs read, in every run`,
    ratio.toFixed(4),
    () => ratio <= MOST_BYTES,
  );
}
