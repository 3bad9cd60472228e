import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { namedIn, type LinkCycleRecord } from './link-cycle.ts';
import { rowsOf } from './state-transaction.ts';
import { parseRow } from './stored-row.ts';

/** A run at its begin, and what is known of the repository's last one. */
export interface RunMarks {
  readonly cycle: LinkCycleRecord;
  readonly repository: string;
  readonly phase: 'copy' | 'delete';
  /** Whether an earlier run of the same cycle has come to something. */
  readonly isFirst: boolean;
  /** Failed runs in a row before this one. */
  readonly retryCount: number;
  /** Whether somebody marked the repository: an event, a doubt, a question, or a run that was cut off. */
  readonly isMarked: boolean;
}

/**
 * Secondaries that this run need not look at: it only tries again what failed on others, and they were in sync when that did. Whatever
 * else anybody may want of the run, a change, a doubt, a name, a deletion, makes it a run over all of them, and so does
 * the schedule.
 */
export async function settledSecondaries(
  manager: EntityManager,
  marks: RunMarks,
): Promise<ReadonlySet<string>> {
  if (!isOnlyRetry(marks)) return new Set();
  const rows = await rowsOf(manager, SELECT_SETTLED, [marks.cycle.link, marks.repository]);
  return new Set(rows.map((row) => parseRow('repository_state', SETTLED_ROW, row).secondary));
}

function isOnlyRetry({ cycle, phase, isFirst, retryCount, isMarked }: RunMarks): boolean {
  const { work, scope } = cycle;
  const isComparing = work.command === 'sync' && work.mode === 'diff';
  const isForDue = scope.kind === 'some' && scope.due === 'with-due' && namedIn(scope).length === 0;
  return isComparing && isForDue && phase === 'copy' && isFirst && retryCount > 0 && !isMarked;
}

const SETTLED_ROW = z.object({ secondary: z.string() });

const SELECT_SETTLED = `
  SELECT secondary FROM repository_state
  WHERE link = $1 AND primary_repository = $2 AND outcome = 'in-sync' AND reason IS NULL`;
