import type { ToolResult } from './alternating-runs.ts';

/** A figure that the project promises, and what came of it. */
export interface Goal {
  readonly promise: string;
  /** What was measured, such as "0.86". */
  readonly figure: string;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

export function goal(promise: string, figure: string, holds: () => boolean): Goal {
  return { promise, figure, verdict: holds() ? 'met' : 'missed' };
}

/** Wall time of ours against that of crane, medians of the same rounds. */
export function noSlowerThanCrane(results: readonly ToolResult[]): Goal {
  const promise = 'wall time no longer than `crane cp -a -j 16`';
  const ours = results.find(({ tool }) => tool.role === 'ours');
  const crane = results.find(({ tool }) => tool.title.includes('crane'));
  if (ours === undefined || crane === undefined)
    return { promise, figure: 'nothing to compare with', verdict: 'not measured' };
  const ratio = ours.median.wallSeconds / crane.median.wallSeconds;
  return goal(promise, `${ratio.toFixed(2)} of crane's`, () => ratio <= 1);
}
