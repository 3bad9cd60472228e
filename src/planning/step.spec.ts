import { describe, expect, it } from '@jest/globals';

import { digestOf } from '../oci/digest.ts';
import { parseTag } from '../oci/reference.ts';
import { contentDigestOf, stepDone, stepEnded, stepPlanned, type PlanStep } from './step.ts';

const primaryDigest = digestOf(Buffer.from('primary'));
const expectedDigest = digestOf(Buffer.from('filtered'));
const step: PlanStep = {
  kind: 'move-tag',
  tag: parseTag('v1'),
  primaryDigest,
  secondaryDigest: null,
  expectedDigest,
};

describe('a step', () => {
  it('that is done keeps what it was about, and needs no reason', () => {
    expect(stepDone(step)).toStrictEqual({ ...step, outcome: 'done', reason: null, message: null });
  });

  it('that is planned keeps what it was about, and needs no reason', () => {
    expect(stepPlanned(step)).toStrictEqual({ ...step, outcome: 'planned', reason: null, message: null });
  });

  it.each(['skipped', 'held', 'failed'] as const)('that is %s says why', (outcome) => {
    expect(stepEnded(step, outcome, 'FROZEN', 'deletions are frozen')).toStrictEqual({
      ...step,
      outcome,
      reason: 'FROZEN',
      message: 'deletions are frozen',
    });
  });
});

describe('contentDigestOf', () => {
  it('is the filtered index where a platform filter makes one', () => {
    expect(contentDigestOf(step)).toBe(expectedDigest);
  });

  it("is the primary's digest otherwise", () => {
    expect(contentDigestOf({ primaryDigest })).toBe(primaryDigest);
    expect(contentDigestOf({ primaryDigest: null })).toBeNull();
  });
});
