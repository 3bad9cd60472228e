import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LONGEST_RETRY_SECONDS, retryDelaySeconds } from './retry-delay.ts';

describe('the delay before a retry', () => {
  it.each([
    [1, 15],
    [2, 30],
    [3, 60],
    [8, 1920],
    [9, 3600],
    [1_000_000, 3600],
  ])('is doubled with every failure, up to an hour: after %d it is %d s', (failures, seconds) => {
    expect(retryDelaySeconds(failures, 0)).toBe(seconds);
  });

  it('never gets shorter with more failures, and never exceeds an hour, whatever chance says', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), chance, (failures, luck) => {
        const delay = retryDelaySeconds(failures, luck);
        expect(delay).toBeGreaterThan(0);
        expect(delay).toBeLessThanOrEqual(LONGEST_RETRY_SECONDS);
        expect(retryDelaySeconds(failures + 1, luck)).toBeGreaterThanOrEqual(delay);
      }),
    );
  });
});
