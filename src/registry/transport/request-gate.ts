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

/** Requests may leave in bursts of a tenth of a second's allowance, not of a whole second's. */
const BURST_SECONDS = 0.1;

/**
 * Lets through as many requests to one host as it may get: a bound on those under way, a rate, and one pause for all
 * when the host says `Retry-After` to any of them.
 */
export class RequestGate {
  readonly #queue: PQueue;
  readonly #clock: Clock;
  readonly #secondsPerRequest: number;
  #openAtSeconds = 0;
  /** When the requests let through so far will have been paid for, on the monotonic clock. */
  #paidUntilSeconds = 0;

  constructor({ concurrency, requestsPerSecond }: GateLimits, clock: Clock) {
    this.#queue = new PQueue({ concurrency });
    this.#clock = clock;
    this.#secondsPerRequest = requestsPerSecond === undefined ? 0 : 1 / requestsPerSecond;
  }

  /** Runs work when there is a place for it; each of its requests has to `pass` as well. */
  run<T>(task: () => Promise<T>): Promise<T> {
    return this.#queue.add(task);
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

  /**
   * Resolves when the next request may leave: its turn has come, and the host's last `Retry-After` has passed.
   * Gives back the seconds that this took.
   */
  async pass(signal?: AbortSignal): Promise<number> {
    const arrivedAt = this.#clock.monotonicSeconds();
    const turnAt = this.#takeTurn(arrivedAt);
    for (;;) {
      const now = this.#clock.monotonicSeconds();
      const wait = Math.max(turnAt, this.#openAtSeconds) - now;
      if (wait <= 0) return now - arrivedAt;
      await this.#clock.sleep(wait, signal);
    }
  }

  #takeTurn(now: number): number {
    const turnAt = this.#paidUntilSeconds - Math.max(0, BURST_SECONDS - this.#secondsPerRequest);
    this.#paidUntilSeconds = Math.max(this.#paidUntilSeconds, now) + this.#secondsPerRequest;
    return turnAt;
  }

  /** Keeps every request back for `seconds`; a longer pause already in force stays. */
  pauseFor(seconds: number): void {
    this.#openAtSeconds = Math.max(this.#openAtSeconds, this.#clock.monotonicSeconds() + seconds);
  }
}
