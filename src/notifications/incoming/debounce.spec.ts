import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../../test/integration/registry/virtual-clock.ts';
import { Debounce } from './debounce.ts';

const NEVER = new AbortController().signal;

/** Lets everything that is ready go on. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Knocks every tenth of a second, and says after how many seconds each settling ended. */
async function settlings(debounce: Debounce, clock: VirtualClock, seconds: number): Promise<number[]> {
  const ends: number[] = [];
  const begin = clock.monotonicSeconds();
  const end = new AbortController();
  const settle = async (): Promise<void> => {
    while (!end.signal.aborted) {
      await debounce.settle(5, end.signal);
      if (!end.signal.aborted) ends.push(Math.round((clock.monotonicSeconds() - begin) * 10) / 10);
    }
  };
  const settled = settle();
  for (let tenth = 0; tenth < seconds * 10; tenth++) {
    debounce.knock();
    await turn();
    clock.advance(0.1);
    await turn();
  }
  end.abort();
  await settled;
  return ends;
}

describe('a debounce', () => {
  it('ends a quarter of a second after a single knock', async () => {
    const clock = new VirtualClock();
    const begin = clock.monotonicSeconds();
    const debounce = new Debounce(clock);
    debounce.knock();

    await debounce.settle(5, NEVER);

    expect(clock.monotonicSeconds() - begin).toBeCloseTo(0.25);
  });

  it('ends after the idle time without a knock', async () => {
    const clock = new VirtualClock();
    const begin = clock.monotonicSeconds();

    await new Debounce(clock).settle(5, NEVER);

    expect(clock.monotonicSeconds() - begin).toBeCloseTo(5);
  });

  it('lets a burst wait for two seconds, and one that does not end for longer and longer', async () => {
    const clock = new VirtualClock('stopped');

    const ends = await settlings(new Debounce(clock), clock, 60);

    expect(ends).toHaveLength(4);
    [2, 6, 14, 30].forEach((expected, index) => {
      expect(Math.abs((ends[index] ?? 0) - expected)).toBeLessThan(1);
    });
  });

  it('is quick again after a burst that came to rest', async () => {
    const clock = new VirtualClock('stopped');
    const debounce = new Debounce(clock);
    await settlings(debounce, clock, 20);

    debounce.knock();
    const settled = debounce.settle(5, NEVER);
    await turn();
    clock.advance(0.25);
    await settled;
    const ends = await settlings(debounce, clock, 3);

    expect(ends[0]).toBeCloseTo(2, 0);
  });

  it('ends at once when it is told to', async () => {
    const end = new AbortController();
    const settled = new Debounce(new VirtualClock('stopped')).settle(5, end.signal);

    end.abort();

    await expect(settled).resolves.toBeUndefined();
  });
});
