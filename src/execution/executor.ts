import { stepDone, stepEnded, type PlanStep, type StepOutcome } from '../planning/step.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { ArtifactCopier } from './artifact-copier.ts';
import { BlobCopier } from './blob-copier.ts';
import type { CopyContext } from './copy-context.ts';
import { copyFailureOf } from './copy-failure.ts';
import { GraphCopier } from './graph-copier.ts';
import type { PrimaryContent } from './primary-content.ts';
import { ReferrersCopier } from './referrers-copier.ts';

/** Tags of one repository copied at once; the registries' own limits bound what is really under way. */
const TAGS_AT_ONCE = 16;

/** One tag to copy, or one whose content is there, with the referrers that it lacks on the secondary. */
export interface CopyTask {
  /** `undefined`: the tag is in sync, only referrers are missing. */
  readonly copy: PlanStep | undefined;
  readonly referrers: readonly PlanStep[];
}

/** Carries copies out on one secondary during one cycle. One failing tag never stops the others. */
export class Executor {
  readonly #artifacts: ArtifactCopier;
  readonly #referrers: ReferrersCopier;

  constructor(primary: PrimaryContent, secondary: RegistryClient) {
    const graphs = new GraphCopier(primary, secondary, new BlobCopier(primary, secondary));
    this.#referrers = new ReferrersCopier(primary, secondary, graphs);
    this.#artifacts = new ArtifactCopier({ primary, secondary }, graphs, this.#referrers);
  }

  /** Carries every task out, and tells of each step as it ends. The outcomes are in the order of the tasks. */
  async copy(
    tasks: readonly CopyTask[],
    context: CopyContext,
    onStep: (outcome: StepOutcome) => void,
  ): Promise<readonly StepOutcome[]> {
    const outcomes = new Array<readonly StepOutcome[]>(tasks.length);
    const queue = tasks.entries();
    const work = async (): Promise<void> => {
      for (const [index, task] of queue) {
        const ended =
          task.copy === undefined
            ? await this.#copyReferrers(task, context)
            : await this.#copyTag(task.copy, task, context);
        outcomes[index] = ended;
        ended.forEach(onStep);
      }
    };
    await Promise.all(Array.from({ length: Math.min(TAGS_AT_ONCE, tasks.length) }, work));
    return outcomes.flat();
  }

  /** A tag is not put before its referrers are there, so it shares their fate. */
  async #copyTag(
    copy: PlanStep,
    { referrers }: CopyTask,
    context: CopyContext,
  ): Promise<readonly StepOutcome[]> {
    const steps = [...referrers, copy];
    try {
      await this.#artifacts.copyTag(copy, referrers, context);
      return steps.map(stepDone);
    } catch (error) {
      const { code, message } = copyFailureOf(error);
      return steps.map((step) => stepEnded(step, 'failed', code, message));
    }
  }

  async #copyReferrers({ referrers }: CopyTask, context: CopyContext): Promise<readonly StepOutcome[]> {
    const outcomes: StepOutcome[] = [];
    for (const step of referrers) {
      try {
        await this.#referrers.copy(step, context);
        outcomes.push(stepDone(step));
      } catch (error) {
        const { code, message } = copyFailureOf(error);
        outcomes.push(stepEnded(step, 'failed', code, message));
      }
    }
    return outcomes;
  }
}
