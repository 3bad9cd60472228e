import { describe, expect, it } from '@jest/globals';
import { workStateOf } from './work-state.ts';

describe('where a repository stands on a secondary', () => {
  it.each([
    ['in-sync', 'synced'],
    ['held', 'held'],
    ['differences', 'held'],
    ['partial', 'failed'],
    ['failed', 'failed'],
  ] as const)('is, after %s, %s', (outcome, state) => {
    expect(workStateOf(outcome)).toBe(state);
  });
});
