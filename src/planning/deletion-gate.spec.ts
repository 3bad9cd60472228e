import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { digestOf } from '../oci/digest.ts';
import { parseTag, type Tag } from '../oci/reference.ts';
import { allowedDeletions, type Budget, type DeletionPolicy } from '../policy/deletion-policy.ts';
import {
  judgeDeletions,
  judgeLastLook,
  type DeletionCandidate,
  type DeletionEvidence,
  type GateVerdict,
  type LastLook,
} from './deletion-gate.ts';

const tag = parseTag('v1');
const allowed: GateVerdict = { kind: 'allowed' };

const policy: DeletionPolicy = {
  orphans: 'delete',
  fallback: 'none',
  authority: 'policy',
  perRepository: { kind: 'default' },
  budgetAuthority: 'policy',
  perCycle: 100,
  minAbsenceSeconds: 600,
  minObservations: 2,
  adoptForeign: false,
};

/** An orphan that no row speaks against. */
const candidate: DeletionCandidate = {
  tag,
  secondaryDigest: digestOf(Buffer.from('orphan')),
  content: 'unknown',
  ownership: 'ours',
  observations: 2,
  absentSeconds: 600,
};

/** Evidence that no row speaks against. */
const evidence: DeletionEvidence = {
  policy,
  freeze: 'not-frozen',
  approval: 'none',
  primary: { listing: 'complete', tags: 20, repository: 'named' },
  secondary: { tags: 21 },
  catalog: { known: 40, gone: 0 },
  copies: 'all-done',
  history: 'known',
  sentinel: 'not-configured',
  wantedByCycle: 1,
};

function without(part: keyof DeletionEvidence): Partial<DeletionEvidence> {
  return { [part]: undefined };
}

const foreverAgo: Pick<DeletionCandidate, 'observations' | 'absentSeconds'> = {
  observations: 9,
  absentSeconds: 1e9,
};

function judgeOne(of: Partial<DeletionCandidate>, under: Partial<DeletionEvidence>): GateVerdict | undefined {
  return judgeDeletions([{ ...candidate, ...of }], { ...evidence, ...under }).get(tag);
}

function reasonOf(verdict: GateVerdict | undefined): string {
  switch (verdict?.kind) {
    case undefined:
      return 'no verdict';
    case 'allowed':
      return 'allowed';
    case 'skipped':
    case 'held':
      return `${verdict.kind}: ${verdict.reason}`;
  }
}

