import { TransportFailure } from './transport-failure.ts';

/** How long an exchange may make no progress, or too little of it. */
export interface Patience {
  /** Longest silence between two pieces of a body, and before an answer begins. */
  readonly silenceMilliseconds: number;
  /** A body must bring at least `leastBytesPerWindow` in this time. */
  readonly windowMilliseconds: number;
  readonly leastBytesPerWindow: number;
  /** A registry may move or hash a whole upload before it answers (storage drivers of object stores): that much longer is it let. */
  readonly commitBytesPerSecond: number;
}

/** A large manifest list takes seconds, not half a minute; one byte a second must not hold a place for ever. */
export const DEFAULT_PATIENCE: Patience = {
  silenceMilliseconds: 30_000,
  windowMilliseconds: 120_000,
  leastBytesPerWindow: 120 * 1024,
  commitBytesPerSecond: 16 * 1024 * 1024,
};

/**
 * Ends an exchange in which the other side makes no progress: time is counted from the last byte moved in either direction, never
 * from the start, so that a large blob over a slow line may take as long as it needs; and not while it is we who are not ready.
 */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #onOuterAbort: () => void;
  readonly #outer: AbortSignal | undefined;
  readonly #patience: Patience;
  #timer: NodeJS.Timeout | undefined;
  #silenceMilliseconds: number;
  #windowStart = performance.now();
  #windowBytes = 0;
  /** In this window it was not always the other side that was waited for. */
  #isExcused = false;
  #isOwnTurn: () => boolean = () => false;

  constructor(outer: AbortSignal | undefined, patience: Patience = DEFAULT_PATIENCE) {
    this.#outer = outer;
    this.#patience = patience;
    this.#silenceMilliseconds = patience.silenceMilliseconds;
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

  /** Says how to find out that nothing moves because of us: a slow reader of an answer, a slow source of a request's body. */
  excuseWhile(isOwnTurn: () => boolean): void {
    this.#isOwnTurn = isOwnTurn;
  }

  /** Tells that a body has left as a whole; what is waited for now is its answer. */
  sent(bytes: number): void {
    this.#silenceMilliseconds += (bytes / this.#patience.commitBytesPerSecond) * 1000;
    this.#arm();
  }

  /** Tells that bytes are going by, or (0) that the answer began. */
  progressed(bytes: number): void {
    const { windowMilliseconds, leastBytesPerWindow } = this.#patience;
    this.#windowBytes += bytes;
    this.#isExcused ||= this.#isOwnTurn();
    const elapsed = performance.now() - this.#windowStart;
    if (elapsed >= windowMilliseconds) {
      if (bytes > 0 && this.#windowBytes < leastBytesPerWindow && !this.#isExcused) {
        this.#end(`less than ${leastBytesPerWindow} bytes in ${Math.round(elapsed / 1000)} s`);
        return;
      }
      this.#openWindow();
    }
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onOuterAbort);
  }

  #openWindow(): void {
    this.#windowStart = performance.now();
    this.#windowBytes = 0;
    this.#isExcused = false;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#isOwnTurn()) {
        this.#isExcused = true;
        this.#arm();
      } else {
        this.#end(`no progress for ${this.#silenceMilliseconds / 1000} s`);
      }
    }, this.#silenceMilliseconds);
  }

  #end(message: string): void {
    this.#controller.abort(new TransportFailure('TIMEOUT', message, 'ETIMEDOUT'));
  }
}
