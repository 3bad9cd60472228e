import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  danglingEntry,
  filteredEntry,
  resolvedEntry,
  tagMapOf,
  unreadableEntry,
} from '../../test/builders/arbitrary-tag-map.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { parseRepositoryName, parseTag, type Tag } from '../oci/reference.ts';
import { digestOfEntry, type TagEntry, type TagMap } from '../oci/tag-map.ts';
import { diffTagMaps } from './diff-tag-maps.ts';
import {
  observeAbsence,
  ownershipOf,
  rememberFailure,
  rememberSettled,
  type Observation,
  type SettledRepository,
} from './remember-repository.ts';
import type { RepositoryMemory, RepositoryUpdate, TagRecord } from './repository-memory.ts';
import { planRepository } from './repository-plan.ts';
import {
  contentDigestOf,
  stepDone,
  stepEnded,
  stepPlanned,
  type PlanStep,
  type StepOutcome,
} from './step.ts';

const tag = parseTag('v1');
const one = digestOf(Buffer.from('one'));
const two = digestOf(Buffer.from('two'));
const filtered = digestOf(Buffer.from('filtered'));

function at(minute: number): Date {
  return new Date(Date.UTC(2030, 0, 1, 0, minute));
}

function observedAt(minute: number, more: Partial<Observation> = {}): Observation {
  return {
    now: at(minute),
    cycleId: `cycle-${minute}`,
    secondaryRepository: parseRepositoryName('mirror/app'),
    policyHash: 'policy',
    primaryOrigin: 'https://primary',
    ...more,
  };
}

function mapWith(entry: TagEntry | undefined): TagMap {
  return new Map(entry === undefined ? [] : [[tag, entry]]);
}

const resolved = (digest = one): TagEntry => ({ kind: 'resolved', digest });

/** What the two sides hold of one tag, and what became of it. */
interface Look {
  readonly primary?: TagEntry;
  readonly secondary?: TagEntry;
  readonly steps?: readonly StepOutcome[];
}

function settled({ primary, secondary, steps = [] }: Look): SettledRepository {
  return { outcome: 'in-sync', expected: mapWith(primary), actual: mapWith(secondary), steps };
}

/** The memory after what was to be written is written. */
function write(update: RepositoryUpdate, before: RepositoryMemory | undefined): RepositoryMemory {
  const tags = new Map(before?.tags);
  for (const name of update.forgottenTags) tags.delete(name);
  for (const record of update.changedTags) tags.set(record.tag, record);
  return { repository: update.repository, tags };
}

function recordsOf(memory: RepositoryMemory | undefined): TagRecord[] {
  return [...(memory?.tags.values() ?? [])];
}

/** The memory after these looks, one a minute, the first at minute 0. */
function memoryAfter(...looks: readonly Look[]): RepositoryMemory | undefined {
  return looks.reduce<RepositoryMemory | undefined>(
    (memory, look, minute) => write(rememberSettled(memory, settled(look), observedAt(minute)), memory),
    undefined,
  );
}

function recordAfter(...looks: readonly Look[]): TagRecord | undefined {
  return memoryAfter(...looks)?.tags.get(tag);
}

const copy: PlanStep = { kind: 'copy-tag', tag, primaryDigest: one, secondaryDigest: null };
const move: PlanStep = { kind: 'move-tag', tag, primaryDigest: one, secondaryDigest: two };
const deletion: PlanStep = { kind: 'delete-orphan-tag', tag, primaryDigest: null, secondaryDigest: one };
const referrer: PlanStep = { kind: 'copy-referrer', tag, primaryDigest: two, secondaryDigest: null };

const inSync: Look = { primary: resolved(), secondary: resolved() };
const orphan: Look = {
  secondary: resolved(),
  steps: [stepEnded(deletion, 'skipped', 'DELETIONS_OFF', 'off')],
};
const copied: Look = { primary: resolved(), steps: [stepDone(copy)] };
const failedCopy: Look = { primary: resolved(), steps: [stepEnded(copy, 'failed', 'TIMEOUT', 'too late')] };
const moved: Look = { primary: resolved(), secondary: resolved(two), steps: [stepDone(move)] };
const failedMove: Look = { ...moved, steps: [stepEnded(move, 'failed', 'TIMEOUT', 'too late')] };

