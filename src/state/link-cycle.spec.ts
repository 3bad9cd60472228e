import { describe, expect, it } from '@jest/globals';
import { mergeCauses, mergeScopes, type CycleScope } from './link-cycle.ts';

const ALL: CycleScope = { kind: 'all' };
const DUE: CycleScope = { kind: 'some', due: 'with-due', patterns: [] };
const named = (...patterns: string[]): CycleScope => ({ kind: 'some', due: 'only-named', patterns });

describe('two wishes for one link', () => {
  it.each([
    [ALL, DUE, ALL],
    [named('team/app'), ALL, ALL],
    [named('team/app'), named('team/web', 'team/app'), named('team/app', 'team/web')],
    [named('team/app'), DUE, { kind: 'some', due: 'with-due', patterns: ['team/app'] } as const],
  ])('become one that does what both ask for: %j and %j', (one, other, merged) => {
    expect(mergeScopes(one, other)).toEqual(merged);
  });

  it.each([
    ['schedule', 'operator', 'operator'],
    ['operator', 'schedule', 'operator'],
    ['retry', 'event', 'event'],
    ['retry', 'schedule', 'schedule'],
    ['retry', 'retry', 'retry'],
  ] as const)('keep the weightier cause: %s and %s', (one, other, merged) => {
    expect(mergeCauses(one, other)).toBe(merged);
  });
});
