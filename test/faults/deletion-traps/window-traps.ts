import { seed } from '../../integration/execution/copy-bench.ts';
import { ociImage } from '../../builders/image-content.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import type { CycleTrap } from './cycle-trap.ts';
import { at, LATE_MOMENTS, MOMENTS, ownLookupIs } from './moments.ts';
import { APP, ORPHAN, stranger, type TrapWorld } from './trap-world.ts';

const again = ociImage('trap world, pushed again');

function pushAgain({ primary }: TrapWorld): Fault {
  return at(() => void seed(primary.storage, APP, again, ORPHAN));
}

/** Somebody else moves the tag on the secondary. */
function moveThere({ secondary }: TrapWorld): Fault {
  return at(() => void seed(secondary.storage, APP, stranger, ORPHAN));
}

function takeThere({ secondary, harmed }: TrapWorld): Fault {
  return at(() => {
    harmed.add(`${APP}:${ORPHAN}`);
    secondary.storage.deleteTag(APP, ORPHAN);
  });
}

/** The tag comes back to the primary at every moment of the cycle that would delete it. */
const onPrimary: readonly (readonly [moment: string, says: string])[] = [
  ['before the primary is reached', 'no orphan'],
  ['while the catalog is read', 'no orphan'],
  ['before the first page of the tags', 'no orphan'],
  ['between the pages of the tags', 'held PRIMARY_STILL_HAS_TAG'],
  ['before the last page of the tags', 'held PRIMARY_STILL_HAS_TAG'],
  ['while the digests are resolved', 'held PRIMARY_STILL_HAS_TAG'],
  ['right before its own last lookup', 'held PRIMARY_STILL_HAS_TAG'],
];

export const windowTraps: readonly CycleTrap[] = [
  ...onPrimary.map(([moment, says]): CycleTrap => ({
    mode: 'DS-05',
    trap: `the tag is pushed to the primary again ${moment}`,
    lie: (world) => MOMENTS.get(moment)?.(world, pushAgain(world)),
    says,
    after: 'lives',
  })),
  ...[...LATE_MOMENTS].map(([moment, strike]): CycleTrap => ({
    mode: 'DS-05',
    trap: `the tag is pushed to the primary again ${moment}, too late to be seen: it is copied again at once`,
    lie: (world) => strike(world, pushAgain(world)),
    says: 'skipped PRIMARY_STILL_HAS_TAG',
    after: 'lives',
  })),
  {
    mode: 'DS-05',
    trap: 'the tag is pushed to the primary again while the secondary deletes it: it is copied again at once',
    lie: (world) =>
      void world.secondary.faults.add({ operation: 'delete-tag', times: 1, fault: pushAgain(world) }),
    says: 'skipped PRIMARY_STILL_HAS_TAG',
    after: 'lives',
  },
  {
    mode: 'DS-10',
    trap: 'somebody moves the tag on the secondary before the plan sees it: what stands there now is not ours',
    lie: (world) => MOMENTS.get('while the digests are resolved')?.(world, moveThere(world)),
    says: 'held FOREIGN_TAG',
    after: 'lives',
  },
  {
    mode: 'DS-12',
    trap: 'somebody moves the tag on the secondary right before the last lookup on the primary',
    lie: (world) => MOMENTS.get('right before its own last lookup')?.(world, moveThere(world)),
    says: 'held SECONDARY_CHANGED',
  },
  {
    mode: 'DS-18',
    trap: 'somebody deletes the tag on the secondary before the plan sees it',
    lie: (world) => MOMENTS.get('while the digests are resolved')?.(world, takeThere(world)),
    says: 'no orphan',
    then: 'gone',
  },
  {
    mode: 'DS-18',
    trap: 'somebody deletes the tag on the secondary right before the last lookup on the primary',
    lie: (world) => MOMENTS.get('right before its own last lookup')?.(world, takeThere(world)),
    says: 'held SECONDARY_CHANGED',
    then: 'gone',
  },
  {
    mode: 'DS-12',
    trap: 'somebody moves the tag on the secondary right before its last lookup there',
    lie: (world) => ownLookupIs(world, moveThere(world)),
    says: 'held SECONDARY_CHANGED',
  },
  {
    mode: 'DS-17',
    trap: 'somebody pushes the tag to the secondary again before it is read back',
    lie: (world) => {
      const { secondary } = world;
      const isDeleted = (): boolean => secondary.history.count({ operation: 'delete-tag' }) > 0;
      secondary.faults.add({
        operation: 'head-tag',
        reference: ORPHAN,
        when: isDeleted,
        fault: moveThere(world),
      });
    },
    says: 'failed VERIFY_FAILED',
  },
  {
    mode: 'DS-05',
    trap: 'the tag comes back for one cycle and goes again: it is counted anew',
    lie: async (world) => {
      seed(world.primary.storage, APP, again, ORPHAN);
      await world.cycle();
      world.primary.storage.deleteTag(APP, ORPHAN);
    },
    says: 'held TOO_FEW_OBSERVATIONS',
  },
  {
    mode: 'DS-05',
    trap: 'the list of the primary flaps: it has the tag in every second cycle',
    lie: async (world) => {
      for (let round = 0; round < 3; round += 1) {
        seed(world.primary.storage, APP, again, ORPHAN);
        await world.cycle();
        world.primary.storage.deleteTag(APP, ORPHAN);
        await world.cycle();
      }
      seed(world.primary.storage, APP, again, ORPHAN);
      await world.cycle();
      world.primary.storage.deleteTag(APP, ORPHAN);
    },
    says: 'held TOO_FEW_OBSERVATIONS',
  },
  {
    mode: 'DS-05',
    trap: 'the list of the primary is stale, from before the tag was pushed',
    orphan: 'lives',
    from: 'first-absence',
    lie: ({ primary }) => {
      const stale = primary.storage.snapshot();
      stale.deleteTag(APP, ORPHAN);
      primary.faults.add({
        operation: ['list-tags', 'list-tags-next'],
        repository: APP,
        fault: { kind: 'stale-read', storage: stale },
      });
    },
    says: 'held PRIMARY_STILL_HAS_TAG',
  },
  {
    mode: 'DS-05',
    trap: 'the list of the primary is stale, from when the tag was there: and nobody can say what it stands for',
    lie: ({ primary }) => {
      const stale = primary.storage.snapshot();
      seed(stale, APP, again, ORPHAN);
      primary.faults.add({
        operation: ['list-tags', 'list-tags-next'],
        repository: APP,
        fault: { kind: 'stale-read', storage: stale },
      });
    },
    says: 'no orphan',
  },
];
