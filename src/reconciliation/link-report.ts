import type { LinkReport, ReadFailure, RepositoryReport } from '../planning/cycle-report.ts';
import { judgeLinkOutcome, totalLink } from '../planning/report-totals.ts';
import type { LinkName } from './cycle-observer.ts';
import { unreadableSide } from './unreadable-side.ts';

/** What one (link, secondary) came to in one cycle, however many processes took part. */
export interface LinkResult {
  readonly name: LinkName;
  /** Name of the primary registry. */
  readonly primary: string;
  readonly repositories: readonly RepositoryReport[];
  /** Why a registry could not be reached at all. */
  readonly failure: ReadFailure | null;
  readonly requests: { readonly primary: number; readonly secondary: number };
}

/** The report of one (link, secondary), its repositories in order. */
export function linkReportOf(result: LinkResult): LinkReport {
  const { name, primary, repositories } = result;
  const failure = result.failure ?? unreadableSide(repositories);
  const sorted = repositories.toSorted((a, b) => (a.primaryRepository < b.primaryRepository ? -1 : 1));
  return {
    link: name.link,
    primary,
    secondary: name.secondary,
    outcome: judgeLinkOutcome(repositories, failure),
    failure,
    totals: totalLink(sorted, result.failure, result.requests),
    repositories: sorted,
  };
}
