import type { TagDifference } from './diff-tag-maps.ts';
import { stepEnded, type PlanStep, type StepOutcome } from './step.ts';

/** What is to be done for one repository on one secondary: the same value is printed by `plan` and executed by `sync`. */
export interface RepositoryPlan {
  /** `copy-tag` and `move-tag` steps. */
  readonly copies: readonly PlanStep[];
  /** `delete-orphan-tag` steps; nominated by the lists, decided by the gate. */
  readonly orphans: readonly PlanStep[];
  /** Steps that ended before they began: tags that one side could not read. */
  readonly failures: readonly StepOutcome[];
  readonly inSync: number;
}

export function planRepository(differences: readonly TagDifference[]): RepositoryPlan {
  const copies: PlanStep[] = [];
  const orphans: PlanStep[] = [];
  const failures: StepOutcome[] = [];
  let inSync = 0;
  for (const difference of differences) {
    const { tag, primaryDigest, secondaryDigest } = difference;
    switch (difference.kind) {
      case 'in-sync':
        inSync += 1;
        break;
      case 'missing':
        copies.push(copyStep('copy-tag', difference));
        break;
      case 'moved':
        copies.push(copyStep('move-tag', difference));
        break;
      case 'orphan':
        orphans.push({ kind: 'delete-orphan-tag', tag, primaryDigest, secondaryDigest });
        break;
      case 'unreadable':
        failures.push(failedStep(difference));
    }
  }
  return { copies, orphans, failures, inSync };
}

function copyStep(
  kind: 'copy-tag' | 'move-tag',
  difference: Extract<TagDifference, { kind: 'missing' | 'moved' }>,
): PlanStep {
  const { tag, primaryDigest, secondaryDigest, expectedDigest } = difference;
  return {
    kind,
    tag,
    primaryDigest,
    secondaryDigest,
    ...(expectedDigest === undefined ? {} : { expectedDigest }),
  };
}

function failedStep(difference: Extract<TagDifference, { kind: 'unreadable' }>): StepOutcome {
  const { tag, side, code, message, primaryDigest, secondaryDigest } = difference;
  const isOrphan = side === 'secondary' && primaryDigest === null;
  const kind = isOrphan ? 'delete-orphan-tag' : 'copy-tag';
  return stepEnded({ kind, tag, primaryDigest, secondaryDigest }, 'failed', code, message);
}
