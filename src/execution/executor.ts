import { stepDone, stepEnded, type PlanStep, type StepOutcome } from '../planning/step.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import { ArtifactCopier } from './artifact-copier.ts';
import { BlobCopier } from './blob-copier.ts';
import type { CopyContext } from './copy-context.ts';
import { copyFailureOf } from './copy-failure.ts';

/** Tags of one repository copied at once; the registries' own limits bound what is really under way. */
const TAGS_AT_ONCE = 16;

/** Carries copies out on one secondary during one cycle. One failing tag never stops the others. */
export class Executor {
  readonly #artifacts: ArtifactCopier;

  constructor(primary: RegistryClient, secondary: RegistryClient) {
    this.#artifacts = new ArtifactCopier(primary, secondary, new BlobCopier(primary, secondary));
  }

  /**
   * Copies every tag of the plan, and tells of each as it ends. The outcomes are in the order of the steps.
   */
  async copy(
    steps: readonly PlanStep[],
    context: CopyContext,
    onStep: (outcome: StepOutcome) => void,
  ): Promise<readonly StepOutcome[]> {
    const outcomes = new Array<StepOutcome>(steps.length);
    const queue = steps.entries();
    const work = async (): Promise<void> => {
      for (const [index, step] of queue) {
        const outcome = await this.#copyTag(step, context);
        outcomes[index] = outcome;
        onStep(outcome);
      }
    };
    await Promise.all(Array.from({ length: Math.min(TAGS_AT_ONCE, steps.length) }, work));
    return outcomes;
  }

  async #copyTag(step: PlanStep, context: CopyContext): Promise<StepOutcome> {
    if (step.primaryDigest === null) return stepEnded(step, 'failed', 'MISSING_CONTENT', 'the plan has no digest to copy');
    try {
      await this.#artifacts.copyTag(step.tag, step.primaryDigest, context);
      return stepDone(step);
    } catch (error) {
      const { code, message } = copyFailureOf(error);
      return stepEnded(step, 'failed', code, message);
    }
  }
}
