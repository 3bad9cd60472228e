import { describe, expect, it } from '@jest/globals';

import { digestOf } from '../oci/digest.ts';
import { parseRepositoryName, parseTag } from '../oci/reference.ts';
import type { DeletionCandidate, GateVerdict } from './deletion-gate.ts';
import { waitingPlanOf, type PlanPlace, type WaitingPlan } from './held-plan.ts';
import type { GateReason } from './reason-code.ts';

const place: PlanPlace = { link: 'eu-to-us', secondary: 'us', repository: parseRepositoryName('team/app') };
const digest = digestOf(Buffer.from('orphan'));

type Judged = readonly [
  tag: string,
  verdict: GateVerdict,
  secondaryDigest?: DeletionCandidate['secondaryDigest'],
];

function held(reason: GateReason, releasedBy: 'approval' | 'nothing' = 'approval'): GateVerdict {
  return { kind: 'held', reason, message: `because of ${reason}`, releasedBy };
}

function planOf(
  judged: readonly Judged[],
  {
    orphans = 'delete',
    at = {},
  }: { readonly orphans?: 'off' | 'report' | 'delete'; readonly at?: Partial<PlanPlace> } = {},
): WaitingPlan {
  const candidates = judged.map(([tag, , secondaryDigest = digest]): DeletionCandidate => ({
    tag: parseTag(tag),
    secondaryDigest,
    content: 'unknown',
    ownership: 'ours',
    observations: 2,
    absentSeconds: 600,
  }));
  const verdicts = new Map(judged.map(([tag, verdict]) => [parseTag(tag), verdict]));
  return waitingPlanOf({ ...place, ...at }, { policy: { orphans }, candidates, verdicts });
}

function hashOf(plan: WaitingPlan): string {
  return plan.kind === 'held' ? plan.plan.hash : plan.kind;
}

describe('the plan that waits', () => {
  it('has the tags that an approval would let go, in their order, and what holds each', () => {
    const plan = planOf([
      ['v2', held('OVER_BUDGET')],
      ['v3', { kind: 'allowed' }],
      ['v1', held('FIRST_CYCLE'), null],
      ['sha256-1', { kind: 'skipped', reason: 'REFERRER_OF_LIVE_SUBJECT', message: 'lives' }],
    ]);
    expect(plan).toMatchObject({
      kind: 'held',
      plan: {
        items: [
          { tag: 'v1', secondaryDigest: null, reason: 'FIRST_CYCLE', message: 'because of FIRST_CYCLE' },
          { tag: 'v2', secondaryDigest: digest, reason: 'OVER_BUDGET', message: 'because of OVER_BUDGET' },
        ],
      },
    });
    expect(hashOf(plan)).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, WaitingPlan['kind'], readonly Judged[], 'off' | 'report' | 'delete']>([
    ['there is no orphan', 'nothing', [], 'delete'],
    ['all of them may go', 'nothing', [['v1', { kind: 'allowed' }]], 'delete'],
    ['no approval overrides what holds them', 'unclear', [['v1', held('FROZEN', 'nothing')]], 'delete'],
    [
      'no approval overrides what holds some',
      'unclear',
      [
        ['v1', held('FIRST_CYCLE')],
        ['v2', held('COPY_FAILED', 'nothing')],
      ],
      'delete',
    ],
    ['deletions are off', 'nothing', [['v1', held('PRIMARY_EMPTY', 'nothing')]], 'off'],
    ['orphans are only reported', 'nothing', [['v1', held('PRIMARY_EMPTY', 'nothing')]], 'report'],
  ])('where %s: %s', (_where, kind, judged, orphans) => {
    expect(planOf(judged, { orphans }).kind).toBe(kind);
  });

  const two: readonly Judged[] = [
    ['v1', held('FIRST_CYCLE')],
    ['v2', held('FIRST_CYCLE')],
  ];

  it('keeps its hash while its content stays, whatever holds it and in whatever order', () => {
    const later: readonly Judged[] = [
      ['v2', held('OVER_BUDGET')],
      ['v1', held('TOO_FEW_OBSERVATIONS')],
    ];
    expect(hashOf(planOf(later))).toBe(hashOf(planOf(two)));
  });

  it.each<[string, readonly Judged[], Partial<PlanPlace>]>([
    ['a tag more', [...two, ['v3', held('FIRST_CYCLE')]], {}],
    ['a tag less', two.slice(1), {}],
    [
      'a tag that stands for something else',
      [['v1', held('FIRST_CYCLE'), digestOf(Buffer.from('other'))], two[1]!],
      {},
    ],
    ['a tag whose manifest was lost', [['v1', held('FIRST_CYCLE'), null], two[1]!], {}],
    ['the whole repository', two.map(([tag]) => [tag, held('PRIMARY_EMPTY')] as const), {}],
    ['another link', two, { link: 'eu-to-ap' }],
    ['another secondary', two, { secondary: 'ap' }],
    ['another repository', two, { repository: parseRepositoryName('team/other') }],
  ])('has another hash for %s', (_what, judged, at) => {
    expect(hashOf(planOf(judged, { at }))).not.toBe(hashOf(planOf(two)));
  });
});
