import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { digestOf } from '../oci/digest.ts';
import type { CycleOutcome, LinkReport, ReadFailure, RepositoryReport } from './cycle-report.ts';
import type { ReasonCode } from './reason-code.ts';
import {
  combineOutcomes,
  judgeCycleOutcome,
  judgeLinkOutcome,
  judgeRepositoryOutcome,
  NO_TRANSFER,
  totalLink,
  totalRepository,
} from './report-totals.ts';
import type { Outcome, StepKind, StepOutcome } from './step.ts';

const KINDS: readonly StepKind[] = [
  'copy-tag',
  'move-tag',
  'delete-orphan-tag',
  'copy-referrer',
  'skip-tag',
  'verify-tag',
];
const OUTCOMES: readonly Outcome[] = ['planned', 'done', 'skipped', 'held', 'failed'];
const digest = digestOf(Buffer.from('content'));

function step(kind: StepKind, outcome: Outcome, reason: ReasonCode | null = null): StepOutcome {
  return { kind, tag: 'v1', primaryDigest: digest, secondaryDigest: null, outcome, reason, message: null };
}

const unreadable: ReadFailure = { side: 'primary', reason: 'TIMEOUT', message: 'no answer' };
const nothingCounted = { inSync: 0, ignored: 0, transfer: NO_TRANSFER };

/** The totals of a repository without any tag. */
const none = {
  inSync: 0,
  copied: 0,
  moved: 0,
  deleted: 0,
  held: 0,
  failed: 0,
  ignored: 0,
  orphans: 0,
  blobsCopied: 0,
  blobsMounted: 0,
  blobsPresent: 0,
  bytesCopied: 0,
};

describe('totalRepository', () => {
  it.each<[StepKind, Outcome, Partial<typeof none>]>([
    ['copy-tag', 'done', { copied: 1 }],
    ['copy-tag', 'planned', {}],
    ['copy-tag', 'skipped', {}],
    ['copy-tag', 'failed', { failed: 1 }],
    ['move-tag', 'done', { moved: 1 }],
    ['move-tag', 'planned', {}],
    ['move-tag', 'failed', { failed: 1 }],
    ['delete-orphan-tag', 'done', { deleted: 1, orphans: 1 }],
    ['delete-orphan-tag', 'planned', { orphans: 1 }],
    ['delete-orphan-tag', 'skipped', { orphans: 1 }],
    ['delete-orphan-tag', 'held', { held: 1, orphans: 1 }],
    ['delete-orphan-tag', 'failed', { failed: 1, orphans: 1 }],
    ['copy-referrer', 'done', {}],
    ['copy-referrer', 'failed', { failed: 1 }],
    ['skip-tag', 'skipped', {}],
    ['verify-tag', 'done', { inSync: 1 }],
    ['verify-tag', 'failed', { failed: 1 }],
  ])('counts a %s that is %s as %j', (kind, outcome, expected) => {
    expect(totalRepository([step(kind, outcome)], null, nothingCounted)).toStrictEqual({
      ...none,
      ...expected,
    });
  });

  it('counts a repository that could not be read as one failure', () => {
    expect(totalRepository([], unreadable, nothingCounted)).toStrictEqual({ ...none, failed: 1 });
  });

  it('takes over what was counted elsewhere', () => {
    const transfer = { blobsCopied: 1, blobsMounted: 2, blobsPresent: 3, bytesCopied: 4 };
    expect(
      totalRepository([step('verify-tag', 'done')], null, { inSync: 5, ignored: 6, transfer }),
    ).toStrictEqual({
      ...none,
      ...transfer,
      inSync: 6,
      ignored: 6,
    });
  });

  it('adds up: the totals of two lists of steps are those of both together', () => {
    const steps = fc.array(
      fc
        .tuple(fc.constantFrom(...KINDS), fc.constantFrom(...OUTCOMES))
        .map(([kind, outcome]) => step(kind, outcome)),
    );
    fc.assert(
      fc.property(steps, steps, (first, second) => {
        const [a, b] = [first, second].map((each) => totalRepository(each, null, nothingCounted));
        const both = totalRepository([...first, ...second], null, nothingCounted);
        expect(both).toStrictEqual(added(a!, b!));
      }),
    );
  });
});