describe('what is remembered of a tag', () => {
  const equal: TagRecord = {
    tag,
    state: 'in_sync',
    primaryDigest: one,
    secondaryDigest: one,
    lastAppliedDigest: one,
    reason: null,
    message: null,
    firstSeenDifferentAt: null,
    orphanSince: null,
    orphanObservations: 0,
    inSyncSince: at(0),
    lastVerifiedAt: null,
    lastVerifiedDepth: null,
    doubtedAt: null,
  };
  const different = { lastAppliedDigest: null, firstSeenDifferentAt: at(0), inSyncSince: null };
  const readBack = { lastVerifiedAt: at(0), lastVerifiedDepth: 'tag' } as const;
  const absence = { primaryDigest: null, orphanSince: at(0), orphanObservations: 1 };

  it.each<[string, Look, Partial<TagRecord>]>([
    ['was found equal', inSync, {}],
    ['was copied', copied, readBack],
    ['was moved', moved, readBack],
    [
      'failed to be copied',
      failedCopy,
      { ...different, state: 'failed', secondaryDigest: null, reason: 'TIMEOUT', message: 'too late' },
    ],
    [
      'failed to be moved',
      failedMove,
      { ...different, state: 'failed', secondaryDigest: two, reason: 'TIMEOUT', message: 'too late' },
    ],
    [
      'is still to be copied',
      { primary: resolved(), steps: [stepEnded(copy, 'skipped', 'TAG_IMMUTABLE', 'parked')] },
      { ...different, state: 'missing', secondaryDigest: null, reason: 'TAG_IMMUTABLE', message: 'parked' },
    ],
    [
      'is still to be moved',
      { ...moved, steps: [stepEnded(move, 'skipped', 'TAG_IMMUTABLE', 'parked')] },
      { ...different, state: 'moved', secondaryDigest: two, reason: 'TAG_IMMUTABLE', message: 'parked' },
    ],
    [
      'was only planned to be copied',
      { primary: resolved(), steps: [stepPlanned(copy)] },
      { ...different, state: 'missing', secondaryDigest: null },
    ],
    [
      'was only planned to be deleted',
      { ...orphan, steps: [stepPlanned(deletion)] },
      { ...different, ...absence, state: 'orphan' },
    ],
    [
      'is an orphan',
      orphan,
      { ...different, ...absence, state: 'orphan', reason: 'DELETIONS_OFF', message: 'off' },
    ],
    [
      'is held back from deletion',
      { ...orphan, steps: [stepEnded(deletion, 'held', 'FIRST_CYCLE', 'wait')] },
      { ...different, ...absence, state: 'held', reason: 'FIRST_CYCLE', message: 'wait' },
    ],
    [
      'failed to be deleted',
      { ...orphan, steps: [stepEnded(deletion, 'failed', 'SERVER_ERROR', 'broken')] },
      { ...different, ...absence, state: 'failed', reason: 'SERVER_ERROR', message: 'broken' },
    ],
    [
      'is an orphan without a manifest',
      { secondary: { kind: 'dangling' }, steps: orphan.steps! },
      {
        ...different,
        ...absence,
        state: 'orphan',
        secondaryDigest: null,
        reason: 'DELETIONS_OFF',
        message: 'off',
      },
    ],
    [
      'is equal but for a referrer that failed',
      { ...inSync, steps: [stepEnded(referrer, 'failed', 'TIMEOUT', 'too late')] },
      { ...different, state: 'failed', reason: 'TIMEOUT', message: 'too late' },
    ],
    ['is equal, its referrer was copied', { ...inSync, steps: [stepDone(referrer)] }, {}],
  ])('that %s', (_what, look, expected) => {
    expect(recordAfter(look)).toStrictEqual({ ...equal, ...expected });
  });

  it('that a platform filter changes is what the filter makes of it', () => {
    const expecting: TagEntry = { kind: 'resolved', digest: one, expectedDigest: filtered };
    const done = stepDone({ ...copy, expectedDigest: filtered });
    const record = { ...equal, secondaryDigest: filtered, lastAppliedDigest: filtered };
    expect(recordAfter({ primary: expecting, steps: [done] })).toStrictEqual({ ...record, ...readBack });
    expect(recordAfter({ primary: expecting, secondary: resolved(filtered) })).toStrictEqual(record);
  });

  it.each<[string, StepOutcome[]]>([
    [
      'before',
      [
        stepEnded(referrer, 'failed', 'TIMEOUT', 'too late'),
        stepEnded(copy, 'failed', 'TARGET_FULL', 'full'),
      ],
    ],
    [
      'after',
      [
        stepEnded(copy, 'failed', 'TARGET_FULL', 'full'),
        stepEnded(referrer, 'failed', 'TIMEOUT', 'too late'),
      ],
    ],
  ])('is the end of its own step, whether that of a referrer comes %s', (_when, steps) => {
    expect(recordAfter({ primary: resolved(), steps })).toMatchObject({
      reason: 'TARGET_FULL',
      message: 'full',
    });
  });
});

