import type { RunResult, WorkState } from '../state/repository-run.store.ts';

type Outcome = RunResult['report']['outcome'];

/** Where a repository stands after a run, over all of its secondaries: the worst that any of them came to. */
export function workStateOf(outcomes: readonly Outcome[]): Exclude<WorkState, 'pending' | 'running'> {
  const states = outcomes.map(stateOf);
  if (states.includes('failed')) return 'failed';
  return states.includes('held') ? 'held' : 'synced';
}

function stateOf(outcome: Outcome): 'synced' | 'failed' | 'held' {
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
