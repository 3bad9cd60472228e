import { describe, expect, it } from '@jest/globals';

import { allTraps, cycleTraps } from './deletion-traps/all-traps.ts';
import { playTrap } from './deletion-traps/cycle-trap.ts';

describe('the traps of the deletion gate', () => {
  it('are at least three hundred, each with a sentence of its own', () => {
    const sentences = allTraps().map(([mode, trap]) => `${mode}: ${trap}`);
    expect(new Set(sentences).size).toBe(sentences.length);
    expect(sentences.length).toBeGreaterThanOrEqual(300);
  });

  it('stand for every failure mode of which a deletion can be the consequence', () => {
    const modes = new Set(allTraps().map(([mode]) => mode));
    const numbers = [
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 25, 26, 27, 29,
    ];
    expect(numbers.filter((number) => !modes.has(`DS-${String(number).padStart(2, '0')}`))).toEqual([]);
  });
});

describe('an orphan in whole cycles, nobody lying,', () => {
  it('is deleted, so that every trap below is one for itself', async () => {
    const played = await playTrap({ mode: 'DS-01', trap: 'none', lie: () => undefined, says: 'done' });
    expect(played).toEqual({ says: 'done', then: 'gone', after: undefined, violations: [] });
  });
});

describe.each(cycleTraps)('traps about %s', (_about, traps) => {
  it.each(traps)('$mode: $trap', async (trap) => {
    const played = await playTrap(trap);
    expect(played).toEqual({
      says: trap.says,
      then: trap.then ?? 'lives',
      after: trap.after,
      violations: [],
    });
  });
});
