import type { RepositoryReport } from '../planning/cycle-report.ts';
import type { ReasonCode } from '../planning/reason-code.ts';
import { NO_TRANSFER, totalRepository } from '../planning/report-totals.ts';

/** The report of a repository that was refused before anything of it was read on a secondary. */
export function failedRepository(name: string, reason: ReasonCode, message: string): RepositoryReport {
  const failure = { side: 'primary', reason, message } as const;
  return {
    primaryRepository: name,
    secondaryRepository: name,
    outcome: 'failed',
    failure,
    totals: totalRepository([], failure, { inSync: 0, ignored: 0, transfer: NO_TRANSFER }),
    steps: [],
  };
}