describe('the gate', () => {
  it('lets an orphan go that no row speaks against', () => {
    expect(judgeOne({}, {})).toEqual(allowed);
  });

  it.each<[string, Partial<DeletionCandidate>, Partial<DeletionEvidence>]>([
    ['a tag without a manifest', { secondaryDigest: null }, {}],
    [
      'an orphan beside the only tag of the primary',
      {},
      { primary: { listing: 'complete', tags: 1, repository: 'named' } },
    ],
    ['an orphan in a plan, in which nothing is copied', {}, { copies: 'not-run' }],
    ['an orphan while the sentinel is where it should be', {}, { sentinel: 'confirmed' }],
    [
      'a foreign tag that was adopted',
      { ownership: 'foreign' },
      { policy: { ...policy, adoptForeign: true } },
    ],
    ['a tag whose image is gone', { subject: 'gone' }, {}],
    ['the last orphan that the limit of the cycle allows', {}, { wantedByCycle: 100 }],
    ['an orphan that was absent just long enough', { observations: 2, absentSeconds: 600 }, {}],
  ])('lets go: %s', (_what, of, under) => {
    expect(judgeOne(of, under)).toEqual(allowed);
  });

  it.each<[string, string, Partial<DeletionCandidate>, Partial<DeletionEvidence>]>([
    [
      'held: PRIMARY_UNREADABLE',
      'the listing of the primary is not complete',
      {},
      { primary: { listing: 'incomplete', tags: 20, repository: 'named' } },
    ],
    [
      'held: PRIMARY_EMPTY',
      'the primary has no tags',
      {},
      { primary: { listing: 'complete', tags: 0, repository: 'named' } },
    ],
    ['skipped: DELETIONS_OFF', 'nobody asked for deletions', {}, { policy: { ...policy, orphans: 'off' } }],
    ['skipped: REPORT_ONLY', 'orphans are only reported', {}, { policy: { ...policy, orphans: 'report' } }],
    ['held: FROZEN', 'deletions are frozen', {}, { freeze: 'frozen' }],
    ['held: COPY_FAILED', 'a copy of the repository failed', {}, { copies: 'some-failed' }],
    ['held: SENTINEL_MISSING', 'the sentinel is missing', {}, { sentinel: 'missing' }],
    [
      'skipped: REFERRER_OF_LIVE_SUBJECT',
      'the image of a signature may live',
      { subject: 'alive-or-unclear' },
      {},
    ],
    ['held: FIRST_CYCLE', 'it is the first cycle of the repository', {}, { history: 'first-cycle' }],
    ['held: TOO_FEW_OBSERVATIONS', 'this cycle looks a second time', {}, { history: 'same-cycle' }],
    ['held: CONFIG_CHANGED', 'the filters changed', {}, { history: 'configuration-changed' }],
    ['held: FOREIGN_TAG', 'the tag is foreign', { ownership: 'foreign' }, {}],
    ['held: TOO_FEW_OBSERVATIONS', 'it was seen absent once', { observations: 1 }, {}],
    ['held: TOO_FEW_OBSERVATIONS', 'it was absent a moment too short', { absentSeconds: 599.999 }, {}],
    ['held: TOO_FEW_OBSERVATIONS', 'the clock went back', { absentSeconds: -1 }, {}],
    [
      'held: OVER_BUDGET',
      'the repository may lose nothing',
      {},
      { policy: { ...policy, perRepository: { kind: 'percent', n: 1 } } },
    ],
    ['held: OVER_BUDGET', 'the cycle wants one too many', {}, { wantedByCycle: 101 }],
  ])('answers %s where %s', (expected, _what, of, under) => {
    expect(reasonOf(judgeOne({ ...foreverAgo, ...of }, under))).toBe(expected);
  });

  it.each<[string, Partial<DeletionCandidate>, Partial<DeletionEvidence>]>([
    ['the number of observations', { observations: NaN }, {}],
    ['the time of absence', { absentSeconds: NaN }, {}],
    [
      "the number of the primary's tags",
      {},
      { primary: { listing: 'complete', tags: NaN, repository: 'named' } },
    ],
    ["the number of the secondary's tags", {}, { secondary: { tags: NaN } }],
    ['the number of deletions in the cycle', {}, { wantedByCycle: NaN }],
    ['the number of known repositories', {}, { catalog: { known: NaN, gone: 0 } }],
    ['the number of vanished repositories', {}, { catalog: { known: 40, gone: NaN } }],
    ['how reading the primary ended', {}, { primary: { tags: 20 } as DeletionEvidence['primary'] }],
    ['the word on the freeze', {}, without('freeze')],
    ['the end of the copies', {}, without('copies')],
    ['the history', {}, without('history')],
    ['the answer of the sentinel', {}, without('sentinel')],
    ['the number of deletions in the cycle altogether', {}, without('wantedByCycle')],
    ['who owns the tag', { ownership: undefined as unknown as 'ours' }, {}],
    ['the number of observations altogether', { observations: undefined as unknown as number }, {}],
    ['a finite time of absence', { absentSeconds: Infinity }, {}],
    ['a finite number of tags', {}, { secondary: { tags: Infinity } }],
    [
      'the number of tags, under an explicit budget,',
      {},
      { secondary: { tags: NaN }, policy: { ...policy, perRepository: { kind: 'count', n: 9 } } },
    ],
  ])('refuses where %s is missing', (_what, of, under) => {
    expect(judgeOne(of, under)).toMatchObject({ kind: 'held' });
  });

  it('is not approved where nobody says so', () => {
    expect(judgeOne({}, { history: 'first-cycle', ...without('approval') })).toMatchObject({ kind: 'held' });
  });

  it.each<[string, Partial<DeletionEvidence>]>([
    [
      'it is not known how many tags the primary has',
      { primary: { listing: 'complete', tags: NaN, repository: 'named' } },
    ],
    ['the listing is not complete', { primary: { listing: 'incomplete', tags: 9, repository: 'named' } }],
  ])('does not take an approval for an answer where %s', (_what, under) => {
    expect(judgeOne({}, { approval: 'approved', ...under })).toMatchObject({ reason: 'PRIMARY_UNREADABLE' });
  });

  it.each<[string, DeletionPolicy['orphans'], DeletionEvidence['primary']['repository'], string]>([
    ['named', 'off', 'named', 'held: PRIMARY_EMPTY'],
    ['named', 'report', 'named', 'held: PRIMARY_EMPTY'],
    ['named', 'delete', 'named', 'held: PRIMARY_EMPTY'],
    ['vanished', 'off', 'vanished', 'skipped: DELETIONS_OFF'],
    ['vanished', 'report', 'vanished', 'skipped: REPORT_ONLY'],
    ['vanished', 'delete', 'vanished', 'held: PRIMARY_EMPTY'],
  ])(
    'of a repository without tags that is %s says under deletions "%s": %s %s',
    (_what, orphans, repository, expected) => {
      const under: Partial<DeletionEvidence> = {
        policy: { ...policy, orphans },
        primary: { listing: 'complete', tags: 0, repository },
      };
      expect(reasonOf(judgeOne(foreverAgo, under))).toBe(expected);
      const word: DeletionPolicy = {
        ...policy,
        orphans,
        authority: 'operator-word',
        budgetAuthority: 'operator-word',
      };
      expect(reasonOf(judgeOne(foreverAgo, { ...under, policy: word }))).toBe(expected);
      const approved = reasonOf(judgeOne({}, { ...under, approval: 'approved' }));
      expect(approved).toBe(orphans === 'delete' ? 'allowed' : expected);
    },
  );

  it('judges every candidate, and none twice', () => {
    const tags = ['a', 'b', '__proto__', 'constructor'].map(parseTag);
    const verdicts = judgeDeletions(
      tags.map((each) => ({ ...candidate, tag: each })),
      evidence,
    );
    expect([...verdicts.keys()]).toEqual(tags);
    expect(judgeDeletions([], evidence).size).toBe(0);
  });

  it('judges each candidate for itself', () => {
    const [mine, foreign, young] = ['mine', 'foreign', 'young'].map(parseTag);
    const candidates: DeletionCandidate[] = [
      { ...candidate, tag: mine! },
      { ...candidate, tag: foreign!, ownership: 'foreign' },
      { ...candidate, tag: young!, observations: 1 },
    ];
    expect([...judgeDeletions(candidates, evidence).values()].map(reasonOf)).toEqual([
      'allowed',
      'held: FOREIGN_TAG',
      'held: TOO_FEW_OBSERVATIONS',
    ]);
  });

  it.each<[string, Partial<DeletionCandidate>, Partial<DeletionEvidence>]>([
    [
      'absent from the primary in 1 of 2 observations over 30 of 600 s',
      { observations: 1, absentSeconds: 30.9 },
      {},
    ],
    [
      '1 of 3 tags would be deleted, 0 are allowed per repository',
      {},
      { secondary: { tags: 3 }, policy: { ...policy, perRepository: { kind: 'percent', n: 1 } } },
    ],
    ['101 tags of all repositories would be deleted, 100 are allowed per cycle', {}, { wantedByCycle: 101 }],
  ])('says how far it is from letting go: %s', (message, of, under) => {
    expect(judgeOne(of, under)).toMatchObject({ message });
  });

  it('gives a reason in words with every refusal', () => {
    const refusals = [
      judgeOne({}, { primary: { listing: 'incomplete', tags: 1, repository: 'named' } }),
      judgeOne({}, { primary: { listing: 'complete', tags: 0, repository: 'named' } }),
      judgeOne({}, { policy: { ...policy, orphans: 'off' } }),
      judgeOne({}, { policy: { ...policy, orphans: 'report' } }),
      judgeOne({}, { freeze: 'frozen' }),
      judgeOne({}, { copies: 'some-failed' }),
      judgeOne({}, { sentinel: 'missing' }),
      judgeOne({ subject: 'alive-or-unclear' }, {}),
      judgeOne({}, { history: 'first-cycle' }),
      judgeOne({}, { history: 'configuration-changed' }),
      judgeOne({}, { history: 'same-cycle' }),
      judgeOne({ ownership: 'foreign' }, {}),
    ];
    const messages = refusals.map((verdict) => (verdict as { message: string }).message);
    expect(messages.filter((message) => message.length < 15)).toEqual([]);
    expect(new Set(messages).size).toBe(refusals.length);
  });
});

