import { describe, expect, it } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { PatientReading } from './patient-reading.ts';

/** A source whose answers the test gives, one after the other, and a clock that the test moves. */
class Bench {
  reads = 0;
  milliseconds = 0;
  readonly #waiting: PromiseWithResolvers<string>[] = [];
  readonly reading = new PatientReading(
    () => {
      this.reads += 1;
      const answer = Promise.withResolvers<string>();
      this.#waiting.push(answer);
      return answer.promise;
    },
    {
      freshMilliseconds: 1_000,
      waitMilliseconds: 20,
      keptMilliseconds: 45_000,
      now: () => this.milliseconds,
    },
  );

  answer(value: string): void {
    this.#waiting.shift()?.resolve(value);
  }

  fail(): void {
    this.#waiting.shift()?.reject(new Error('away'));
  }

  /** One reading that is answered at once. */
  async takeAnswered(value: string): Promise<string | undefined> {
    const taken = this.reading.take();
    this.answer(value);
    return await taken;
  }
}

describe('a patient reading', () => {
  it('is done once for all who ask while it goes on, and once more when it is no longer fresh', async () => {
    const bench = new Bench();
    const both = [bench.reading.take(), bench.reading.take()];
    bench.answer('one');

    expect(await Promise.all(both)).toEqual(['one', 'one']);
    bench.milliseconds = 1_000;
    expect(await bench.reading.take()).toBe('one');
    expect(bench.reads).toBe(1);
    bench.milliseconds = 1_001;
    expect(await bench.takeAnswered('two')).toBe('two');
    expect(bench.reads).toBe(2);
  });

  it('lets nobody wait for what does not answer, and asks it no second time', async () => {
    const bench = new Bench();
    for (let scrape = 0; scrape < 5; scrape += 1) {
      bench.milliseconds += 10_000;
      expect(await bench.reading.take()).toBeUndefined();
    }

    expect(bench.reads).toBe(1);
  });

  it('shows a late answer to those who ask later, as long as it is not old', async () => {
    const bench = new Bench();
    expect(await bench.reading.take()).toBeUndefined();
    bench.milliseconds = 10_000;
    bench.answer('late');
    await setImmediate();
    bench.milliseconds = 45_000;

    expect(await bench.reading.take()).toBe('late');
    expect(bench.reads).toBe(2);
    bench.milliseconds = 45_001;
    expect(await bench.reading.take()).toBeUndefined();
  });

  it('shows nothing after a failure, not even what was true before', async () => {
    const bench = new Bench();
    await bench.takeAnswered('one');
    bench.milliseconds = 2_000;
    const taken = bench.reading.take();
    bench.fail();

    expect(await taken).toBeUndefined();
    expect(await bench.takeAnswered('back')).toBe('back');
  });
});