describe('a deleted tag', () => {
  const deleted: Look = { secondary: resolved(), steps: [stepDone(deletion)] };

  it('is forgotten', () => {
    const before = memoryAfter(orphan);
    const update = rememberSettled(before, settled(deleted), observedAt(1));
    expect(update).toMatchObject({ forgottenTags: [tag], changedTags: [] });
    expect(write(update, before).tags.size).toBe(0);
  });

  it('of which nothing was known needs no forgetting', () => {
    expect(rememberSettled(undefined, settled(deleted), observedAt(0))).toMatchObject({
      forgottenTags: [],
      changedTags: [],
    });
  });
});

describe('a tag that neither side has any more', () => {
  it('is forgotten', () => {
    expect(rememberSettled(memoryAfter(inSync), settled({}), observedAt(1))).toMatchObject({
      forgottenTags: [tag],
      changedTags: [],
    });
  });
});

describe('the times of a tag', () => {
  it('count a difference from when it was first seen', () => {
    expect(recordAfter(failedCopy, failedCopy, failedMove)).toMatchObject({
      firstSeenDifferentAt: at(0),
      inSyncSince: null,
    });
  });

  it('begin anew with the next difference', () => {
    expect(recordAfter(failedCopy, inSync, failedMove)).toMatchObject({ firstSeenDifferentAt: at(2) });
  });

  it('count equality from when it was first found', () => {
    expect(recordAfter(failedCopy, copied, inSync, inSync)).toMatchObject({
      firstSeenDifferentAt: null,
      inSyncSince: at(1),
    });
  });

  it('count equality from the copy of a tag that moved and was copied in one cycle', () => {
    expect(recordAfter(inSync, inSync, moved)).toMatchObject({ inSyncSince: at(2) });
    expect(recordAfter(inSync, copied)).toMatchObject({ inSyncSince: at(1) });
  });

  it('count equality from before where an equal tag is copied once more', () => {
    const recopied: Look = { ...inSync, steps: [stepDone({ ...copy, secondaryDigest: one })] };
    expect(recordAfter(inSync, recopied)).toMatchObject({ inSyncSince: at(0) });
  });
});

describe('what this service put under a tag', () => {
  it('is remembered while the tag fails, and while it is an orphan', () => {
    expect(recordAfter(copied, failedMove)).toMatchObject({ lastAppliedDigest: one, secondaryDigest: two });
    expect(recordAfter(copied, orphan)).toMatchObject({ lastAppliedDigest: one, state: 'orphan' });
  });

  it('is nothing for a tag that it never wrote and never found equal', () => {
    expect(recordAfter(orphan, orphan)).toMatchObject({ lastAppliedDigest: null });
  });
});

describe('the absence of a tag', () => {
  it('is counted in every observation', () => {
    expect(recordAfter(inSync, orphan, orphan, orphan)).toMatchObject({
      orphanSince: at(1),
      orphanObservations: 3,
    });
  });

  it('is counted from one again after the primary had the tag', () => {
    expect(recordAfter(orphan, orphan, inSync, orphan)).toMatchObject({
      orphanSince: at(3),
      orphanObservations: 1,
    });
    expect(recordAfter(orphan, orphan, inSync)).toMatchObject({ orphanSince: null, orphanObservations: 0 });
  });

  it('is counted from one again after the primary listed the tag and could not be read', () => {
    const unclear: Look = {
      primary: { kind: 'unreadable', code: 'TIMEOUT', message: 'too late' },
      secondary: resolved(),
      steps: [stepEnded(copy, 'failed', 'TIMEOUT', 'too late')],
    };
    expect(recordAfter(orphan, orphan, unclear, orphan)).toMatchObject({
      orphanSince: at(3),
      orphanObservations: 1,
    });
  });

  it('is not counted by a cycle that could not read', () => {
    const before = memoryAfter(inSync, orphan);
    const failure = { side: 'primary', reason: 'TIMEOUT', message: 'too late' } as const;
    const after = write(rememberFailure(before, failure, observedAt(2)), before);
    const again = write(rememberSettled(after, settled(orphan), observedAt(3)), after);
    expect(again.tags.get(tag)).toMatchObject({ orphanSince: at(1), orphanObservations: 2 });
  });
});

