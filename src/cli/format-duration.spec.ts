import { describe, expect, it } from '@jest/globals';
import { formatDuration, secondsBetween } from './format-duration.ts';

describe('formatDuration', () => {
  it.each([
    [0, '0.0 s'],
    [0.44, '0.4 s'],
    [59.94, '59.9 s'],
    [59.96, '1 min 0 s'],
    [192, '3 min 12 s'],
    [3599.7, '1 h 0 min'],
    [7500, '2 h 5 min'],
    [7199, '2 h 0 min'],
  ])('writes %d seconds as %s', (seconds, expected) => {
    expect(formatDuration(seconds)).toBe(expected);
  });
});

describe('secondsBetween', () => {
  it.each([
    ['2026-03-01T03:00:00.000Z', '2026-03-01T03:01:00.500Z', 60.5],
    ['2026-03-01T03:00:01.000Z', '2026-03-01T03:00:00.000Z', 0],
    ['not a time', '2026-03-01T03:00:00.000Z', 0],
  ])('is never negative and always a number: %s to %s', (startedAt, finishedAt, expected) => {
    expect(secondsBetween(startedAt, finishedAt)).toBe(expected);
  });
});
