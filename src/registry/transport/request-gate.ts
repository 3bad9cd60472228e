import PQueue from 'p-queue';
import type { Clock } from '../../time/clock.ts';

export interface GateLimits {
  /** Requests under way at once. */
  readonly concurrency: number;
  readonly requestsPerSecond?: number | undefined;
}

/** A place among the requests under way, held over several requests (the two ends of a blob on its way). */
export interface Slot {
  release(): void;
}

/**
 * Lets through as many requests to one host as it may get: a bound on those under way, a rate, and one pause for all
 * when the host says `Retry-After` to any of them.
 */
export class RequestGate {
  readonly #queue: PQueue;
  readonly #clock: Clock;
  #openAtSeconds = 0;

  constructor({ concurrency, requestsPerSecond }: GateLimits, clock: Clock) {
    this.#queue = new PQueue({
      concurrency,
      ...(requestsPerSecond === undefined ? {} : rateOf(requestsPerSecond)),
    });
    this.#clock = clock;
  }

  /** Runs a request when there is a place for it. */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#queue.add(async () => {
      await this.waitUntilOpen(signal);
      return await task();
    });
  }

  /** Waits for a place and holds it until `release`. */
  reserve(): Promise<Slot> {
    return new Promise((granted) => {
      void this.#queue.add(
        () =>
          new Promise<void>((release) => {
            granted({ release });
          }),
      );
    });
  }

  /** Resolves once the host's last `Retry-After` has passed. */
  async waitUntilOpen(signal?: AbortSignal): Promise<void> {
    for (;;) {
      const wait = this.#openAtSeconds - this.#clock.monotonicSeconds();
      if (wait <= 0) return;
      await this.#clock.sleep(wait, signal);
    }
  }

  /** Keeps every request back for `seconds`; a longer pause already in force stays. */
  pauseFor(seconds: number): void {
    this.#openAtSeconds = Math.max(this.#openAtSeconds, this.#clock.monotonicSeconds() + seconds);
  }
}

/** Spread over tenths of a second, so that a second's allowance is not spent in one burst; below 10/s one at a time. */
function rateOf(requestsPerSecond: number): { interval: number; intervalCap: number } {
  return requestsPerSecond >= 10
    ? { interval: 100, intervalCap: Math.floor(requestsPerSecond / 10) }
    : { interval: Math.ceil(1000 / requestsPerSecond), intervalCap: 1 };
}