/** The rows in the order in which they speak, each with what breaks it. */
interface Row {
  readonly reason: string;
  readonly of?: Partial<DeletionCandidate>;
  readonly under?: Partial<DeletionEvidence>;
  readonly switchedTo?: Partial<DeletionPolicy>;
}

const empty: Row = {
  reason: 'held: PRIMARY_EMPTY',
  under: { primary: { listing: 'complete', tags: 0, repository: 'named' } },
};
const repositoryRows: readonly Row[] = [
  {
    reason: 'held: PRIMARY_UNREADABLE',
    under: { primary: { listing: 'incomplete', tags: 0, repository: 'named' } },
  },
  empty,
  { reason: 'skipped: DELETIONS_OFF', switchedTo: { orphans: 'off' } },
  { reason: 'skipped: REPORT_ONLY', switchedTo: { orphans: 'report' } },
  { reason: 'held: FROZEN', under: { freeze: 'frozen' } },
  { reason: 'held: COPY_FAILED', under: { copies: 'some-failed' } },
  { reason: 'held: SENTINEL_MISSING', under: { sentinel: 'missing' } },
  { reason: 'held: SENTINEL_MISSING', under: { sentinel: 'changed' } },
  { reason: 'skipped: REFERRER_OF_LIVE_SUBJECT', of: { subject: 'alive-or-unclear' } },
];
/** What an operator's word overrides, and what does not hold for a tombstone. */
const sameCycle: Row = { reason: 'held: TOO_FEW_OBSERVATIONS', under: { history: 'same-cycle' } };
const suspicionRows: readonly Row[] = [
  sameCycle,
  { reason: 'held: FIRST_CYCLE', under: { history: 'first-cycle' } },
  { reason: 'held: CONFIG_CHANGED', under: { history: 'configuration-changed' } },
  { reason: 'held: TOO_FEW_OBSERVATIONS', under: { history: 'ahead-of-clock' } },
  { reason: 'held: FOREIGN_TAG', of: { ownership: 'foreign' } },
  { reason: 'held: FOREIGN_TAG', of: { ownership: 'restored' } },
  { reason: 'held: TOO_FEW_OBSERVATIONS', of: { observations: 1, absentSeconds: 0 } },
];
const budgetRows: readonly Row[] = [
  { reason: 'held: OVER_BUDGET', switchedTo: { perRepository: { kind: 'percent', n: 1 } } },
  { reason: 'held: OVER_BUDGET', under: { catalog: { known: 19, gone: 1 } } },
  { reason: 'held: OVER_BUDGET', under: { wantedByCycle: 101 } },
];
const allRows = [...repositoryRows, ...suspicionRows, ...budgetRows];

