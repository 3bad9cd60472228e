import { setTimeout as sleepFor } from 'node:timers/promises';
import { Clock } from './clock.ts';

/** A timer above 2^31 - 1 ms fires at once in Node; longer waits are cut to it. */
const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

export class SystemClock extends Clock {
  override now(): Date {
    // eslint-disable-next-line no-restricted-syntax -- this is the one place that reads the clock
    return new Date();
  }

  override monotonicSeconds(): number {
    return performance.now() / 1000;
  }

  override async sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    const milliseconds = Math.min(Math.max(seconds, 0) * 1000, LONGEST_TIMER_MILLISECONDS);
    try {
      await sleepFor(milliseconds, undefined, signal ? { signal } : {});
    } catch (error) {
      // Node rejects with an AbortError of its own, which says nothing of why.
      signal?.throwIfAborted();
      throw error;
    }
  }
}
