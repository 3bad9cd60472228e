import { describe, expect, it } from '@jest/globals';
import type { CycleOutcome } from '../planning/cycle-report.ts';
import { failureWith, linkWith, reportWith } from './cycle-report.builder.ts';
import { exitCodeOf, gravestExitCode } from './exit-code.ts';

describe('gravestExitCode', () => {
  it.each([
    [[2, 4, 1, 3, 0], 2],
    [[0, 3, 1, 4], 4],
    [[3, 0, 1], 1],
    [[0, 3], 3],
    [[0, 0], 0],
    [[], 0],
  ] as const)('of %j answers %d', (codes, expected) => {
    expect(gravestExitCode(codes)).toBe(expected);
  });
});

describe('exitCodeOf', () => {
  it.each<[CycleOutcome, number]>([
    ['in-sync', 0],
    ['differences', 3],
    ['held', 3],
    ['partial', 1],
    ['failed', 1],
  ])('answers a cycle that ended %s', (outcome, expected) => {
    expect(exitCodeOf(reportWith([linkWith({ outcome })], { outcome }))).toBe(expected);
    expect(exitCodeOf(reportWith([], { outcome }))).toBe(expected);
  });

  it.each([
    'UNAUTHORIZED',
    'FORBIDDEN',
    'NOT_FOUND',
    'RATE_LIMITED',
    'TIMEOUT',
    'NETWORK',
    'TLS',
    'SERVER_ERROR',
    'MALFORMED_RESPONSE',
  ] as const)('answers 4 for a registry that could not be read: %s', (reason) => {
    const link = linkWith({ outcome: 'failed', failure: failureWith(reason) });
    expect(exitCodeOf(reportWith([link], { outcome: 'failed' }))).toBe(4);
  });

  it.each(['NAME_COLLISION', 'LISTING_INCOMPLETE', 'CANCELLED'] as const)(
    'answers 1 for a link that failed although its registries answered: %s',
    (reason) => {
      const link = linkWith({ outcome: 'failed', failure: failureWith(reason) });
      expect(exitCodeOf(reportWith([link], { outcome: 'failed' }))).toBe(1);
    },
  );

  const unreadable = linkWith({ outcome: 'failed', failure: failureWith('NETWORK') });
  const failed = linkWith({ outcome: 'partial' });
  const held = linkWith({ outcome: 'held' });
  const inSync = linkWith();

  it.each([
    ['unreadable before failed, differing and in sync', [inSync, held, failed, unreadable], 4],
    ['failed before differing and in sync', [inSync, held, failed], 1],
    ['differing before in sync', [inSync, held], 3],
    ['in sync alone', [inSync, inSync], 0],
  ])('answers %s', (_name, links, expected) => {
    expect(exitCodeOf(reportWith(links))).toBe(expected);
    expect(exitCodeOf(reportWith([...links].reverse()))).toBe(expected);
  });
});
