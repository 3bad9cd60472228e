import type {
  CycleOutcome,
  LinkReport,
  LinkTotals,
  ReadFailure,
  RepositoryReport,
  RepositoryTotals,
  TransferTotals,
} from './cycle-report.ts';
import type { StepOutcome } from './step.ts';

export const NO_TRANSFER: TransferTotals = {
  blobsCopied: 0,
  blobsMounted: 0,
  blobsPresent: 0,
  bytesCopied: 0,
};

export interface RepositoryCounts {
  readonly inSync: number;
  readonly ignored: number;
  readonly transfer: TransferTotals;
}

/** Adds up what the steps of one repository came to. */
export function totalRepository(
  steps: readonly StepOutcome[],
  failure: ReadFailure | null,
  counts: RepositoryCounts,
): RepositoryTotals {
  const count = (test: (step: StepOutcome) => boolean): number => steps.filter(test).length;
  const done = (kind: StepOutcome['kind']): number =>
    count((step) => step.kind === kind && step.outcome === 'done');
  return {
    ...counts.transfer,
    // A verified tag is in sync; one that was copied has its own column.
    inSync: counts.inSync + done('verify-tag'),
    copied: done('copy-tag'),
    moved: done('move-tag'),
    deleted: done('delete-orphan-tag'),
    held: count((step) => step.outcome === 'held'),
    failed: count((step) => step.outcome === 'failed') + (failure === null ? 0 : 1),
    ignored: counts.ignored,
    orphans: count((step) => step.kind === 'delete-orphan-tag'),
  };
}

/** What is true of a repository at its end; a failure anywhere in it is never in sync. */
export function judgeRepositoryOutcome(
  steps: readonly StepOutcome[],
  failure: ReadFailure | null,
  inSync: number,
): CycleOutcome {
  if (failure !== null) return 'failed';
  const has = (outcome: StepOutcome['outcome']): boolean => steps.some((step) => step.outcome === outcome);
  if (has('failed')) return has('done') || inSync > 0 ? 'partial' : 'failed';
  if (has('held')) return 'held';
  return steps.some(isDifference) ? 'differences' : 'in-sync';
}

/** Orphans that nobody asked to have deleted, and tags outside the filters, are no difference that waits for anything. */
function isDifference(step: StepOutcome): boolean {
  if (step.outcome === 'planned') return true;
  if (step.outcome !== 'skipped' || step.kind === 'skip-tag') return false;
  return step.reason !== 'DELETIONS_OFF' && step.reason !== 'REFERRER_OF_LIVE_SUBJECT';
}

/** The outcome of a whole from those of its parts. */
export function combineOutcomes(outcomes: readonly CycleOutcome[]): CycleOutcome {
  if (outcomes.length > 0 && outcomes.every((outcome) => outcome === 'failed')) return 'failed';
  if (outcomes.some((outcome) => outcome === 'failed' || outcome === 'partial')) return 'partial';
  if (outcomes.includes('held')) return 'held';
  return outcomes.includes('differences') ? 'differences' : 'in-sync';
}

export function totalLink(
  repositories: readonly RepositoryReport[],
  failure: ReadFailure | null,
  requests: { readonly primary: number; readonly secondary: number },
): LinkTotals {
  const sum = (of: (totals: RepositoryTotals) => number): number =>
    repositories.reduce((total, { totals }) => total + of(totals), 0);
  return {
    repositories: repositories.length,
    inSync: sum((totals) => totals.inSync),
    copied: sum((totals) => totals.copied),
    moved: sum((totals) => totals.moved),
    deleted: sum((totals) => totals.deleted),
    held: sum((totals) => totals.held),
    failed: sum((totals) => totals.failed) + (failure === null ? 0 : 1),
    ignored: sum((totals) => totals.ignored),
    orphans: sum((totals) => totals.orphans),
    blobsCopied: sum((totals) => totals.blobsCopied),
    blobsMounted: sum((totals) => totals.blobsMounted),
    blobsPresent: sum((totals) => totals.blobsPresent),
    bytesCopied: sum((totals) => totals.bytesCopied),
    requestsPrimary: requests.primary,
    requestsSecondary: requests.secondary,
  };
}

export function judgeLinkOutcome(
  repositories: readonly RepositoryReport[],
  failure: ReadFailure | null,
): CycleOutcome {
  return failure === null ? combineOutcomes(repositories.map(({ outcome }) => outcome)) : 'failed';
}

export function judgeCycleOutcome(links: readonly LinkReport[]): CycleOutcome {
  return combineOutcomes(links.map(({ outcome }) => outcome));
}
