import type { RunResult, WorkState } from '../state/repository-run.store.ts';

type Outcome = RunResult['report']['outcome'];

/** Where a repository stands on a secondary after a run. */
export function workStateOf(outcome: Outcome): Exclude<WorkState, 'pending' | 'running'> {
  switch (outcome) {
    case 'in-sync':
      return 'synced';
    case 'failed':
    case 'partial':
      return 'failed';
    case 'held':
    case 'differences':
      return 'held';
  }
}
