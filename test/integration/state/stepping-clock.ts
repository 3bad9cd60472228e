import { Clock } from '../../../src/time/clock.ts';

/** A clock that is a second later each time it is read, and never waits. */
export class SteppingClock extends Clock {
  #seconds = 1_800_000_000;

  override now(): Date {
    return new Date(this.monotonicSeconds() * 1000);
  }

  override monotonicSeconds(): number {
    this.#seconds += 1;
    return this.#seconds;
  }

  /** Lets time pass at once. */
  pass(seconds: number): void {
    this.#seconds += seconds;
  }

  override sleep(): Promise<void> {
    return Promise.resolve();
  }
}
