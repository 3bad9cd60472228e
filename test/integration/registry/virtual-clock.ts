import { Clock } from '../../../src/time/clock.ts';

interface Sleeper {
  readonly wakeAtSeconds: number;
  readonly wake: () => void;
}

/**
 * A clock on which no test waits. `running`: time passes only while somebody sleeps, and then at once; sleepers wake in the order
 * of their times, one per turn of the event loop. `stopped`: time passes with `advance` alone. Every wait is written down.
 */
export class VirtualClock extends Clock {
  readonly waits: number[] = [];
  readonly #mode: 'running' | 'stopped';
  #sleepers: Sleeper[] = [];
  #seconds = 1_800_000_000;
  #isPumping = false;

  constructor(mode: 'running' | 'stopped' = 'running') {
    super();
    this.#mode = mode;
  }

  override now(): Date {
    return new Date(this.#seconds * 1000);
  }

  override monotonicSeconds(): number {
    return this.#seconds;
  }

  /** Sleepers that nobody has woken yet. */
  get asleep(): number {
    return this.#sleepers.length;
  }

  /** Lets time pass and wakes whoever is due. */
  advance(seconds: number): void {
    this.#seconds += seconds;
    const due = this.#sleepers.filter(({ wakeAtSeconds }) => wakeAtSeconds <= this.#seconds);
    this.#sleepers = this.#sleepers.filter((sleeper) => !due.includes(sleeper));
    for (const { wake } of due) wake();
  }

  override async sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.waits.push(seconds);
    const { promise, sleeper, abort } = this.#fallAsleep(seconds, signal);
    signal?.addEventListener('abort', abort, { once: true });
    if (this.#mode === 'running') this.#pump();
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#forget(sleeper);
    }
  }

  #fallAsleep(
    seconds: number,
    signal: AbortSignal | undefined,
  ): { promise: Promise<void>; sleeper: Sleeper; abort: () => void } {
    let wake: () => void = () => undefined;
    let abort: () => void = () => undefined;
    const promise = new Promise<void>((resolve, reject) => {
      wake = resolve;
      abort = () => reject(signal?.reason as Error);
    });
    const sleeper = { wakeAtSeconds: this.#seconds + Math.max(0, seconds), wake };
    this.#sleepers = [...this.#sleepers, sleeper].sort((a, b) => a.wakeAtSeconds - b.wakeAtSeconds);
    return { promise, sleeper, abort };
  }

  #forget(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    setImmediate(() => {
      this.#isPumping = false;
      const first = this.#sleepers[0];
      if (first === undefined) return;
      this.#seconds = Math.max(this.#seconds, first.wakeAtSeconds);
      this.#forget(first);
      first.wake();
      if (this.#sleepers.length > 0) this.#pump();
    });
  }
}
