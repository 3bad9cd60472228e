import { TransportFailure } from './transport-failure.ts';

/** How long an exchange may make no progress, or too little of it. */
export interface Patience {
  /** Longest silence between two pieces of a body, and before an answer begins. */
  readonly silenceMilliseconds: number;
  /** A body must bring at least `leastBytesPerWindow` in this time. */
  readonly windowMilliseconds: number;
  readonly leastBytesPerWindow: number;
}

/** A large manifest list takes seconds, not half a minute; one byte a second must not hold a place for ever. */
export const DEFAULT_PATIENCE: Patience = {
  silenceMilliseconds: 30_000,
  windowMilliseconds: 120_000,
  leastBytesPerWindow: 120 * 1024,
};

/**
 * Ends an exchange that makes no progress: time is counted from the last byte moved in either direction, never from the
 * start, so that a large blob over a slow line may take as long as it needs.
 */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #onOuterAbort: () => void;
  readonly #outer: AbortSignal | undefined;
  readonly #patience: Patience;
  #timer: NodeJS.Timeout | undefined;
  #windowStart = performance.now();
  #windowBytes = 0;

  constructor(outer: AbortSignal | undefined, patience: Patience = DEFAULT_PATIENCE) {
    this.#outer = outer;
    this.#patience = patience;
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
    const { windowMilliseconds, leastBytesPerWindow } = this.#patience;
    this.#windowBytes += bytes;
    const elapsed = performance.now() - this.#windowStart;
    if (elapsed < windowMilliseconds) {
      this.#arm();
      return;
    }
    if (bytes > 0 && this.#windowBytes < leastBytesPerWindow) {
      this.#controller.abort(
        new TransportFailure(
          'TIMEOUT',
          `less than ${leastBytesPerWindow} bytes in ${Math.round(elapsed / 1000)} s`,
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
    const { silenceMilliseconds } = this.#patience;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#controller.abort(
        new TransportFailure('TIMEOUT', `no progress for ${silenceMilliseconds / 1000} s`, 'ETIMEDOUT'),
      );
    }, silenceMilliseconds);
  }
}
