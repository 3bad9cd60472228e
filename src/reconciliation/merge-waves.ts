import type { RepositoryReport } from '../planning/cycle-report.ts';
import { judgeRepositoryOutcome, totalRepository } from '../planning/report-totals.ts';
import type { StepOutcome } from '../planning/step.ts';

/**
 * The report of a repository that was worked on twice in one cycle: first its copies, then once more with its deletions. What
 * the first wave brought over was found in sync by the second; it is counted once, as copied.
 */
export function mergeWaves(first: RepositoryReport, second: RepositoryReport): RepositoryReport {
  const again = new Set(second.steps.map(keyOf));
  const kept = first.steps.filter(
    (step) => step.outcome === 'done' && step.kind !== 'skip-tag' && !again.has(keyOf(step)),
  );
  const steps = [...kept, ...second.steps];
  const brought = kept.filter(({ kind }) => kind === 'copy-tag' || kind === 'move-tag').length;
  const inSync = Math.max(0, second.totals.inSync - brought);
  const transfer = {
    blobsCopied: first.totals.blobsCopied + second.totals.blobsCopied,
    blobsMounted: first.totals.blobsMounted + second.totals.blobsMounted,
    blobsPresent: first.totals.blobsPresent + second.totals.blobsPresent,
    bytesCopied: first.totals.bytesCopied + second.totals.bytesCopied,
  };
  return {
    ...second,
    outcome: judgeRepositoryOutcome(steps, second.failure, inSync),
    totals: totalRepository(steps, second.failure, { inSync, ignored: second.totals.ignored, transfer }),
    steps,
  };
}

function keyOf({ kind, tag }: StepOutcome): string {
  return `${kind} ${tag}`;
}
