import { compilePattern } from '../../../src/policy/pattern.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import { jsonStatus } from '../../fakes/fake-faults.ts';
import { seed } from '../../integration/execution/copy-bench.ts';
import type { CycleTrap } from './cycle-trap.ts';
import { APP, ORPHAN, stranger, type TrapWorld } from './trap-world.ts';

const all = { include: 'all', exclude: [] } as const;

function filteredTo(...patterns: readonly string[]): CycleTrap['lie'] {
  return (world) => {
    world.setting = {
      ...world.setting,
      policy: { tags: { include: patterns.map((text) => compilePattern(text)), exclude: [] } },
    };
  };
}

function foreign({ secondary }: TrapWorld): void {
  seed(secondary.storage, APP, stranger, 'foreign');
}

function deletionsBecome(deletions: NonNullable<TrapWorld['setting']['deletions']>): CycleTrap['lie'] {
  return (world) => {
    world.setting = { ...world.setting, deletions: { ...world.setting.deletions, ...deletions } };
  };
}

export const historyTraps: readonly CycleTrap[] = [
  {
    mode: 'DS-05',
    trap: 'the second look comes nine minutes after the first',
    lie: ({ clock }) => clock.advance(-60),
    says: 'held TOO_FEW_OBSERVATIONS',
  },
  {
    mode: 'DS-05',
    trap: 'three observations are asked for',
    setting: { deletions: { minObservations: 3 } },
    lie: () => undefined,
    says: 'held TOO_FEW_OBSERVATIONS',
    after: 'gone',
  },
  {
    mode: 'DS-05',
    trap: 'an hour of absence is asked for',
    setting: { deletions: { minAbsenceSeconds: 3600 } },
    lie: () => undefined,
    says: 'held TOO_FEW_OBSERVATIONS',
    after: 'lives',
  },
  {
    mode: 'DS-05',
    trap: 'a cycle in between could not read the primary: it is no observation',
    setting: { deletions: { minObservations: 3 } },
    lie: async (world) => {
      const planned = world.primary.faults.add({
        operation: 'list-tags',
        repository: APP,
        fault: jsonStatus(500, 'UNKNOWN'),
      });
      await world.cycle();
      planned.remove();
    },
    says: 'held TOO_FEW_OBSERVATIONS',
    after: 'gone',
  },
  {
    mode: 'DS-11',
    trap: 'the state was lost',
    lie: (world) => {
      world.store = new MemoryStateStore(world.clock);
    },
    says: 'held FIRST_CYCLE',
  },
  {
    mode: 'DS-11',
    trap: 'the clock was turned back by a day',
    lie: ({ clock }) => clock.advance(-86_400),
    says: 'held TOO_FEW_OBSERVATIONS',
  },
  {
    mode: 'DS-11',
    trap: 'the clock was turned back by two hours, and runs on from there: it is counted anew',
    lie: ({ clock }) => clock.advance(-7200),
    says: 'held TOO_FEW_OBSERVATIONS',
    after: 'gone',
  },
  {
    mode: 'DS-11',
    trap: 'the clock was turned back by a quarter of an hour',
    lie: ({ clock }) => clock.advance(-900),
    says: 'held TOO_FEW_OBSERVATIONS',
  },
  {
    mode: 'DS-11',
    trap: 'the clock runs ahead by a year after the first absence: two observations are still two',
    lie: ({ clock }) => clock.advance(31_536_000),
    says: 'done',
    then: 'gone',
  },
  {
    mode: 'DS-11',
    trap: 'the clock runs ahead by a year before the first absence: one observation is one',
    from: 'first-absence',
    setting: { deletions: { minObservations: 3 } },
    lie: ({ clock }) => clock.advance(31_536_000),
    says: 'held TOO_FEW_OBSERVATIONS',
  },

  {
    mode: 'DS-09',
    trap: 'the tag filter changed',
    lie: filteredTo('*'),
    says: 'held CONFIG_CHANGED',
    after: 'gone',
  },
  {
    mode: 'DS-09',
    trap: 'the tag filter became narrower and keeps the orphan',
    lie: filteredTo('v*', ORPHAN),
    says: 'held CONFIG_CHANGED',
  },
  {
    mode: 'DS-09',
    trap: 'the repositories of the link changed',
    lie: (world) => {
      world.setting = { policy: { repositories: { ...all, exclude: [compilePattern('team/none')] } } };
    },
    says: 'held CONFIG_CHANGED',
  },
  {
    mode: 'DS-25',
    trap: 'a typo in the tag filter leaves the orphan out',
    lie: filteredTo('v?'),
    says: 'no orphan',
    after: 'lives',
  },
  {
    mode: 'DS-25',
    trap: 'the tag filter matches nothing',
    lie: filteredTo('nothing-*'),
    says: 'no orphan',
    after: 'lives',
  },
  {
    mode: 'DS-25',
    trap: 'the repository is excluded',
    lie: (world) => {
      world.setting = { policy: { repositories: { ...all, exclude: [compilePattern(APP)] } } };
    },
    says: 'no orphan',
    after: 'lives',
  },
  {
    mode: 'DS-22',
    trap: 'deletions are switched off',
    lie: deletionsBecome({ orphans: 'off' }),
    says: 'skipped DELETIONS_OFF',
    after: 'lives',
  },
  {
    mode: 'DS-22',
    trap: 'orphans are only reported',
    lie: deletionsBecome({ orphans: 'report' }),
    says: 'skipped REPORT_ONLY',
    after: 'lives',
  },

  {
    mode: 'DS-10',
    trap: 'somebody put a tag on the secondary',
    tag: 'foreign',
    before: foreign,
    lie: () => undefined,
    says: 'held FOREIGN_TAG',
    after: 'lives',
  },
  {
    mode: 'DS-10',
    trap: 'somebody put a tag on the secondary, and foreign tags are adopted',
    tag: 'foreign',
    from: 'first-absence',
    setting: { deletions: { adoptForeign: true } },
    lie: foreign,
    says: 'done',
    then: 'gone',
  },
  {
    mode: 'DS-10',
    trap: 'somebody put a tag on the secondary since the last cycle',
    tag: 'foreign',
    lie: foreign,
    says: 'held FOREIGN_TAG',
    after: 'lives',
  },
  {
    mode: 'DS-10',
    trap: 'somebody put a tag on the secondary since the last cycle, and foreign tags are adopted',
    tag: 'foreign',
    setting: { deletions: { adoptForeign: true } },
    lie: foreign,
    says: 'held TOO_FEW_OBSERVATIONS',
  },
  {
    mode: 'DS-10',
    trap: 'an operator asked for deletions by hand in the first cycle',
    tag: 'foreign',
    setting: { deletions: { authority: 'operator-word' } },
    lie: (world) => {
      foreign(world);
      world.store = new MemoryStateStore(world.clock);
    },
    says: 'done',
    then: 'gone',
  },
];