function added(first: typeof none, second: typeof none): typeof none {
  const columns = Object.keys(none) as (keyof typeof none)[];
  return Object.fromEntries(columns.map((column) => [column, first[column] + second[column]])) as typeof none;
}

describe('judgeRepositoryOutcome', () => {
  it.each<[CycleOutcome, string, StepOutcome[], number]>([
    ['in-sync', 'an empty repository', [], 0],
    ['in-sync', 'equal tags', [], 3],
    ['in-sync', 'a tag that was copied', [step('copy-tag', 'done')], 0],
    ['in-sync', 'a tag that was deleted', [step('delete-orphan-tag', 'done')], 0],
    ['in-sync', 'a tag outside the filters', [step('skip-tag', 'skipped', 'FILTERED_TAG')], 0],
    ['in-sync', 'a tag of another platform', [step('skip-tag', 'skipped', 'FILTERED_PLATFORM')], 0],
    ['in-sync', 'an orphan with deletions off', [step('delete-orphan-tag', 'skipped', 'DELETIONS_OFF')], 1],
    [
      'in-sync',
      'a signature of an image that lives',
      [step('delete-orphan-tag', 'skipped', 'REFERRER_OF_LIVE_SUBJECT')],
      1,
    ],
    ['differences', 'a copy that is planned', [step('copy-tag', 'planned')], 1],
    ['differences', 'a deletion that is planned', [step('delete-orphan-tag', 'planned')], 1],
    [
      'differences',
      'an orphan that is only reported',
      [step('delete-orphan-tag', 'skipped', 'REPORT_ONLY')],
      1,
    ],
    [
      'differences',
      'a deletion that the registry refuses',
      [step('delete-orphan-tag', 'skipped', 'TAG_DELETE_UNSUPPORTED')],
      1,
    ],
    ['held', 'an orphan that is held back', [step('delete-orphan-tag', 'held', 'FIRST_CYCLE')], 1],
    [
      'held',
      'an orphan held back beside a difference',
      [step('copy-tag', 'planned'), step('delete-orphan-tag', 'held')],
      1,
    ],
    ['partial', 'a failure beside an equal tag', [step('copy-tag', 'failed')], 1],
    ['partial', 'a failure beside a copied tag', [step('copy-tag', 'failed'), step('move-tag', 'done')], 0],
    [
      'partial',
      'a failure beside an orphan held back and an equal tag',
      [step('copy-tag', 'failed'), step('delete-orphan-tag', 'held')],
      1,
    ],
    ['failed', 'a failure alone', [step('copy-tag', 'failed')], 0],
    [
      'failed',
      'a failure beside an orphan held back',
      [step('copy-tag', 'failed'), step('delete-orphan-tag', 'held')],
      0,
    ],
    [
      'failed',
      'a failure beside a skipped tag',
      [step('copy-tag', 'failed'), step('skip-tag', 'skipped')],
      0,
    ],
  ])('says %s of %s', (expected, _what, steps, inSync) => {
    expect(judgeRepositoryOutcome(steps, null, inSync)).toBe(expected);
  });

  it('says failed of a repository that could not be read, whatever else is known', () => {
    expect(judgeRepositoryOutcome([step('copy-tag', 'done')], unreadable, 7)).toBe('failed');
  });

  it('never says in sync of a repository with a failure, a held or a planned step', () => {
    const open = fc.constantFrom<Outcome>('failed', 'held', 'planned');
    const steps = fc.array(
      fc
        .tuple(fc.constantFrom(...KINDS), fc.constantFrom(...OUTCOMES))
        .map(([kind, outcome]) => step(kind, outcome)),
    );
    fc.assert(
      fc.property(steps, open, fc.constantFrom(...KINDS), fc.nat(3), (rest, outcome, kind, inSync) => {
        expect(judgeRepositoryOutcome([...rest, step(kind, outcome)], null, inSync)).not.toBe('in-sync');
      }),
    );
  });
});

