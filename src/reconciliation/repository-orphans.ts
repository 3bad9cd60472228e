import { stepEnded, stepPlanned } from '../planning/step.ts';
import type { RepositoryMemory } from '../planning/repository-memory.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';
import { settlementOf, type OrphanJudgement } from './orphan-judgement.ts';
import { judgeOrphans, placeOf, surroundingsOf, type OrphanQuestion } from './orphan-question.ts';
import type { RepositoryCopies } from './repository-copies.ts';
import type { StepLedger } from './step-ledger.ts';

export interface RepositoryOrphansParts {
  readonly context: LinkContext;
  readonly secondary: SecondaryContext;
  readonly copies: RepositoryCopies;
  readonly ledger: StepLedger;
}

/** The orphans of one repository on one secondary, through one cycle: judged, deleted or held, and what waits written down. */
export class RepositoryOrphans {
  readonly #context: LinkContext;
  readonly #secondary: SecondaryContext;
  readonly #of: Pick<OrphanQuestion, 'primaryRepository' | 'secondaryRepository'>;
  readonly #copies: RepositoryCopies;
  readonly #ledger: StepLedger;
  #settled: OrphanJudgement | undefined;

  constructor(
    { context, secondary, copies, ledger }: RepositoryOrphansParts,
    of: Pick<OrphanQuestion, 'primaryRepository' | 'secondaryRepository'>,
  ) {
    this.#context = context;
    this.#secondary = secondary;
    this.#of = of;
    this.#copies = copies;
    this.#ledger = ledger;
  }

  /** What was settled, if anything was. */
  get judgement(): OrphanJudgement | undefined {
    return this.#settled;
  }

  /** The gate's word on every orphan, given how many deletions the whole cycle wants. @throws {StateError} */
  async judge(question: OrphanQuestion | undefined, wantedByCycle: number): Promise<OrphanJudgement> {
    if (question === undefined) return this.#unjudged('unclear');
    try {
      return await judgeOrphans(question, wantedByCycle);
    } catch (error) {
      // Every other failure of a registry is evidence, and the gate has judged it.
      if (error instanceof RegistryError && error.code === 'CANCELLED') return this.#unjudged('unclear');
      throw error;
    }
  }

  /** Carries the verdicts out, one tag after the other. */
  async settle(question: OrphanQuestion | undefined, judgement: OrphanJudgement): Promise<void> {
    if (question === undefined) return;
    const surroundings = await surroundingsOf(question);
    this.#settled = judgement;
    const { verdicts } = judgement;
    for (const step of question.plan.orphans) {
      const verdict = verdicts.get(step.tag);
      if (verdict === undefined)
        this.#ledger.end(
          stepEnded(step, 'failed', 'CANCELLED', 'cancelled before the gate gave its verdict'),
        );
      else if (verdict.kind !== 'allowed')
        this.#ledger.end(stepEnded(step, verdict.kind, verdict.reason, verdict.message));
      else if (this.#context.work.command === 'plan') this.#ledger.end(stepPlanned(step));
      else this.#ledger.end(await this.#secondary.deleter.deleteTag(step, surroundings));
      this.#ledger.keep(this.#copies.takeCopiedAgain());
    }
  }

  /**
   * Writes down what waits for an approver. A repository that has no orphan and had none has no plan, and is spared the question.
   *
   * @throws {StateError}
   */
  async settlePlan(memory: RepositoryMemory | undefined, orphans: 'some' | 'none'): Promise<void> {
    const { store, cycleId } = this.#context;
    const hadOrphans = [...(memory?.tags.values() ?? [])].some(({ orphanSince }) => orphanSince !== null);
    if (orphans === 'none' && !hadOrphans) return;
    const judgement = this.#settled ?? this.#unjudged(orphans === 'none' ? 'nothing' : 'unclear');
    const cycle = { primaryRepository: this.#of.primaryRepository, cycleId };
    await store.settleHeldPlan(settlementOf(judgement, cycle, this.#ledger.steps));
  }

  #unjudged(kind: 'unclear' | 'nothing'): OrphanJudgement {
    return {
      place: placeOf({ secondary: this.#secondary, secondaryRepository: this.#of.secondaryRepository }),
      policy: this.#context.link.policy.deletions,
      candidates: [],
      verdicts: new Map(),
      wanted: 0,
      waiting: { kind },
      approved: undefined,
      open: undefined,
    };
  }
}
