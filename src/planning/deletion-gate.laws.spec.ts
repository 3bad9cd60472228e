import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { POLICY } from '../../test/faults/deletion-traps/gate-trap.ts';
import { playHistory, type ModelHistory } from '../../test/faults/deletion-laws/model-world.ts';
import { allowedDeletions, type DeletionPolicy } from '../policy/deletion-policy.ts';

const tag = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');

/** Mostly the first, now and then one of the others. */
function mostly<T>(first: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.constant(first) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('delete'), tag }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constantFrom('push', 'push-there', 'delete-there'), tag }) },
  { weight: 1, arbitrary: fc.constant({ does: 'wipe' }) },
);

const lie = fc.record({
  /** What the list of the primary is: the truth, shorter than it, from a cycle before, or no list. */
  list: mostly('true', 'short', 'stale', 'empty', 'broken'),
  /** What a lookup is: the truth, no answer, or a 404 that speaks of the repository. */
  lookup: mostly('true', 'unclear', 'repository-unknown'),
  control: mostly('true', 'unclear'),
  copies: mostly('all-done', 'some-failed'),
  sentinel: mostly('confirmed', 'missing'),
});

const cycle = fc.record({
  before: fc.array(happening, { maxLength: 2 }),
  /** After the lists were read, before the last looks. */
  meanwhile: fc.array(happening, { maxLength: 1 }),
  minutes: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 5, max: 30 }) },
    { weight: 1, arbitrary: fc.integer({ min: -90, max: 0 }) },
  ),
  lie,
});

const policy: fc.Arbitrary<DeletionPolicy> = fc.record({
  ...Object.fromEntries(Object.entries(POLICY).map(([key, value]) => [key, fc.constant(value)])),
  perRepository: fc.constantFrom({ kind: 'default' }, { kind: 'count', n: 1 }, { kind: 'percent', n: 30 }),
  perCycle: mostly(100, 0, 1, 2),
  minObservations: fc.integer({ min: 1, max: 3 }),
  adoptForeign: fc.boolean(),
}) as unknown as fc.Arbitrary<DeletionPolicy>;

const history: fc.Arbitrary<ModelHistory> = fc.record({
  policy,
  start: fc.uniqueArray(tag, { minLength: 4 }),
  cycles: fc.array(cycle, { minLength: 4, maxLength: 7 }),
}) as unknown as fc.Arbitrary<ModelHistory>;

/** Generated histories of one run, over both laws. */
const RUNS = 10_000;

describe('over random registries, histories and lies', () => {
  it('no deletion is without evidence: the tag is absent, was so often and long enough, and something else answered', () => {
    let deletions = 0;
    fc.assert(
      fc.property(history, (given) => {
        for (const { deletions: gone, copies, lie: told } of playHistory(given)) {
          for (const deleted of gone) {
            deletions += 1;
            expect(deleted).toMatchObject({
              trulyThere: false,
              shownInWindow: false,
              controlAnswered: true,
              asPlanned: true,
            });
            expect(deleted.absences).toBeGreaterThanOrEqual(given.policy.minObservations);
            expect(deleted.absentSeconds).toBeGreaterThanOrEqual(given.policy.minAbsenceSeconds);
            expect([copies, told.sentinel]).toEqual(['all-done', 'confirmed']);
          }
        }
      }),
      { numRuns: RUNS },
    );
    // A gate that lets nothing go keeps every law.
    expect(deletions).toBeGreaterThan(100);
  });

  it('no cycle deletes more than its budget, empties a repository, or loses a tag that it was not told to delete', () => {
    fc.assert(
      fc.property(history, (given) => {
        const broken = playHistory(given).filter(({ deletions, planned, before, after }) => {
          const { perCycle, perRepository } = given.policy;
          const named = new Set(deletions.map((deleted) => deleted.tag));
          const isOver = deletions.length > Math.min(perCycle, allowedDeletions(perRepository, before.size));
          const isEmptied = deletions.length > 0 && deletions.length >= planned.size;
          return (
            isOver || isEmptied || [...before.keys()].some((each) => !after.has(each) && !named.has(each))
          );
        });
        expect(broken).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});
