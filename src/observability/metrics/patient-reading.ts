import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  /** Two scrapers, or an impatient one, have one reading between them within this time. */
  readonly freshMilliseconds: number;
  /** How long one caller waits. */
  readonly waitMilliseconds: number;
  /** How old a value may be that stands in for a reading that takes longer than that; counted from when its own reading began. */
  readonly keptMilliseconds: number;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
}

interface Read<Value> {
  readonly value: Value;
  readonly beganAt: number;
}

/**
 * A reading that is never done twice at once and that nobody waits for beyond a limit: whoever asks more often, or gives up and asks
 * again, costs what is read nothing more. What fails is forgotten at once, so that nothing old is taken for new.
 */
export class PatientReading<Value> {
  readonly #read: () => Promise<Value>;
  readonly #patience: Patience;
  #last: Read<Value> | undefined;
  #underWay: Promise<void> | undefined;

  constructor(read: () => Promise<Value>, patience: Patience) {
    this.#read = read;
    this.#patience = patience;
  }

  /** `undefined` where it cannot be read, or not in time. */
  async take(): Promise<Value | undefined> {
    const { freshMilliseconds, waitMilliseconds, keptMilliseconds } = this.#patience;
    const fresh = this.#youngerThan(freshMilliseconds);
    if (fresh !== undefined) return fresh.value;
    this.#underWay ??= this.#readOnce().finally(() => {
      this.#underWay = undefined;
    });
    const tired = new AbortController();
    await Promise.race([this.#underWay, sleep(waitMilliseconds, undefined, { signal: tired.signal })]);
    tired.abort();
    return this.#youngerThan(keptMilliseconds)?.value;
  }

  async #readOnce(): Promise<void> {
    const beganAt = this.#patience.now();
    try {
      this.#last = { value: await this.#read(), beganAt };
    } catch {
      this.#last = undefined;
    }
  }

  #youngerThan(milliseconds: number): Read<Value> | undefined {
    const last = this.#last;
    return last !== undefined && this.#patience.now() - last.beganAt <= milliseconds ? last : undefined;
  }
}
