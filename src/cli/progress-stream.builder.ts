import { Writable } from 'node:stream';
import { Clock } from '../time/clock.ts';

/** A stream that keeps what is written to it, for specs; with a size it passes for a terminal. */
export class KeptStream extends Writable {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  #text = '';

  constructor(size?: { readonly columns: number; readonly rows: number }) {
    super({ decodeStrings: false });
    this.isTTY = size !== undefined;
    this.columns = size?.columns;
    this.rows = size?.rows;
  }

  get text(): string {
    return this.#text;
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: () => void): void {
    this.#text += String(chunk);
    callback();
  }
}

/** A clock that stands still. */
export class StoppedClock extends Clock {
  override now(): Date {
    return new Date('2026-03-01T03:00:00.000Z');
  }

  override monotonicSeconds(): number {
    return 100;
  }

  override sleep(): Promise<void> {
    return Promise.resolve();
  }
}
