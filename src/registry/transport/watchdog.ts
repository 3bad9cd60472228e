import { TransportFailure } from './transport-failure.ts';

/** Longest silence between two pieces of an answer, or before its first: a large manifest list takes seconds, not this. */
const SILENCE_MILLISECONDS = 30_000;

/** A body must bring at least this much per window, so that one byte a second cannot hold a slot for ever. */
const WINDOW_MILLISECONDS = 120_000;
const LEAST_BYTES_PER_WINDOW = 120 * 1024;

/**
 * Ends an exchange that makes no progress: time is counted from the last byte moved in either direction, never from the
 * start, so that a large blob over a slow line may take as long as it needs.
 */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #onOuterAbort: () => void;
  readonly #outer: AbortSignal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #windowStart = performance.now();
  #windowBytes = 0;

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    this.#onOuterAbort = () => this.#controller.abort(new TransportFailure('CANCELLED', 'cancelled'));
    if (outer?.aborted) this.#onOuterAbort();
    outer?.addEventListener('abort', this.#onOuterAbort, { once: true });
    this.#arm();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The failure that ended the exchange, if this watchdog did. */
  get failure(): TransportFailure | undefined {
    const reason: unknown = this.#controller.signal.reason;
    return reason instanceof TransportFailure ? reason : undefined;
  }

  /** Tells that bytes went by, or (0) that the answer began. */
  progressed(bytes: number): void {
    this.#windowBytes += bytes;
    const elapsed = performance.now() - this.#windowStart;
    if (elapsed < WINDOW_MILLISECONDS) {
      this.#arm();
      return;
    }
    if (bytes > 0 && this.#windowBytes < LEAST_BYTES_PER_WINDOW) {
      this.#controller.abort(
        new TransportFailure(
          'TIMEOUT',
          `less than ${LEAST_BYTES_PER_WINDOW} bytes in ${Math.round(elapsed / 1000)} s`,
          'ETIMEDOUT',
        ),
      );
      return;
    }
    this.#windowStart = performance.now();
    this.#windowBytes = 0;
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onOuterAbort);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#controller.abort(
        new TransportFailure('TIMEOUT', `no progress for ${SILENCE_MILLISECONDS / 1000} s`, 'ETIMEDOUT'),
      );
    }, SILENCE_MILLISECONDS);
  }
}
