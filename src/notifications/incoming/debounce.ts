import type { Clock } from '../../time/clock.ts';

/** A push of an image with its children, and the tags of one release, come within this of one another. */
const QUIET_SECONDS = 0.25;

/** A burst is not waited out: somebody may wait for its first push. */
const FIRST_WINDOW_SECONDS = 2;

/** A registry that does not come to rest is looked at as often as this. */
const LONGEST_WINDOW_SECONDS = 30;

/**
 * Waits until a burst is over, or has lasted for a window. While bursts do not end, the window doubles, so that a thousand pushes
 * are a handful of looks.
 */
export class Debounce {
  readonly #clock: Clock;
  #window = FIRST_WINDOW_SECONDS;
  #first: number | undefined;
  #last = 0;
  #nap = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something happened. */
  knock(): void {
    this.#last = this.#clock.monotonicSeconds();
    this.#first ??= this.#last;
    this.#nap.abort();
  }

  /** Resolves after a burst, or after `idleSeconds` without a knock, or when `signal` aborts. */
  async settle(idleSeconds: number, signal: AbortSignal): Promise<void> {
    if (this.#first === undefined)
      await this.#sleep(idleSeconds, AbortSignal.any([signal, this.#nap.signal]));
    const first = this.#first;
    if (first !== undefined) await this.#waitFor(first, signal);
    this.#first = undefined;
    this.#nap = new AbortController();
  }

  async #waitFor(first: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const now = this.#clock.monotonicSeconds();
      const quietAt = this.#last + QUIET_SECONDS;
      const overAt = first + this.#window;
      if (now >= quietAt) {
        this.#window = FIRST_WINDOW_SECONDS;
        return;
      }
      if (now >= overAt) {
        this.#window = Math.min(this.#window * 2, LONGEST_WINDOW_SECONDS);
        return;
      }
      await this.#sleep(Math.min(quietAt, overAt) - now, signal);
    }
  }

  async #sleep(seconds: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(seconds, signal).catch(() => undefined);
  }
}
