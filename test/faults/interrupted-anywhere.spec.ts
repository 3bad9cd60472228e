import { describe, expect, it } from '@jest/globals';

import { exitCodeOf } from '../../src/cli/exit-code.ts';
import type { Side } from './fault-cells.ts';
import { isInSync, violationsOf } from './play-cell.ts';
import { SmallWorld, type WorldFeatures } from './small-world.ts';
import { isThorough } from './thoroughness.ts';

const FEATURES: WorldFeatures = {
  deletions: 'tombstone',
  auth: 'bearer',
  blobs: 'blob-origin',
  referrers: 'all',
};

/** More requests than a cycle makes on either side are of no use; the last ones find nothing to interrupt. */
const LAST_MOMENT = 102;

const STRIDE = isThorough ? 1 : 6;

const MOMENTS = Array.from({ length: LAST_MOMENT / STRIDE }, (_, index) => index * STRIDE + 1);

describe('a cycle that is interrupted at any moment', () => {
  it.each<Side>(['primary', 'secondary'])(
    'ends with a report, and the next one finishes the work: %s',
    async (side) => {
      const violations: string[] = [];
      for (const moment of MOMENTS) {
        for (const what of await interruptAt(side, moment)) violations.push(`at request ${moment}: ${what}`);
      }

      expect(violations).toEqual([]);
    },
  );
});

async function interruptAt(side: Side, moment: number): Promise<readonly string[]> {
  const world = await SmallWorld.open(FEATURES);
  const controller = new AbortController();
  let seen = 0;
  world[side].faults.add({
    when: () => {
      seen += 1;
      if (seen === moment) controller.abort();
      return false;
    },
    fault: { kind: 'reset' },
  });
  const before = world.actual;
  try {
    const first = await world.cycle(undefined, controller.signal);
    const found = [...violationsOf(world, before, 0)];
    if (controller.signal.aborted && exitCodeOf(first) === 0 && !isInSync(world)) found.push('exit 0');
    await settled(world);
    const second = await world.cycle();
    if (exitCodeOf(second) !== 0 || !isInSync(world)) found.push(`the next cycle ended ${second.outcome}`);
    return [...found, ...world.defects.map(String)];
  } catch (error) {
    return [`an exception left the cycle: ${error instanceof Error ? (error.stack ?? '') : String(error)}`];
  } finally {
    await world.close();
  }
}

/** What had left the process is still on its way. */
async function settled(world: SmallWorld): Promise<void> {
  const underWay = (): number => world.primary.history.inFlight() + world.secondary.history.inFlight();
  while (underWay() > 0) await new Promise((resolve) => setImmediate(resolve));
}