describe('ownershipOf', () => {
  const record = recordAfter(inSync)!;
  const settledOnce: TagRecord = { ...record, lastAppliedDigest: one };
  it.each<[string, TagRecord | undefined, Digest | null, 'ours' | 'foreign']>([
    ['a tag that nobody remembers', undefined, one, 'foreign'],
    ['a tag that nobody remembers, without a manifest', undefined, null, 'foreign'],
    ['a tag that was only ever seen different', { ...record, lastAppliedDigest: null }, one, 'foreign'],
    ['what was put there', settledOnce, one, 'ours'],
    ['what was put there and has lost its manifest', settledOnce, null, 'ours'],
    ['what somebody else put under the name since', settledOnce, two, 'foreign'],
  ])('takes %s for its own or not', (_what, previous, digest, expected) => {
    expect(ownershipOf(previous, digest)).toBe(expected);
  });
});

describe('observeAbsence', () => {
  const record = recordAfter(inSync)!;

  it.each<[string, TagRecord | undefined, object]>([
    ['nothing is known of', undefined, { orphanSince: at(9), orphanObservations: 1 }],
    ['the primary had', record, { orphanSince: at(9), orphanObservations: 1 }],
    [
      'the primary had, whatever number is left over',
      { ...record, orphanObservations: 7 },
      { orphanSince: at(9), orphanObservations: 1 },
    ],
    [
      'was absent before',
      { ...record, orphanSince: at(4), orphanObservations: 3 },
      { orphanSince: at(4), orphanObservations: 4 },
    ],
    [
      'was absent before, as a clock says that was ahead of this one',
      { ...record, orphanSince: at(10), orphanObservations: 3 },
      { orphanSince: at(9), orphanObservations: 1 },
    ],
  ])('counts a tag that %s', (_what, previous, expected) => {
    expect(observeAbsence(previous, at(9))).toStrictEqual(expected);
  });
});

describe('what is remembered of a repository', () => {
  const failure = { side: 'secondary', reason: 'SERVER_ERROR', message: 'broken' } as const;

  it('is what the cycle observed', () => {
    expect(rememberSettled(undefined, settled(inSync), observedAt(3)).repository).toStrictEqual({
      secondaryRepository: 'mirror/app',
      outcome: 'in-sync',
      reason: null,
      message: null,
      policyHash: 'policy',
      primaryOrigin: 'https://primary',
      completedCycles: 1,
      lastCycleId: 'cycle-3',
      lastFinishedAt: at(3),
      lastSuccessAt: at(3),
    });
  });

  it.each(['differences', 'partial', 'failed', 'held'] as const)(
    'keeps the last success of a cycle that ends %s',
    (outcome) => {
      const first = rememberSettled(undefined, { ...settled(inSync), outcome }, observedAt(0)).repository;
      expect(first).toMatchObject({ outcome, lastSuccessAt: null, completedCycles: 1 });
      const later = rememberSettled(
        memoryAfter(inSync),
        { ...settled(inSync), outcome },
        observedAt(1),
      ).repository;
      expect(later).toMatchObject({
        outcome,
        lastSuccessAt: at(0),
        completedCycles: 2,
        lastFinishedAt: at(1),
      });
    },
  );

  it('names a changed policy once it was observed', () => {
    const changed = observedAt(1, { policyHash: 'other', primaryOrigin: 'https://other' });
    expect(rememberSettled(memoryAfter(inSync), settled(inSync), changed).repository).toMatchObject({
      policyHash: 'other',
      primaryOrigin: 'https://other',
    });
  });

  it('keeps what was known where a side could not be read, and says why', () => {
    const changed = observedAt(1, {
      policyHash: 'other',
      primaryOrigin: 'https://other',
      secondaryRepository: parseRepositoryName('mirror/renamed'),
    });
    expect(rememberFailure(memoryAfter(inSync), failure, changed)).toStrictEqual({
      repository: {
        secondaryRepository: 'mirror/renamed',
        outcome: 'failed',
        reason: 'SERVER_ERROR',
        message: 'broken',
        // The changed filter was not observed yet: its first complete cycle is still to come.
        policyHash: 'policy',
        primaryOrigin: 'https://primary',
        completedCycles: 1,
        lastCycleId: 'cycle-1',
        lastFinishedAt: at(1),
        lastSuccessAt: at(0),
      },
      changedTags: [],
      forgottenTags: [],
    });
  });

  it('begins with no completed cycle where the first one could not read', () => {
    expect(rememberFailure(undefined, failure, observedAt(0)).repository).toMatchObject({
      policyHash: 'policy',
      primaryOrigin: 'https://primary',
      completedCycles: 0,
      lastSuccessAt: null,
    });
  });
});

