import type { Tag } from '../oci/reference.ts';
import type { RepositoryMemory } from '../planning/repository-memory.ts';
import type { StepOutcome } from '../planning/step.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';

/** The steps of one repository on one secondary: kept for the report, and told to who watches as soon as each has ended. */
export class StepLedger {
  readonly #context: Pick<LinkContext, 'observer' | 'clock'>;
  readonly #of: { readonly secondary: SecondaryContext['name']; readonly repository: string };
  readonly #steps: StepOutcome[] = [];
  #memory: RepositoryMemory | undefined;
  #comparedAt: Date | undefined;

  constructor(
    context: Pick<LinkContext, 'observer' | 'clock'>,
    of: { readonly secondary: SecondaryContext['name']; readonly repository: string },
  ) {
    this.#context = context;
    this.#of = of;
  }

  get steps(): readonly StepOutcome[] {
    return this.#steps;
  }

  /** The two sides have just been compared; `memory` knows which tags differed before. */
  compared(memory: RepositoryMemory | undefined): void {
    this.#memory = memory;
    this.#comparedAt = this.#context.clock.now();
  }

  end(step: StepOutcome): void {
    this.keep([step]);
    this.tell(step);
  }

  /** Keeps steps that were told already. */
  keep(steps: readonly StepOutcome[]): void {
    this.#steps.push(...steps);
  }

  tell(step: StepOutcome): void {
    const { observer } = this.#context;
    const { secondary, repository } = this.#of;
    observer.stepFinished(secondary, repository, step);
    const seconds = this.#secondsUntilEqual(step);
    if (seconds !== undefined) observer.tagReplicated(secondary, repository, seconds);
  }

  /** Of a tag that was put and read back: since it was first found different, now or in a cycle before this one. */
  #secondsUntilEqual({ kind, outcome, tag }: StepOutcome): number | undefined {
    if ((kind !== 'copy-tag' && kind !== 'move-tag') || outcome !== 'done') return undefined;
    const since = this.#memory?.tags.get(tag as Tag)?.firstSeenDifferentAt ?? this.#comparedAt;
    if (since === undefined) return undefined;
    return Math.max(0, this.#context.clock.now().getTime() - since.getTime()) / 1000;
  }
}
