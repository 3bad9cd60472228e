import { Transform, type TransformCallback } from 'node:stream';
import type { Clock } from '../../time/clock.ts';

/** Shares one allowance of bytes per second among all streams of a registry: a bucket that holds one second's worth. */
export class ByteRate {
  readonly #bytesPerSecond: number;
  readonly #clock: Clock;
  /** When the bytes granted so far will have been paid for, on the monotonic clock. */
  #paidUntilSeconds = 0;

  constructor(bytesPerSecond: number, clock: Clock) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#clock = clock;
  }

  /** Waits until `bytes` may pass. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    const now = this.#clock.monotonicSeconds();
    const start = Math.max(this.#paidUntilSeconds, now - 1);
    this.#paidUntilSeconds = start + bytes / this.#bytesPerSecond;
    if (this.#paidUntilSeconds > now) await this.#clock.sleep(this.#paidUntilSeconds - now, signal);
  }

  /** A stream that passes bytes on at the shared rate; one that is destroyed waits no longer. */
  throttle(): Transform {
    const leaving = new AbortController();
    return new Transform({
      transform: (chunk: Buffer, _encoding, done: TransformCallback) => {
        this.take(chunk.length, leaving.signal).then(
          () => done(null, chunk),
          (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
        );
      },
      destroy: (error, done) => {
        leaving.abort();
        done(error);
      },
    });
  }
}
