import { describe, expect, it } from '@jest/globals';

import { GOOD_LOOK, questionOf } from '../../test/faults/deletion-traps/gate-trap.ts';
import { lookTraps } from '../../test/faults/deletion-traps/look-traps.ts';
import { budgetTraps, orphanTraps } from '../../test/faults/deletion-traps/orphan-traps.ts';
import { repositoryTraps } from '../../test/faults/deletion-traps/repository-traps.ts';
import { judgeDeletions, judgeLastLook, type GateVerdict } from './deletion-gate.ts';

/** Every reason that an approval overrides, by the contract; no other does. */
const OVERRIDDEN = [
  'FIRST_CYCLE',
  'CONFIG_CHANGED',
  'TOO_FEW_OBSERVATIONS',
  'FOREIGN_TAG',
  'OVER_BUDGET',
  'PRIMARY_EMPTY',
];

function reasonOf(verdict: GateVerdict): string {
  return verdict.kind === 'allowed' ? 'allowed' : `${verdict.kind}: ${verdict.reason}`;
}

function releasedByOf(verdict: GateVerdict): string {
  return verdict.kind === 'held' ? verdict.releasedBy : 'nothing';
}

describe('an orphan, nothing being against it,', () => {
  it('goes, so that every trap below is one for itself', () => {
    const { candidates, evidence } = questionOf({});
    expect([...judgeDeletions(candidates, evidence).values()]).toEqual([{ kind: 'allowed' }]);
    expect(judgeLastLook(GOOD_LOOK)).toEqual({ kind: 'allowed' });
  });
});

describe.each([
  ['repositories', repositoryTraps],
  ['orphans', orphanTraps],
  ['budgets', budgetTraps],
])('traps of %s', (_group, traps) => {
  it.each(traps)('%s: %s', (_mode, _trap, change, says) => {
    const { candidates, evidence } = questionOf(change);
    const verdicts = [...judgeDeletions(candidates, evidence).values()];
    expect(verdicts).toHaveLength(candidates.length);
    expect(new Set(verdicts.map(reasonOf))).toEqual(new Set([says]));
  });

  it.each(traps)('%s, with an approval: %s', (_mode, _trap, change, says) => {
    const { candidates, evidence } = questionOf(change);
    const before = [...judgeDeletions(candidates, evidence).values()];
    const after = [...judgeDeletions(candidates, { ...evidence, approval: 'approved' }).values()];
    const isOff = evidence.policy.orphans !== 'delete';
    const isOverridden = OVERRIDDEN.some((reason) => says === `held: ${reason}`) && !isOff;
    // What this cycle has looked at before waits for the next, whatever was approved.
    const isFinal = evidence.history === 'same-cycle' || !isOverridden;
    expect(new Set(after.map(reasonOf))).toEqual(new Set([isFinal ? says : 'allowed']));
    expect(new Set(before.map(releasedByOf))).toEqual(new Set([isFinal ? 'nothing' : 'approval']));
  });
});

describe('traps of the last look', () => {
  it.each(lookTraps)('%s: %s', (_mode, _trap, look, says) => {
    const verdict = judgeLastLook({ ...GOOD_LOOK, ...look });
    expect(reasonOf(verdict)).toBe(says);
    expect(releasedByOf(verdict)).toBe('nothing');
  });
});
