import type { CycleCommand, CycleReport, ReadFailure, RepositoryReport } from '../planning/cycle-report.ts';
import { judgeCycleOutcome } from '../planning/report-totals.ts';
import { linkReportOf } from './link-report.ts';

/** What the processes that worked on a cycle of one link left behind for one secondary. */
interface AssembledSecondary {
  readonly secondary: string;
  readonly failure: ReadFailure | null;
  readonly repositories: readonly RepositoryReport[];
  readonly requests: number;
}

/** A cycle of one link, from all of its jobs. */
export interface AssembledCycle {
  readonly cycleId: string;
  readonly command: CycleCommand;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly link: string;
  /** Name of the primary registry. */
  readonly primary: string;
  readonly requestsPrimary: number;
  readonly secondaries: readonly AssembledSecondary[];
}

/** The report of a cycle that any number of processes have worked on; the same document that a foreground cycle gives. */
export function assembleCycle(cycle: AssembledCycle): CycleReport {
  const links = cycle.secondaries.map(({ secondary, failure, repositories, requests }, index) =>
    linkReportOf({
      name: { link: cycle.link, secondary },
      primary: cycle.primary,
      repositories,
      failure,
      requests: { primary: index === 0 ? cycle.requestsPrimary : 0, secondary: requests },
    }),
  );
  return {
    command: cycle.command,
    cycleId: cycle.cycleId,
    startedAt: cycle.startedAt.toISOString(),
    finishedAt: cycle.finishedAt.toISOString(),
    outcome: judgeCycleOutcome(links),
    links,
  };
}
