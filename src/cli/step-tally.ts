import type { Outcome, StepKind, StepOutcome } from '../planning/step.ts';

/** Counts steps by how they ended and what they were. */
export class StepTally {
  readonly #counts = new Map<string, number>();

  constructor(steps: readonly StepOutcome[]) {
    for (const step of steps) {
      const key = keyOf(step.outcome, step.kind);
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
  }

  /** How many steps of these kinds ended so. */
  count(outcome: Outcome, kinds: readonly StepKind[]): number {
    return kinds.reduce((sum, kind) => sum + (this.#counts.get(keyOf(outcome, kind)) ?? 0), 0);
  }
}

function keyOf(outcome: Outcome, kind: StepKind): string {
  return `${outcome} ${kind}`;
}