type Fate = 'done' | 'failed';
type OrphanFate = 'done' | 'skipped' | 'held' | 'failed';

/** How the steps of a cycle end, for each tag in turn. */
interface Fates {
  readonly copies: readonly Fate[];
  readonly orphans: readonly OrphanFate[];
}

function endCopy(step: PlanStep, fate: Fate | undefined): StepOutcome {
  return fate === 'failed' ? stepEnded(step, 'failed', 'TIMEOUT', 'too late') : stepDone(step);
}

function endOrphan(step: PlanStep, fate: OrphanFate | undefined): StepOutcome {
  switch (fate) {
    case 'done':
      return stepDone(step);
    case 'held':
      return stepEnded(step, 'held', 'FIRST_CYCLE', 'wait');
    case 'failed':
      return stepEnded(step, 'failed', 'SERVER_ERROR', 'broken');
    case 'skipped':
    case undefined:
      return stepEnded(step, 'skipped', 'DELETIONS_OFF', 'off');
  }
}

interface Cycle {
  readonly settled: SettledRepository;
  /** What the secondary holds afterwards. */
  readonly after: TagMap;
}

function runCycle(expected: TagMap, actual: TagMap, fates: Fates): Cycle {
  const plan = planRepository(diffTagMaps(expected, actual));
  const copies = plan.copies.map((step, index) => endCopy(step, fates.copies[index]));
  const orphans = plan.orphans.map((step, index) => endOrphan(step, fates.orphans[index]));
  const after = new Map(actual);
  for (const step of copies.filter(({ outcome }) => outcome === 'done')) {
    after.set(parseTag(step.tag), { kind: 'resolved', digest: contentDigestOf(step)! });
  }
  for (const step of orphans.filter(({ outcome }) => outcome === 'done')) after.delete(parseTag(step.tag));
  const steps = [...plan.failures, ...copies, ...orphans];
  return { settled: { outcome: 'partial', expected, actual, steps }, after };
}

function expectedDigestOf(entry: TagEntry | undefined): string | null {
  return entry?.kind === 'resolved' ? (entry.expectedDigest ?? entry.digest) : null;
}

function isEqual(name: Tag, expected: TagMap, after: TagMap): boolean {
  const digest = digestOfEntry(after.get(name));
  return digest !== null && digest === expectedDigestOf(expected.get(name));
}