/** The verdict where all of these rows are broken at once; of two that break the same thing the first does. */
function judgeBroken(
  rows: readonly Row[],
  of: Partial<DeletionCandidate>,
  by: Partial<DeletionPolicy>,
  approval: DeletionEvidence['approval'] = 'none',
): string {
  const broken = rows.toReversed();
  const judged = Object.assign({ ...candidate }, ...broken.map((row) => row.of), of) as DeletionCandidate;
  const switched = Object.assign({ ...policy }, ...broken.map((row) => row.switchedTo), by) as DeletionPolicy;
  const under = Object.assign({ ...evidence }, ...broken.map((row) => row.under)) as DeletionEvidence;
  return reasonOf(judgeDeletions([judged], { ...under, approval, policy: switched }).get(tag));
}

/** What an approval overrides, by the contract. */
const overridable = [
  'held: FIRST_CYCLE',
  'held: CONFIG_CHANGED',
  'held: TOO_FEW_OBSERVATIONS',
  'held: FOREIGN_TAG',
  'held: OVER_BUDGET',
  'held: PRIMARY_EMPTY',
];

function firstReason(rows: readonly Row[]): string {
  return rows[0]?.reason ?? 'allowed';
}

const brokenRows = fc.subarray([...allRows]);

describe('the first broken row', () => {
  it('is the one that answers, however many others are broken too', () => {
    fc.assert(
      fc.property(brokenRows, (rows) => {
        expect(judgeBroken(rows, {}, {})).toBe(firstReason(rows));
      }),
      { numRuns: 1000 },
    );
  });

  it.each(allRows.map((row, position) => [row.reason, position] as const))(
    'is %s (row %i) where all after it are broken',
    (reason, position) => {
      expect(judgeBroken(allRows.slice(position), {}, {})).toBe(reason);
    },
  );

  it("answers an operator's word too, first-cycle, observation and ownership rows left out", () => {
    fc.assert(
      fc.property(brokenRows, (rows) => {
        const rest = rows.filter((row) => !suspicionRows.includes(row));
        expect(judgeBroken(rows, {}, { authority: 'operator-word' })).toBe(firstReason(rest));
      }),
      { numRuns: 1000 },
    );
  });

  it('answers an approved plan too, but for the reasons that an approval overrides', () => {
    fc.assert(
      fc.property(brokenRows, (rows) => {
        const isSwitchedOff = rows.some(({ switchedTo }) => (switchedTo?.orphans ?? 'delete') !== 'delete');
        // A primary without tags is no success where nobody wants deletions: there is nothing to approve.
        const isLifted = (row: Row): boolean =>
          overridable.includes(row.reason) && row !== sameCycle && !(row === empty && isSwitchedOff);
        const rest = rows.filter((row) => !isLifted(row));
        expect(judgeBroken(rows, {}, {}, 'approved')).toBe(firstReason(rest));
      }),
      { numRuns: 1000 },
    );
  });

  it('answers for a tombstone too, but for these rows and the budget: finishing it is no new deletion', () => {
    fc.assert(
      fc.property(brokenRows, (rows) => {
        const rest = rows.filter((row) => repositoryRows.includes(row));
        expect(judgeBroken(rows, { content: 'tombstone' }, {})).toBe(firstReason(rest));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the budget', () => {
  const tags = (count: number): Tag[] =>
    Array.from({ length: count }, (_none, index) => parseTag(`t${index}`));
  const orphans = (count: number): DeletionCandidate[] =>
    tags(count).map((each) => ({ ...candidate, tag: each }));

  it.each<[Budget, number, number]>([
    [{ kind: 'default' }, 10, 5],
    [{ kind: 'default' }, 70, 7],
    [{ kind: 'count', n: 3 }, 10, 3],
    [{ kind: 'percent', n: 50 }, 10, 5],
  ])('%j of %i tags lets %i go, and of one more none', (perRepository, tagCount, most) => {
    const under = { ...evidence, policy: { ...policy, perRepository }, secondary: { tags: tagCount } };
    const verdicts = (count: number): Set<string> =>
      new Set([...judgeDeletions(orphans(count), under).values()].map(reasonOf));
    expect(verdicts(most)).toEqual(new Set(['allowed']));
    expect(verdicts(most + 1)).toEqual(new Set(['held: OVER_BUDGET']));
  });

  const explicit: DeletionPolicy = { ...policy, perRepository: { kind: 'percent', n: 100 } };

  it.each<[number, number, string, Partial<DeletionEvidence>]>([
    [5, 5, 'allowed', {}],
    [5, 8, 'allowed', {}],
    [6, 12, 'allowed', {}],
    [6, 11, '6 of 11 tags would be deleted, more than half of the repository', {}],
    [6, 6, 'all 6 tags of the repository would be deleted', {}],
    [6, 6, 'allowed', { approval: 'approved' }],
    [6, 6, 'allowed', { policy: { ...explicit, budgetAuthority: 'operator-word' } }],
  ])('under a budget of all tags, %i of %i: %s', (count, of, expected, by) => {
    const under: DeletionEvidence = { ...evidence, policy: explicit, secondary: { tags: of }, ...by };
    const verdicts = [...judgeDeletions(orphans(count), under).values()];
    const said = verdicts.map((verdict) => (verdict.kind === 'allowed' ? 'allowed' : verdict.message));
    expect(new Set(said)).toEqual(new Set([expected]));
  });

  it.each<[number, number, string, Partial<DeletionEvidence>]>([
    [0, 0, 'allowed', {}],
    [20, 1, 'allowed', {}],
    [19, 1, 'OVER_BUDGET 1 of 19 repositories are gone from the primary, more than 5 % of its catalog', {}],
    [19, 1, 'allowed', { approval: 'approved' }],
    [19, 1, 'allowed', { policy: { ...policy, budgetAuthority: 'operator-word' } }],
    [
      19,
      1,
      'OVER_BUDGET 1 of 19 repositories are gone from the primary, more than 5 % of its catalog',
      { policy: { ...policy, authority: 'operator-word' } },
    ],
  ])('where of %i known repositories %i are gone: %s', (known, gone, expected, by) => {
    const [verdict] = judgeDeletions(orphans(1), { ...evidence, catalog: { known, gone }, ...by }).values();
    expect(verdict?.kind === 'held' ? `${verdict.reason} ${verdict.message}` : verdict?.kind).toBe(expected);
  });

  it('counts only what would be deleted: held and skipped orphans take none of it', () => {
    const under: DeletionEvidence = {
      ...evidence,
      policy: { ...policy, perRepository: { kind: 'count', n: 1 } },
    };
    const [mine, foreign, signature] = tags(3);
    const verdicts = judgeDeletions(
      [
        { ...candidate, tag: mine! },
        { ...candidate, tag: foreign!, ownership: 'foreign' },
        { ...candidate, tag: signature!, subject: 'alive-or-unclear' },
      ],
      under,
    );
    expect([...verdicts.values()].map(reasonOf)).toEqual([
      'allowed',
      'held: FOREIGN_TAG',
      'skipped: REFERRER_OF_LIVE_SUBJECT',
    ]);
  });

  it('leaves tombstones out, and lets them go while it holds the others', () => {
    const under: DeletionEvidence = {
      ...evidence,
      policy: { ...policy, perRepository: { kind: 'count', n: 1 } },
    };
    const [first, second, ...others] = orphans(4);
    const tombstones = [first!, second!].map((each): DeletionCandidate => ({
      ...each,
      content: 'tombstone',
    }));
    const candidates = [...tombstones, ...others];
    expect([...judgeDeletions(candidates.slice(0, 3), under).values()].map(reasonOf)).toEqual([
      'allowed',
      'allowed',
      'allowed',
    ]);
    expect([...judgeDeletions(candidates, under).values()].map(reasonOf)).toEqual([
      'allowed',
      'allowed',
      'held: OVER_BUDGET',
      'held: OVER_BUDGET',
    ]);
  });
});

describe('for any orphans under any policy, the gate', () => {
  const anyBudget: fc.Arbitrary<Budget> = fc.oneof(
    fc.constant<Budget>({ kind: 'default' }),
    fc.integer({ min: 1, max: 20 }).map((n): Budget => ({ kind: 'count', n })),
    fc.integer({ min: 1, max: 100 }).map((n): Budget => ({ kind: 'percent', n })),
  );
  const anyPolicy: fc.Arbitrary<DeletionPolicy> = fc.record({
    orphans: fc.constantFrom('off', 'report', 'delete', 'delete', 'delete'),
    fallback: fc.constantFrom('none', 'tombstone'),
    authority: fc.constantFrom('policy', 'operator-word'),
    perRepository: anyBudget,
    budgetAuthority: fc.constantFrom('policy', 'operator-word'),
    perCycle: fc.nat(30),
    minAbsenceSeconds: fc.nat(1200),
    minObservations: fc.nat(4),
    adoptForeign: fc.boolean(),
  });
  const anyEvidence: fc.Arbitrary<DeletionEvidence> = fc.record({
    policy: anyPolicy,
    freeze: fc.constantFrom('frozen', 'not-frozen', 'not-frozen', 'not-frozen'),
    approval: fc.constantFrom('none', 'none', 'approved'),
    primary: fc.record({
      listing: fc.constantFrom('incomplete', 'complete', 'complete', 'complete'),
      tags: fc.nat(5),
      repository: fc.constantFrom('named', 'named', 'vanished'),
    }),
    secondary: fc.record({ tags: fc.nat(200) }),
    catalog: fc.record({ known: fc.nat(60), gone: fc.nat(4) }),
    copies: fc.constantFrom('not-run', 'all-done', 'some-failed'),
    history: fc.constantFrom(
      'first-cycle',
      'same-cycle',
      'configuration-changed',
      'ahead-of-clock',
      'known',
      'known',
      'known',
    ),
    sentinel: fc.constantFrom('not-configured', 'confirmed', 'missing', 'changed'),
    wantedByCycle: fc.nat(40),
  });
  const anyCandidate = fc.record(
    {
      tag: fc.nat(200).map((n) => parseTag(`t${n}`)),
      secondaryDigest: fc.constantFrom(null, candidate.secondaryDigest),
      content: fc.constantFrom('unknown', 'unknown', 'tombstone'),
      ownership: fc.constantFrom('ours', 'ours', 'ours', 'foreign', 'restored'),
      observations: fc.nat(6),
      absentSeconds: fc.integer({ min: -10, max: 2000 }),
      subject: fc.constantFrom('gone', 'alive-or-unclear'),
    },
    { requiredKeys: ['tag', 'secondaryDigest', 'content', 'ownership', 'observations', 'absentSeconds'] },
  ) as fc.Arbitrary<DeletionCandidate>;
  const anyCandidates = fc.uniqueArray(anyCandidate, { selector: (each) => each.tag, maxLength: 40 });

  function lawful(law: (candidates: readonly DeletionCandidate[], under: DeletionEvidence) => void): void {
    fc.assert(fc.property(anyCandidates, anyEvidence, law), { numRuns: 1000 });
  }

  function unapproved(under: DeletionEvidence): DeletionEvidence {
    return { ...under, approval: 'none' };
  }

  function allowedBy(
    candidates: readonly DeletionCandidate[],
    under: DeletionEvidence,
  ): readonly DeletionCandidate[] {
    const verdicts = judgeDeletions(candidates, under);
    return candidates.filter((each) => verdicts.get(each.tag)?.kind === 'allowed');
  }

  it('never lets more content go than the budget of the repository', () => {
    lawful((candidates, given) => {
      const under = unapproved(given);
      const content = allowedBy(candidates, under).filter((each) => each.content !== 'tombstone');
      expect(content.length).toBeLessThanOrEqual(
        allowedDeletions(under.policy.perRepository, under.secondary.tags),
      );
    });
  });

  it('never lets content go in a cycle that wants more than its budget', () => {
    lawful((candidates, under) => {
      const over: DeletionEvidence = { ...unapproved(under), wantedByCycle: under.policy.perCycle + 1 };
      expect(allowedBy(candidates, over).filter((each) => each.content !== 'tombstone')).toEqual([]);
    });
  });

  it('never lets anything go from a repository that one row speaks for', () => {
    lawful((candidates, under) => {
      const unsafe: Partial<DeletionEvidence>[] = [
        { primary: { listing: 'incomplete', tags: 9, repository: 'named' } },
        { approval: 'none', primary: { listing: 'complete', tags: 0, repository: 'named' } },
        { approval: 'none', primary: { listing: 'complete', tags: 0, repository: 'vanished' } },
        { policy: { ...under.policy, orphans: 'off' } },
        { policy: { ...under.policy, orphans: 'report' } },
        { freeze: 'frozen' },
        { copies: 'some-failed' },
        { sentinel: 'missing' },
        { sentinel: 'changed' },
      ];
      expect(unsafe.flatMap((fact) => allowedBy(candidates, { ...under, ...fact }))).toEqual([]);
    });
  });

  it("never lets a tag go whose image may live, not even at an operator's word", () => {
    lawful((candidates, under) => {
      const living = allowedBy(candidates, under).filter((each) => each.subject === 'alive-or-unclear');
      expect(living).toEqual([]);
    });
  });

  it('never lets content go on its own that is foreign or was not absent long and often enough', () => {
    lawful((candidates, under) => {
      const own: DeletionEvidence = {
        ...unapproved(under),
        policy: { ...under.policy, authority: 'policy', adoptForeign: false },
      };
      const content = allowedBy(candidates, own).filter((each) => each.content !== 'tombstone');
      const { minObservations, minAbsenceSeconds } = own.policy;
      expect(content.filter(({ ownership }) => ownership !== 'ours')).toEqual([]);
      expect(content.filter(({ observations }) => observations < minObservations)).toEqual([]);
      expect(content.filter(({ absentSeconds }) => absentSeconds < minAbsenceSeconds)).toEqual([]);
    });
  });

  it('never lets content go on its own where a repository loses more than half, or the catalog more than 5 %', () => {
    lawful((candidates, given) => {
      const policyOfNobody: DeletionPolicy = { ...given.policy, budgetAuthority: 'policy' };
      const under: DeletionEvidence = { ...unapproved(given), policy: policyOfNobody };
      const content = allowedBy(candidates, under).filter((each) => each.content !== 'tombstone');
      const isLoss = content.length > 5 && content.length > under.secondary.tags / 2;
      const isLost = under.catalog.gone > under.catalog.known * 0.05;
      expect(isLoss || isLost ? content : []).toEqual([]);
    });
  });

  it('marks exactly the tags that an approval would let go', () => {
    lawful((candidates, under) => {
      const verdicts = judgeDeletions(candidates, unapproved(under));
      const before = allowedBy(candidates, unapproved(under));
      const after = allowedBy(candidates, { ...under, approval: 'approved' });
      const marked = candidates.filter(({ tag: each }) => {
        const verdict = verdicts.get(each);
        return verdict?.kind === 'held' && verdict.releasedBy === 'approval';
      });
      expect(marked).toEqual(after.filter((each) => !before.includes(each)));
      expect(before.filter((each) => !after.includes(each))).toEqual([]);
    });
  });

  it('lets only go at an approval what a reason held that approvals override', () => {
    lawful((candidates, under) => {
      const verdicts = judgeDeletions(candidates, unapproved(under));
      const released = allowedBy(candidates, { ...under, approval: 'approved' });
      const reasons = released.map(({ tag: each }) => reasonOf(verdicts.get(each)));
      expect(reasons.filter((reason) => !['allowed', ...overridable].includes(reason))).toEqual([]);
    });
  });

  it('judges orphans the same in whatever order they come', () => {
    lawful((candidates, under) => {
      const backwards = judgeDeletions(candidates.toReversed(), under);
      expect(backwards).toEqual(judgeDeletions(candidates, under));
    });
  });
});

describe('the last look', () => {
  const good: LastLook = {
    freeze: 'not-frozen',
    sentinel: 'not-configured',
    repository: 'lives',
    primary: 'unknown',
    control: 'present',
    secondary: 'as-planned',
  };
  const primaries = ['unknown', 'repository-unknown', 'present', 'unclear'] as const;
  const controls = ['present', 'unclear'] as const;
  const secondaries = ['as-planned', 'changed', 'gone', 'unclear'] as const;

  it.each<[LastLook['primary'], LastLook['control'], LastLook['secondary'], string]>([
    ['unknown', 'present', 'as-planned', 'allowed'],
    ['unknown', 'present', 'changed', 'held: SECONDARY_CHANGED'],
    ['unknown', 'present', 'gone', 'held: SECONDARY_CHANGED'],
    ['unknown', 'present', 'unclear', 'held: SECONDARY_CHANGED'],
    ...secondaries.map((secondary) => ['unknown', 'unclear', secondary, 'held: PRIMARY_UNREADABLE'] as const),
    ...controls.flatMap((control) =>
      secondaries.flatMap((secondary) => [
        ['present', control, secondary, 'held: PRIMARY_STILL_HAS_TAG'] as const,
        ['unclear', control, secondary, 'held: PRIMARY_UNREADABLE'] as const,
        // Of a repository that lives, NAME_UNKNOWN is an answer that cannot be.
        ['repository-unknown', control, secondary, 'held: PRIMARY_UNREADABLE'] as const,
      ]),
    ),
  ] as [LastLook['primary'], LastLook['control'], LastLook['secondary'], string][])(
    'at a primary that says %s, a control tag that is %s and a secondary that is %s: %s',
    (primary, control, secondary, expected) => {
      expect(reasonOf(judgeLastLook({ ...good, primary, control, secondary }))).toBe(expected);
    },
  );

  it('lets few of all answers through', () => {
    const looks = (['lives', 'no-tags'] as const).flatMap((repository) =>
      primaries.flatMap((primary) =>
        controls.flatMap((control) =>
          secondaries.map((secondary): LastLook => ({ ...good, repository, primary, control, secondary })),
        ),
      ),
    );
    expect(looks).toHaveLength(64);
    expect(looks.filter((look) => judgeLastLook(look).kind === 'allowed')).toEqual([
      good,
      { ...good, repository: 'no-tags' },
      { ...good, repository: 'no-tags', primary: 'repository-unknown' },
    ]);
    const withSentinel = looks.map((look): LastLook => ({ ...look, sentinel: 'confirmed' }));
    expect(withSentinel.filter((look) => judgeLastLook(look).kind === 'allowed')).toHaveLength(3);
    const frozen = looks.map((look): LastLook => ({ ...look, freeze: 'frozen' }));
    expect(new Set(frozen.map((look) => reasonOf(judgeLastLook(look))))).toEqual(new Set(['held: FROZEN']));
  });

  it.each<[string, Partial<LastLook>]>([
    ['deletions are frozen', { freeze: 'frozen', sentinel: 'missing', primary: 'present' }],
    ['the primary does not have the sentinel tag', { sentinel: 'missing', primary: 'present' }],
    [
      'the sentinel tag of the primary stands for another digest than the one that is written down',
      { sentinel: 'changed' },
    ],
    ['the primary has the tag, whatever its listing said', { primary: 'present' }],
    ['the primary did not say in so many words that it does not know the tag', { primary: 'unclear' }],
    [
      'the primary did not say in so many words that it does not know the tag',
      { primary: 'repository-unknown' },
    ],
    ['the primary did not answer for a tag that it has', { control: 'unclear' }],
    ['the tag on the secondary is not what the plan saw', { secondary: 'changed' }],
  ])('says: %s', (message, look) => {
    expect(judgeLastLook({ ...good, ...look })).toMatchObject({
      kind: 'held',
      message,
      releasedBy: 'nothing',
    });
  });

  it.each(Object.keys(good) as (keyof LastLook)[])('refuses where it is not known: %s', (part) => {
    const look = { ...good, primary: 'repository-unknown', repository: 'no-tags', [part]: undefined };
    expect(judgeLastLook(look as LastLook)).toMatchObject({ kind: 'held' });
  });
});
