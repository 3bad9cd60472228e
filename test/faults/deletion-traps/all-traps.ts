import { answerTraps } from './answer-traps.ts';
import type { CycleTrap } from './cycle-trap.ts';
import { historyTraps } from './history-traps.ts';
import { limitTraps } from './limit-traps.ts';
import { listingTraps, lookupTraps } from './listing-traps.ts';
import { lookTraps } from './look-traps.ts';
import { budgetTraps, orphanTraps } from './orphan-traps.ts';
import { primaryTraps } from './primary-traps.ts';
import { referrerTraps } from './referrer-traps.ts';
import { repositoryTraps } from './repository-traps.ts';
import { windowTraps } from './window-traps.ts';

/** Whole cycles against registries that lie, by the question that the lie is about. */
export const cycleTraps: readonly (readonly [about: string, traps: readonly CycleTrap[]])[] = [
  ['lists of tags', listingTraps],
  ['lookups of a tag', lookupTraps],
  ['what changes meanwhile', windowTraps],
  ['another primary, or half of it', primaryTraps],
  ['answers to a deletion', answerTraps],
  ['limits, and copies that fail', limitTraps],
  ['history, filters and ownership', historyTraps],
  ['signatures', referrerTraps],
];

/** Every trap by its failure mode and its sentence, those that only the gate meets included. */
export function allTraps(): readonly (readonly [mode: string, trap: string])[] {
  const pure = [...repositoryTraps, ...orphanTraps, ...budgetTraps, ...lookTraps];
  const played = cycleTraps.flatMap(([, traps]) => traps);
  return [
    ...pure.map(([mode, trap]) => [mode, `the gate: ${trap}`] as const),
    ...played.map(({ mode, trap }) => [mode, trap] as const),
  ];
}
