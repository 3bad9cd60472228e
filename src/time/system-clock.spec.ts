import { describe, expect, it } from '@jest/globals';

import { SystemClock } from './system-clock.ts';

const clock = new SystemClock();

/** Longer than any timer of Node; such a timer fires at once instead of late. */
const TOO_LONG_SECONDS = 2 ** 31;

describe('the wall clock', () => {
  it('tells the time of the system', () => {
    const before = Date.now();
    const now = clock.now().getTime();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });
});

describe('the monotonic clock', () => {
  it('counts in seconds, and never backwards', () => {
    const readings = [
      performance.now() / 1000,
      clock.monotonicSeconds(),
      clock.monotonicSeconds(),
      performance.now() / 1000,
    ];
    expect(readings).toEqual(readings.toSorted((a, b) => a - b));
  });
});

describe('sleep', () => {
  it.each([0, 0.001, -1])('ends after %d seconds', async (seconds) => {
    await expect(clock.sleep(seconds)).resolves.toBeUndefined();
  });

  it('counts in seconds: the shorter one ends first, whichever began first', async () => {
    const ends: string[] = [];
    await Promise.all([
      clock.sleep(0.03).then(() => ends.push('30 ms')),
      clock.sleep(0.002).then(() => ends.push('2 ms')),
    ]);
    expect(ends).toEqual(['2 ms', '30 ms']);
  });

  it.each([TOO_LONG_SECONDS, Infinity])('of %d seconds does not end at once', async (seconds) => {
    const controller = new AbortController();
    const ends: string[] = [];
    const sleeping = clock.sleep(seconds, controller.signal).then(
      () => ends.push('slept'),
      () => ends.push('interrupted'),
    );
    await clock.sleep(0.02);
    controller.abort();
    await sleeping;
    expect(ends).toEqual(['interrupted']);
  });

  it("ends with the signal's reason when it is interrupted", async () => {
    const reason = new Error('the operator interrupted');
    const controller = new AbortController();
    const sleeping = clock.sleep(TOO_LONG_SECONDS, controller.signal);
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });

  it('does not begin when it was interrupted before', async () => {
    const reason = new Error('the operator interrupted');
    await expect(clock.sleep(TOO_LONG_SECONDS, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
