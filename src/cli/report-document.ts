import type {
  CycleReport,
  LinkReport,
  LinkTotals,
  ReadFailure,
  RepositoryReport,
} from '../planning/cycle-report.ts';
import type { ReasonCode } from '../planning/reason-code.ts';
import type { StepOutcome } from '../planning/step.ts';
import { safeJsonDocument } from './safe-json.ts';

/** Whether the tags that the filters leave alone are listed. */
export type IgnoredTags = 'shown' | 'hidden';

/** Why a repository or a whole link could not be read; the fields are there only where it is so. */
interface FailureDocument {
  readonly reason?: ReasonCode;
  readonly message?: string;
}

interface RepositoryDocument extends FailureDocument {
  readonly primaryRepository: string;
  readonly secondaryRepository: string;
  readonly outcome: string;
  readonly steps: readonly StepOutcome[];
}

interface LinkDocument extends FailureDocument {
  readonly link: string;
  readonly primary: string;
  readonly secondary: string;
  readonly outcome: string;
  readonly totals: LinkTotals;
  readonly repositories: readonly RepositoryDocument[];
}

export interface ReportDocument {
  readonly command: string;
  readonly cycleId: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly outcome: string;
  readonly links: readonly LinkDocument[];
}

/** The document of `--output json`, its fields in the documented order and no others. */
export function reportDocument(report: CycleReport, ignored: IgnoredTags): ReportDocument {
  return {
    command: report.command,
    cycleId: report.cycleId,
    startedAt: report.startedAt,
    finishedAt: report.finishedAt,
    outcome: report.outcome,
    links: report.links.map((link) => linkDocument(link, ignored)),
  };
}

/** The text of {@link reportDocument}, with a line end. */
export function renderReportDocument(report: CycleReport, ignored: IgnoredTags): string {
  return `${safeJsonDocument(reportDocument(report, ignored))}\n`;
}

function linkDocument(link: LinkReport, ignored: IgnoredTags): LinkDocument {
  return {
    link: link.link,
    primary: link.primary,
    secondary: link.secondary,
    outcome: link.outcome,
    ...failureDocument(link.failure),
    totals: totalsDocument(link.totals),
    repositories: link.repositories.map((repository) => repositoryDocument(repository, ignored)),
  };
}

function totalsDocument(totals: LinkTotals): LinkTotals {
  return {
    repositories: totals.repositories,
    inSync: totals.inSync,
    copied: totals.copied,
    moved: totals.moved,
    deleted: totals.deleted,
    held: totals.held,
    failed: totals.failed,
    ignored: totals.ignored,
    orphans: totals.orphans,
    blobsCopied: totals.blobsCopied,
    blobsMounted: totals.blobsMounted,
    blobsPresent: totals.blobsPresent,
    bytesCopied: totals.bytesCopied,
    requestsPrimary: totals.requestsPrimary,
    requestsSecondary: totals.requestsSecondary,
  };
}

function repositoryDocument(repository: RepositoryReport, ignored: IgnoredTags): RepositoryDocument {
  return {
    primaryRepository: repository.primaryRepository,
    secondaryRepository: repository.secondaryRepository,
    outcome: repository.outcome,
    ...failureDocument(repository.failure),
    steps: visibleSteps(repository.steps, ignored).map(stepDocument),
  };
}

/** The steps that a report shows: those of ignored tags only on demand. */
export function visibleSteps(steps: readonly StepOutcome[], ignored: IgnoredTags): readonly StepOutcome[] {
  return ignored === 'shown' ? steps : steps.filter((step) => step.kind !== 'skip-tag');
}

function stepDocument(step: StepOutcome): StepOutcome {
  return {
    kind: step.kind,
    tag: step.tag,
    primaryDigest: step.primaryDigest,
    secondaryDigest: step.secondaryDigest,
    outcome: step.outcome,
    reason: step.reason,
    message: step.message,
  };
}

function failureDocument(failure: ReadFailure | null): FailureDocument {
  if (failure === null) return {};
  // The document has no field for the side, and without it nobody knows where to look.
  return { reason: failure.reason, message: `${failure.side}: ${failure.message}` };
}
