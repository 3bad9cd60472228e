import { describe, expect, it } from '@jest/globals';
import type { Digest } from '../oci/digest.ts';
import { parseTag } from '../oci/reference.ts';
import type { TagMap } from '../oci/tag-map.ts';
import { diffTagMaps } from './diff-tag-maps.ts';
import { planRepairs, type PlanWithRepairs } from './plan-repairs.ts';
import { planRepository } from './repository-plan.ts';

const [one, two] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}` as Digest) as [Digest, Digest];
const [equal, missing, unreadable, orphan] = ['equal', 'missing', 'unreadable', 'orphan'].map(parseTag) as [
  ReturnType<typeof parseTag>,
  ReturnType<typeof parseTag>,
  ReturnType<typeof parseTag>,
  ReturnType<typeof parseTag>,
];

const expected: TagMap = new Map(
  [equal, missing, unreadable].map((tag) => [tag, { kind: 'resolved', digest: one }] as const),
);
const actual: TagMap = new Map([
  [equal, { kind: 'resolved', digest: one }],
  [unreadable, { kind: 'unreadable', code: 'SERVER_ERROR', message: 'the registry answered 500' }],
  [orphan, { kind: 'resolved', digest: two }],
]);

function plan(mode: 'diff' | 'recopy', ...doubted: (typeof equal)[]): PlanWithRepairs {
  const differences = diffTagMaps(expected, actual);
  return planRepairs(planRepository(differences), differences, { mode, doubted: new Set(doubted), expected });
}

function lines({ copies }: PlanWithRepairs): string[] {
  return copies.map(({ kind, tag }) => `${kind} ${tag}`);
}

describe('a plan with repairs', () => {
  it('is the plan itself where nothing is in doubt', () => {
    const { repairs, ...rest } = plan('diff');
    expect(repairs.size).toBe(0);
    expect(rest).toEqual(planRepository(diffTagMaps(expected, actual)));
  });

  it('pushes a tag in doubt again, and no longer counts it as found in sync', () => {
    const repaired = plan('diff', equal);
    expect(lines(repaired)).toEqual(['copy-tag missing', 'verify-tag equal']);
    expect(repaired).toMatchObject({ inSync: 0, repairs: new Set([equal]) });
  });

  it('walks a tag in doubt without shortcuts also where it is missing now', () => {
    expect(plan('diff', missing)).toMatchObject({ inSync: 1, repairs: new Set([missing]) });
  });

  it('pushes in a recopy every tag that the primary has, also one that the secondary cannot tell', () => {
    const repaired = plan('recopy');
    expect(lines(repaired)).toEqual(['copy-tag missing', 'verify-tag equal', 'verify-tag unreadable']);
    expect(repaired).toMatchObject({ failures: [], repairs: new Set([equal, missing, unreadable]) });
    expect(repaired.orphans.map(({ tag }) => tag)).toEqual([orphan]);
  });
});
