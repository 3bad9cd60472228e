import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { exitCodeOf } from '../../src/cli/exit-code.ts';
import { operations } from '../fakes/fake-operation.ts';
import { incompleteTags } from './incomplete-tags.ts';
import { SmallWorld, type WorldFeatures } from './small-world.ts';

const WORLDS: readonly WorldFeatures[] = [
  { deletions: 'by-name', auth: 'none', blobs: 'served', referrers: 'none' },
  { deletions: 'by-name', auth: 'bearer', blobs: 'blob-origin', referrers: 'all' },
  { deletions: 'tombstone', auth: 'none', blobs: 'served', referrers: 'none' },
];

describe.each(WORLDS)(
  'the small world of the fault matrix: $deletions, $auth, $blobs, $referrers',
  (features) => {
    let world: SmallWorld;

    beforeEach(async () => {
      world = await SmallWorld.open(features);
    });

    afterEach(async () => {
      await world.close();
      expect(world.defects).toEqual([]);
    });

    it('ends in sync where nothing goes wrong, and writes nothing the second time', async () => {
      const first = await world.cycle();
      expect([first.outcome, exitCodeOf(first)]).toEqual(['in-sync', 0]);
      expect(world.actual).toEqual(world.expected);
      expect(incompleteTags(world.secondary.storage)).toEqual([]);

      world.secondary.history.clear();
      const second = await world.cycle();
      expect(second.outcome).toBe('in-sync');
      expect(world.secondary.history.writes()).toEqual([]);
    });
  },
);

describe('the small worlds of the fault matrix together', () => {
  it('ask for everything that the product ever asks for', async () => {
    const asked = new Set<string>();
    for (const features of WORLDS) {
      const world = await SmallWorld.open(features);
      await world.cycle();
      for (const { operation } of [...world.primary.history.all, ...world.secondary.history.all])
        asked.add(operation);
      await world.close();
    }

    // By identity token, in pieces, and what is done only after something failed.
    expect(operations.filter((operation) => !asked.has(operation))).toEqual([
      'post-token',
      'patch-upload',
      'get-upload',
      'cancel-upload',
      'delete-blob',
      'unknown',
    ]);
  });
});
