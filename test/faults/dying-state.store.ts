import type { DeletionAdvance, DeletionEntry } from '../../src/state/deletion-entry.ts';
import { MemoryStateStore } from '../../src/state/memory-state.store.ts';
import { StateError } from '../../src/state/state-error.ts';

/** `before`: the row is not written any more; `after`: it is, and nobody hears of it. */
export interface Death {
  readonly nth: number;
  readonly when: 'before' | 'after';
}

/** A state whose process dies at one write of the deletion journal; whoever comes next finds the rows. */
export class DyingStateStore extends MemoryStateStore {
  /** What was written to the journal, in order. */
  readonly written: string[] = [];
  #death: Death | undefined;
  #writes = 0;

  dieAt(death: Death): void {
    this.#death = death;
    this.#writes = 0;
  }

  revive(): void {
    this.#death = undefined;
  }

  override async deletionStarted(entry: DeletionEntry): Promise<void> {
    await this.#write(`started ${entry.method} ${entry.tag}`, () => super.deletionStarted(entry));
  }

  override async deletionAdvanced(id: string, state: DeletionAdvance, detail?: string): Promise<void> {
    await this.#write(state, () => super.deletionAdvanced(id, state, detail));
  }

  async #write(what: string, write: () => Promise<void>): Promise<void> {
    this.#writes += 1;
    const isTheLast = this.#writes === this.#death?.nth;
    const isDead = this.#death !== undefined && this.#writes > this.#death.nth;
    if (isDead || (isTheLast && this.#death?.when === 'before')) throw dead();
    await write();
    this.written.push(what);
    if (isTheLast) throw dead();
  }
}

function dead(): StateError {
  return new StateError('UNAVAILABLE', 'the process died');
}