describe('over any cycles, memory', () => {
  const anyMap = tagMapOf(resolvedEntry, filteredEntry, danglingEntry, unreadableEntry);
  const anySecondary = tagMapOf(resolvedEntry, danglingEntry, unreadableEntry);
  const anyFates: fc.Arbitrary<Fates> = fc.record({
    copies: fc.array(fc.constantFrom<Fate>('done', 'failed'), { maxLength: 8 }),
    orphans: fc.array(fc.constantFrom<OrphanFate>('done', 'skipped', 'held', 'failed'), { maxLength: 8 }),
  });
  const nothingDeleted: Fates = { copies: [], orphans: [] };
  const anyCycle = fc.tuple(anyMap, anySecondary, anyFates).map((cycle) => runCycle(...cycle));
  const anyMemory = fc
    .array(anyCycle, { maxLength: 3 })
    .map((cycles) =>
      cycles.reduce<RepositoryMemory | undefined>(
        (memory, cycle, minute) => write(rememberSettled(memory, cycle.settled, observedAt(minute)), memory),
        undefined,
      ),
    );

  it('holds exactly the tags that either side still has', () => {
    fc.assert(
      fc.property(anyMemory, anyCycle, (before, cycle) => {
        const memory = write(rememberSettled(before, cycle.settled, observedAt(9)), before);
        const present = new Set([...cycle.settled.expected.keys(), ...cycle.after.keys()]);
        expect(new Set(memory.tags.keys())).toEqual(present);
      }),
    );
  });

  it('says in sync of the tags that are equal at the end, and of no other', () => {
    fc.assert(
      fc.property(anyMemory, anyCycle, (before, { settled: end, after }) => {
        const memory = write(rememberSettled(before, end, observedAt(9)), before);
        const inSyncTags = [...memory.tags.values()].filter(({ state }) => state === 'in_sync');
        const equalTags = [...memory.tags.keys()].filter((name) => isEqual(name, end.expected, after));
        expect(inSyncTags.map((record) => record.tag)).toEqual(equalTags);
      }),
    );
  });

  it('dates every difference, every absence and every equality, and nothing else', () => {
    fc.assert(
      fc.property(anyMemory, anyCycle, (before, { settled: end }) => {
        const memory = write(rememberSettled(before, end, observedAt(9)), before);
        const dated = [...memory.tags.values()].map((record) => ({
          isDifferent: record.firstSeenDifferentAt !== null,
          isEqual: record.inSyncSince !== null,
          isAbsent: record.orphanSince !== null,
          isCounted: record.orphanObservations > 0,
        }));
        const expected = [...memory.tags.values()].map((record) => ({
          isDifferent: record.state !== 'in_sync',
          isEqual: record.state === 'in_sync',
          isAbsent: !end.expected.has(record.tag),
          isCounted: !end.expected.has(record.tag),
        }));
        expect(dated).toEqual(expected);
      }),
    );
  });

  it('changes in a second, equal cycle by nothing but the counts of orphans', () => {
    fc.assert(
      fc.property(anyMemory, anyMap, anySecondary, (before, expected, actual) => {
        const first = runCycle(expected, actual, nothingDeleted);
        const once = write(rememberSettled(before, first.settled, observedAt(8)), before);
        const settledTwice = runCycle(expected, first.after, nothingDeleted);
        const twice = write(rememberSettled(once, settledTwice.settled, observedAt(9)), once);
        const third = rememberSettled(twice, settledTwice.settled, observedAt(10));
        expect(third.forgottenTags).toEqual([]);
        expect(third.changedTags.filter(({ orphanSince }) => orphanSince === null)).toEqual([]);
        for (const record of third.changedTags) {
          const previous = twice.tags.get(record.tag)!;
          expect(record).toEqual({ ...previous, orphanObservations: previous.orphanObservations + 1 });
        }
      }),
    );
  });

  it('counts one more observation of each orphan that stays', () => {
    fc.assert(
      fc.property(anyMap, anySecondary, fc.integer({ min: 1, max: 5 }), (expected, actual, cycles) => {
        const { settled: end } = runCycle(expected, actual, nothingDeleted);
        const memory = Array.from({ length: cycles }).reduce<RepositoryMemory | undefined>(
          (before, _none, minute) => write(rememberSettled(before, end, observedAt(minute)), before),
          undefined,
        );
        const counts = recordsOf(memory).filter((record) => !expected.has(record.tag));
        expect(counts.map((record) => [record.orphanSince, record.orphanObservations])).toEqual(
          counts.map(() => [at(0), cycles]),
        );
        expect(memory?.repository.completedCycles).toBe(cycles);
      }),
    );
  });

  it('is not touched, tag by tag, by a cycle that could not read', () => {
    fc.assert(
      fc.property(anyMemory, (before) => {
        const update = rememberFailure(
          before,
          { side: 'primary', reason: 'TLS', message: 'no' },
          observedAt(9),
        );
        expect(write(update, before).tags).toEqual(new Map(before?.tags));
      }),
    );
  });

  it('is not written to: what was known stays as it was', () => {
    fc.assert(
      fc.property(anyMemory, anyCycle, (before, { settled: end }) => {
        const known = new Map(recordsOf(before).map((record) => [record.tag, { ...record }]));
        rememberSettled(before, end, observedAt(9));
        expect(new Map(before?.tags)).toEqual(known);
      }),
    );
  });
});
