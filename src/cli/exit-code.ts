import type { CycleOutcome, CycleReport, LinkReport } from '../planning/cycle-report.ts';
import type { ReasonCode } from '../planning/reason-code.ts';

/** What the process answers its caller with; scripts hold on to the numbers. */
export const EXIT_CODE = {
  inSync: 0,
  failed: 1,
  usage: 2,
  differences: 3,
  unreadable: 4,
  interrupted: 130,
} as const;

/** Which code is answered where several hold, first things first. 130 is not of the list: the signal decides it alone. */
const PRECEDENCE = [
  EXIT_CODE.usage,
  EXIT_CODE.unreadable,
  EXIT_CODE.failed,
  EXIT_CODE.differences,
  EXIT_CODE.inSync,
] as const;

type RankedExitCode = (typeof PRECEDENCE)[number];

/** The code that is answered where all of these hold; 0 where none does. */
export function gravestExitCode(codes: readonly RankedExitCode[]): RankedExitCode {
  return PRECEDENCE.find((code) => codes.includes(code)) ?? EXIT_CODE.inSync;
}

/** The exit code of a cycle that ran: 0, 1, 3 or 4. */
export function exitCodeOf(report: CycleReport): RankedExitCode {
  return gravestExitCode([codeOfOutcome(report.outcome), ...report.links.map(codeOfLink)]);
}

/**
 * Reasons that say that nothing could be read: no connection, refused, or no registry at that address. Anything else that
 * ends a link (a name collision, half a catalog, a cancelled cycle) is a failure of a registry that did answer.
 */
const UNREADABLE: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'UNAUTHORIZED',
  'FORBIDDEN',
  'NOT_FOUND',
  'RATE_LIMITED',
  'TIMEOUT',
  'NETWORK',
  'TLS',
  'SERVER_ERROR',
  'MALFORMED_RESPONSE',
]);

function codeOfLink(link: LinkReport): RankedExitCode {
  if (link.failure === null) return codeOfOutcome(link.outcome);
  return UNREADABLE.has(link.failure.reason) ? EXIT_CODE.unreadable : EXIT_CODE.failed;
}

function codeOfOutcome(outcome: CycleOutcome): RankedExitCode {
  switch (outcome) {
    case 'in-sync':
      return EXIT_CODE.inSync;
    case 'differences':
    case 'held':
      return EXIT_CODE.differences;
    case 'partial':
    case 'failed':
      return EXIT_CODE.failed;
  }
}
