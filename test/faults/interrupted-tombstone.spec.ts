import { describe, expect, it } from '@jest/globals';

import { parseRepositoryName } from '../../src/oci/reference.ts';
import { StateError } from '../../src/state/state-error.ts';
import type { Clock } from '../../src/time/clock.ts';
import type { Fault } from '../fakes/fake-fault.ts';
import { writeOperations } from '../fakes/fake-operation.ts';
import { DyingStateStore, type Death } from './dying-state.store.ts';
import { SmallWorld, type WorldFeatures } from './small-world.ts';

/** The secondary deletes digests only; `gone` and `shared` are orphans, and `shared` stands for what `same` stands for. */
const FEATURES: WorldFeatures = {
  deletions: 'tombstone',
  auth: 'none',
  blobs: 'served',
  referrers: 'none',
};

const APP = parseRepositoryName('team/app');

/** One whole proof on the scratch tag, and two orphans. */
const JOURNAL = [
  'started by-tag-name gone',
  'failed',
  ...['started tombstone geo-reconciler-scratch', 'tombstone-put', 'deleted', 'verified'],
  ...['started tombstone gone', 'tombstone-put', 'deleted', 'verified'],
  ...['started tombstone shared', 'tombstone-put', 'deleted', 'verified'],
];

/** What is sent in between: proof (five), then two writes for each orphan; the first delete by name before all of them. */
const WRITES = 10;

interface Stage {
  readonly world: SmallWorld;
  readonly store: DyingStateStore;
}

async function play(act: (stage: Stage) => Promise<void>): Promise<Stage & { readonly defects: unknown }> {
  let store: DyingStateStore | undefined;
  const world = await SmallWorld.open(FEATURES, (clock: Clock) => (store = new DyingStateStore(clock)));
  const stage = { world, store: store! };
  try {
    await act(stage);
    return { ...stage, defects: world.defects };
  } finally {
    await world.close();
  }
}

/** Everything that must hold once a cycle has run to its end after the death. */
async function expectMended({ world, store }: Stage): Promise<void> {
  const report = await world.cycle();

  expect(world.actual).toEqual(world.expected);
  expect([...world.secondary.storage.tags('team/app').keys()].sort()).toEqual(['moved', 'new', 'same']);
  const [link] = report.links;
  expect(await store.unfinishedDeletions(link!.link, link!.secondary, APP)).toEqual([]);
  expect(await store.loadFreeze(link!.secondary)).toBeUndefined();
  expect(report.outcome).not.toBe('failed');
}

/** Lets a cycle run in which the secondary loses the process at a write, after the deletions have begun. */
async function dieAtWrite({ world }: Stage, nth: number, fault: Fault): Promise<void> {
  const controller = new AbortController();
  let seen = 0;
  const death = world.secondary.faults.add({
    operation: [...writeOperations],
    fault,
    when: ({ operation }) => {
      if (operation === 'delete-tag' || seen > 0) seen += 1;
      if (seen !== nth) return false;
      controller.abort();
      return true;
    },
  });
  await world.cycle(undefined, controller.signal);
  // What had left the process before it died is still on its way.
  while (world.secondary.history.inFlight() > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toBeGreaterThanOrEqual(nth);
  death.remove();
}

describe('deleting two orphans by tombstones', () => {
  it('writes this down, and sends as many writes', async () => {
    await play(async ({ world, store }) => {
      await world.cycle();

      expect(store.written).toEqual(JOURNAL);
      const writes = world.secondary.history.writes().map(({ operation }) => operation);
      expect(writes.slice(writes.indexOf('delete-tag'))).toHaveLength(WRITES);
    });
  });
});

describe('a process that dies while it deletes by tombstones', () => {
  const atJournal = JOURNAL.flatMap((what, index): (Death & { readonly what: string })[] => [
    { nth: index + 1, what, when: 'before' },
    { nth: index + 1, what, when: 'after' },
  ]);

  it.each(atJournal)('$when its note $nth ($what) leaves what the next cycle ends', async (death) => {
    const { defects } = await play(async (stage) => {
      stage.store.dieAt(death);
      await expect(stage.world.cycle()).rejects.toBeInstanceOf(StateError);
      stage.store.revive();

      await expectMended(stage);
    });
    expect(defects).toEqual([]);
  });

  const atWrites = Array.from({ length: WRITES }, (_, index) => index + 1).flatMap((nth) => [
    { nth, when: 'before', fault: { kind: 'reset' } as const },
    { nth, when: 'after', fault: { kind: 'answer-lost' } as const },
  ]);

  it.each(atWrites)('$when its write $nth leaves what the next cycle ends', async ({ nth, fault }) => {
    const { defects } = await play(async (stage) => {
      await dieAtWrite(stage, nth, fault);

      await expectMended(stage);
    });
    expect(defects).toEqual([]);
  });
});
