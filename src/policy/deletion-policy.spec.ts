import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { digestOf } from '../oci/digest.ts';
import {
  allowedDeletions,
  formatBudget,
  formatSentinel,
  isMassLoss,
  parseBudget,
  parseSentinel,
  type Budget,
} from './deletion-policy.ts';

describe('allowedDeletions', () => {
  it.each<[Budget, number, number]>([
    [{ kind: 'default' }, 0, 5],
    [{ kind: 'default' }, 59, 5],
    [{ kind: 'default' }, 60, 6],
    [{ kind: 'default' }, 999, 99],
    [{ kind: 'count', n: 1 }, 1000, 1],
    [{ kind: 'percent', n: 10 }, 9, 0],
    [{ kind: 'percent', n: 10 }, 10, 1],
    [{ kind: 'percent', n: 100 }, 7, 7],
    [{ kind: 'percent', n: 29 }, 100, 29],
  ])('allows by %j of %i tags: %i', (budget, tagCount, expected) => {
    expect(allowedDeletions(budget, tagCount)).toBe(expected);
  });

  it('never allows more than the percentage, and never a whole tag less', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(1_000_000), (n, tagCount) => {
        const allowed = allowedDeletions({ kind: 'percent', n }, tagCount);
        expect(allowed * 100).toBeLessThanOrEqual(tagCount * n);
        expect((allowed + 1) * 100).toBeGreaterThan(tagCount * n);
      }),
    );
  });
});

describe('parseBudget', () => {
  it.each<[string | number, Budget]>([
    [10, { kind: 'count', n: 10 }],
    ['10', { kind: 'count', n: 10 }],
    ['10%', { kind: 'percent', n: 10 }],
    ['100%', { kind: 'percent', n: 100 }],
    ['101', { kind: 'count', n: 101 }],
  ])('reads %j', (value, expected) => {
    expect(parseBudget(value)).toEqual(expected);
  });

  it.each([
    0,
    '0',
    '0%',
    -1,
    '-1',
    '-5%',
    '101%',
    1.5,
    '1.5%',
    'ten',
    '',
    '%',
    ' 10',
    '10 %',
    NaN,
    Infinity,
    1e21,
    '1e3',
  ])('refuses %j', (value) => {
    expect(() => parseBudget(value)).toThrow(
      expect.objectContaining({ name: 'PolicyError', code: 'BUDGET_INVALID' }),
    );
  });

  it('reads what formatBudget writes', () => {
    const budget = fc.oneof(
      fc.integer({ min: 1, max: 1_000_000 }).map((n): Budget => ({ kind: 'count', n })),
      fc.integer({ min: 1, max: 100 }).map((n): Budget => ({ kind: 'percent', n })),
    );
    fc.assert(
      fc.property(budget, (aBudget) => {
        expect(parseBudget(formatBudget(aBudget))).toEqual(aBudget);
      }),
    );
  });
});

describe('isMassLoss', () => {
  it.each([
    [0, 0, false],
    [1, 1, false],
    [5, 5, false],
    [5, 8, false],
    [6, 6, true],
    [6, 11, true],
    [6, 12, false],
    [500, 1000, false],
    [501, 1000, true],
    [6, NaN, true],
    [NaN, 20, true],
  ])('of %i of %i tags: %s', (deletions, tagCount, expected) => {
    expect(isMassLoss(deletions, tagCount)).toBe(expected);
  });
});

describe('parseSentinel', () => {
  it('reads a repository and a tag', () => {
    expect(parseSentinel('team/app:canary')).toEqual({ repository: 'team/app', tag: 'canary' });
  });

  it('reads the digest that the tag must stand for', () => {
    const digest = digestOf(Buffer.from('canary'));
    expect(parseSentinel(`team/app:canary@${digest}`)).toEqual({
      repository: 'team/app',
      tag: 'canary',
      digest,
    });
  });

  it.each(['team/app:canary', `team/app:canary@${digestOf(Buffer.from('canary'))}`])('writes %s', (text) => {
    expect(formatSentinel(parseSentinel(text))).toBe(text);
  });

  it.each([
    ...['team/app', 'team/app:', ':canary', 'Team/app:x', 'host:5000/app:x', 'team/app:x y', ''],
    ...['team/app:x@', 'team/app:x@sha256:12', `team/app@${digestOf(Buffer.from('canary'))}`],
  ])('refuses %j', (text) => {
    expect(() => parseSentinel(text)).toThrow('write repository:tag');
  });
});