const anyOutcome = fc.constantFrom<CycleOutcome>('in-sync', 'differences', 'partial', 'failed', 'held');

describe('combineOutcomes', () => {
  it.each<[CycleOutcome, CycleOutcome[]]>([
    ['in-sync', []],
    ['in-sync', ['in-sync', 'in-sync']],
    ['differences', ['in-sync', 'differences']],
    ['held', ['in-sync', 'differences', 'held']],
    ['partial', ['in-sync', 'differences', 'held', 'partial']],
    ['partial', ['partial']],
    ['partial', ['partial', 'failed']],
    ['partial', ['in-sync', 'failed']],
    ['partial', ['held', 'failed']],
    ['failed', ['failed']],
    ['failed', ['failed', 'failed']],
  ])('says %s of %j', (expected, outcomes) => {
    expect(combineOutcomes(outcomes)).toBe(expected);
  });

  it('does not depend on order, nor on how often an outcome comes', () => {
    fc.assert(
      fc.property(fc.array(anyOutcome), (outcomes) => {
        const combined = combineOutcomes(outcomes);
        expect(combineOutcomes(outcomes.toReversed())).toBe(combined);
        expect(combineOutcomes([...outcomes, ...outcomes])).toBe(combined);
      }),
    );
  });

  it('never says that a whole with a failed part is in sync, different or held', () => {
    fc.assert(
      fc.property(
        fc.array(anyOutcome),
        fc.constantFrom<CycleOutcome>('failed', 'partial'),
        (outcomes, bad) => {
          expect(['failed', 'partial']).toContain(combineOutcomes([...outcomes, bad]));
        },
      ),
    );
  });
});

function repository(outcome: CycleOutcome, totals: Partial<typeof none> = {}): RepositoryReport {
  return {
    primaryRepository: 'team/app',
    secondaryRepository: 'team/app',
    outcome,
    failure: null,
    totals: { ...none, ...totals },
    steps: [],
  };
}

const requests = { primary: 11, secondary: 22 };

describe('totalLink', () => {
  it('is all zeros without repositories, but for the requests', () => {
    expect(totalLink([], null, requests)).toStrictEqual({
      ...none,
      repositories: 0,
      requestsPrimary: 11,
      requestsSecondary: 22,
    });
  });

  it('adds every column up by itself', () => {
    const columns = Object.keys(none);
    const powers = (base: number): typeof none =>
      Object.fromEntries(columns.map((column, index) => [column, base ** index])) as typeof none;
    const total = totalLink(
      [repository('in-sync', powers(2)), repository('in-sync', powers(3))],
      null,
      requests,
    );
    const sums = Object.fromEntries(columns.map((column, index) => [column, 2 ** index + 3 ** index]));
    expect(total).toStrictEqual({ ...sums, repositories: 2, requestsPrimary: 11, requestsSecondary: 22 });
  });

  it('counts a registry that could not be read as one more failure', () => {
    expect(totalLink([repository('failed', { failed: 2 })], unreadable, requests)).toMatchObject({
      failed: 3,
      repositories: 1,
    });
  });
});

describe('the outcome of a link', () => {
  it('is that of its repositories together', () => {
    expect(judgeLinkOutcome([repository('in-sync'), repository('held')], null)).toBe('held');
    expect(judgeLinkOutcome([], null)).toBe('in-sync');
  });

  it('is failed where a registry could not be read, whatever its repositories say', () => {
    expect(judgeLinkOutcome([repository('in-sync')], unreadable)).toBe('failed');
  });
});

describe('the outcome of a cycle', () => {
  it('is that of its links together', () => {
    const links = (...outcomes: CycleOutcome[]): LinkReport[] =>
      outcomes.map((outcome) => ({
        link: 'eu-to-us',
        primary: 'eu',
        secondary: 'us',
        outcome,
        failure: null,
        totals: totalLink([], null, requests),
        repositories: [],
      }));
    expect(judgeCycleOutcome(links('in-sync', 'failed'))).toBe('partial');
    expect(judgeCycleOutcome(links('failed'))).toBe('failed');
    expect(judgeCycleOutcome(links('in-sync', 'differences'))).toBe('differences');
  });
});
