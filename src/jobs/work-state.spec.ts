import { describe, expect, it } from '@jest/globals';
import { workStateOf } from './work-state.ts';

describe('where a repository stands', () => {
  it.each([
    [['in-sync'], 'synced'],
    [['in-sync', 'held'], 'held'],
    [['differences'], 'held'],
    [['held', 'partial'], 'failed'],
    [['in-sync', 'failed'], 'failed'],
    [[], 'synced'],
  ] as const)('is, after %j, %s', (outcomes, state) => {
    expect(workStateOf(outcomes)).toBe(state);
  });
});
