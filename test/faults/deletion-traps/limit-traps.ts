import type { Budget } from '../../../src/policy/deletion-policy.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { jsonStatus, plainNotFound } from '../../fakes/fake-faults.ts';
import type { FakeOperation } from '../../fakes/fake-operation.ts';
import { seed } from '../../integration/execution/copy-bench.ts';
import type { CycleTrap } from './cycle-trap.ts';
import { APP, BASE, stranger, type TrapWorld } from './trap-world.ts';

/** More tags of both sides, named `more-1` and so on; they stand for the same image. */
function more(count: number): (world: TrapWorld) => void {
  return ({ primary, secondary }) => {
    for (const { storage } of [primary, secondary]) {
      const digest = storage.tags(APP).get('v1') ?? '';
      for (let number = 1; number <= count; number += 1) storage.setTag(APP, `more-${number}`, digest);
    }
  };
}

function lose(count: number): (world: TrapWorld) => void {
  return ({ primary }) => {
    for (let number = 1; number <= count; number += 1) primary.storage.deleteTag(APP, `more-${number}`);
  };
}

type Loss = readonly [
  tags: number,
  gone: number,
  budget: Budget,
  perCycle: number,
  says: string,
  then?: CycleTrap['then'],
];

/** Beside the orphan and the five tags that every world has. */
const losses: readonly Loss[] = [
  [15, 4, { kind: 'default' }, 100, 'done', 'gone'],
  [15, 5, { kind: 'default' }, 100, 'held OVER_BUDGET'],
  [55, 5, { kind: 'default' }, 100, 'done', 'gone'],
  [15, 1, { kind: 'count', n: 1 }, 100, 'held OVER_BUDGET'],
  [15, 1, { kind: 'percent', n: 9 }, 100, 'held OVER_BUDGET'],
  [15, 1, { kind: 'percent', n: 10 }, 100, 'done', 'gone'],
  [15, 1, { kind: 'default' }, 1, 'held OVER_BUDGET'],
  [4, 4, { kind: 'percent', n: 100 }, 100, 'done', 'gone'],
  [6, 6, { kind: 'percent', n: 100 }, 100, 'held OVER_BUDGET'],
  [8, 5, { kind: 'percent', n: 100 }, 100, 'done', 'gone'],
];

function words({ kind, ...rest }: Budget): string {
  return 'n' in rest ? `${kind} ${rest.n}` : kind;
}

/** A tag that comes to the primary in the last cycle and cannot be copied. */
function brokenCopy(side: 'primary' | 'secondary', operation: FakeOperation, fault: Fault): CycleTrap['lie'] {
  return (world) => {
    seed(world.primary.storage, APP, stranger, 'new');
    world[side].faults.add({ operation, fault });
  };
}

const copies: readonly (readonly [trap: string, lie: CycleTrap['lie']])[] = [
  ['the secondary refuses its manifest', brokenCopy('secondary', 'put-tag', jsonStatus(500, 'UNKNOWN'))],
  ['the secondary refuses its blobs', brokenCopy('secondary', 'open-upload', jsonStatus(403, 'DENIED'))],
  ['the secondary loses its blobs', brokenCopy('secondary', 'commit-upload', jsonStatus(500, 'UNKNOWN'))],
  ['the primary does not have its blobs', brokenCopy('primary', 'get-blob', jsonStatus(404, 'BLOB_UNKNOWN'))],
  [
    'the primary has broken blobs',
    brokenCopy('primary', 'get-blob', { kind: 'cut-body', framing: 'length', afterBytes: 5, end: 'close' }),
  ],
  ['the primary does not give its manifest', brokenCopy('primary', 'get-manifest', plainNotFound())],
  [
    'the primary does not say what one of its tags stands for',
    ({ primary }) =>
      void primary.faults.add({
        operation: ['head-tag', 'get-tag'],
        repository: APP,
        reference: 'v2',
        fault: jsonStatus(500, 'UNKNOWN'),
      }),
  ],
  [
    'a tag of the primary has no manifest',
    ({ primary }) => primary.storage.deleteManifestKeepingTag(APP, 'v2'),
  ],
];

export const limitTraps: readonly CycleTrap[] = [
  ...losses.map(([tags, gone, perRepository, perCycle, says, then]): CycleTrap => ({
    mode: 'DS-07',
    trap: `${gone + 1} of ${tags + 5} tags are gone under a budget of ${words(perRepository)} and ${perCycle} a cycle`,
    setting: { deletions: { perRepository, perCycle } },
    before: more(tags),
    from: 'first-absence',
    lie: lose(gone),
    says,
    then,
  })),
  ...copies.map(([trap, lie]): CycleTrap => ({
    mode: 'DS-06',
    trap: `a copy fails: ${trap}`,
    lie,
    says: 'held COPY_FAILED',
  })),
  {
    mode: 'DS-06',
    trap: 'a copy of another repository fails: that one alone waits',
    lie: (world) => {
      seed(world.primary.storage, BASE, stranger, 'new');
      world.secondary.faults.add({
        operation: 'put-tag',
        repository: BASE,
        fault: jsonStatus(500, 'UNKNOWN'),
      });
    },
    says: 'done',
    then: 'gone',
  },
];
