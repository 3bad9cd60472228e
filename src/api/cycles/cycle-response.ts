import { z } from 'zod';
import type { CycleLinkRecord, CycleRecord } from '../../state/cycle-record.ts';
import type { LinkEnd } from '../../state/cycle-rows.ts';
import type { CycleView } from '../../state/views/cycle-view.store.ts';
import { REASON_CODES } from '../../planning/reason-code.ts';
import { isoOrNull } from '../http/iso-time.ts';
import { ACCEPTED_CYCLE, acceptedCycle } from './accepted-cycle.ts';
import { CYCLE_OUTCOME } from './cycle-outcome.ts';

const COUNT = z.int();

const REPOSITORY_TOTALS = z.object({
  inSync: COUNT,
  copied: COUNT,
  moved: COUNT,
  deleted: COUNT,
  held: COUNT,
  failed: COUNT,
  ignored: COUNT,
  orphans: COUNT,
  blobsCopied: COUNT,
  blobsMounted: COUNT,
  blobsPresent: COUNT,
  bytesCopied: COUNT,
});

const LINK_TOTALS = z.object({
  repositories: COUNT,
  ...REPOSITORY_TOTALS.shape,
  requestsPrimary: COUNT,
  requestsSecondary: COUNT,
});

/** Why something could not be read; the fields are there only where it is so. */
const READ_FAILURE = { reason: z.enum(REASON_CODES).optional(), message: z.string().optional() };

const RESULT = z.object({
  link: z.string(),
  secondary: z.string(),
  outcome: CYCLE_OUTCOME,
  ...READ_FAILURE,
  totals: LINK_TOTALS,
});

export const CYCLE = ACCEPTED_CYCLE.extend({
  cause: z
    .enum(['schedule', 'operator', 'event', 'retry'])
    .describe('The weightiest of all that asked for it'),
  depth: z.enum(['tag', 'graph', 'content']).nullable().describe('Of a verification'),
  includesDue: z
    .boolean()
    .describe('Whether repositories that changed, or whose retry is due, come with the named ones'),
  finishedAt: z.iso.datetime().nullable(),
  outcome: CYCLE_OUTCOME.nullable().describe(
    'null until it ends, and for one that was cancelled before it began',
  ),
  results: z.array(RESULT).describe('Of every secondary; empty until it ends'),
});
export type CycleResponse = z.infer<typeof CYCLE>;

const STEP = z.object({
  kind: z.enum(['copy-tag', 'move-tag', 'delete-orphan-tag', 'copy-referrer', 'skip-tag', 'verify-tag']),
  tag: z.string(),
  primaryDigest: z.string().nullable(),
  secondaryDigest: z.string().nullable(),
  outcome: z.enum(['planned', 'done', 'skipped', 'held', 'failed']),
  reason: z.enum(REASON_CODES).nullable(),
  message: z.string().nullable(),
});

const REPORT_LINK = RESULT.extend({
  primary: z.string(),
  repositories: z.array(
    z.object({
      primaryRepository: z.string(),
      secondaryRepository: z.string(),
      outcome: CYCLE_OUTCOME,
      ...READ_FAILURE,
      steps: z.array(STEP),
    }),
  ),
  stepsLeftOut: z.int().describe('Steps that history did not keep: what failed is kept first'),
  repositoriesLeftOut: z
    .int()
    .describe('Repositories that history did not keep: those without a step, mostly'),
});

/** The document of `--output json` (CONTRACT 2), and how much of it history has left out. */
const REPORT = z.object({
  command: z.enum(['sync', 'plan', 'verify']),
  cycleId: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  outcome: CYCLE_OUTCOME,
  links: z.array(REPORT_LINK),
});

const CYCLE_PROGRESS = z.object({
  repositories: z.int(),
  done: z.int().describe('Repositories that have had their run'),
  secondaries: z.array(z.object({ secondary: z.string(), totals: REPOSITORY_TOTALS })),
});
export type CycleProgressResponse = z.infer<typeof CYCLE_PROGRESS>;

export const CYCLE_WITH_REPORT = CYCLE.extend({
  progress: CYCLE_PROGRESS.nullable().describe('While it is under way'),
  report: REPORT.nullable().describe(
    'What it came to, as `sync --output json` prints it; null until it ends',
  ),
});
export type CycleWithReport = z.infer<typeof CYCLE_WITH_REPORT>;

export function cycleResponse(view: CycleView, ends: readonly LinkEnd[]): CycleResponse {
  const { work, cause, scope, finishedAt, outcome } = view;
  return {
    ...acceptedCycle(view),
    cause,
    depth: work.command === 'verify' ? work.depth : null,
    includesDue: scope.kind === 'some' && scope.due === 'with-due',
    finishedAt: isoOrNull(finishedAt),
    outcome,
    results: ends.filter(({ cycleId }) => cycleId === view.id).map(resultOf),
  };
}

export function reportOf(record: CycleRecord | undefined): CycleWithReport['report'] {
  if (!record?.finishedAt || record.outcome === null) return null;
  const { command, cycleId, startedAt, finishedAt, outcome, secondaries } = record;
  return {
    command,
    cycleId,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    outcome,
    links: secondaries.map(reportLinkOf),
  };
}

function resultOf({ link, secondary, outcome, failure, totals }: Result): z.infer<typeof RESULT> {
  return { link, secondary, outcome, ...failureOf(failure), totals };
}

type Result = Pick<CycleLinkRecord, 'link' | 'secondary' | 'outcome' | 'failure' | 'totals'>;

function failureOf(failure: CycleLinkRecord['failure']): {
  reason?: z.infer<typeof READ_FAILURE.reason>;
  message?: string;
} {
  return failure === null ? {} : { reason: failure.reason, message: `${failure.side}: ${failure.message}` };
}

function reportLinkOf(record: CycleLinkRecord): z.infer<typeof REPORT_LINK> {
  const { primary, steps, stepsLeftOut, repositories, repositoriesLeftOut } = record;
  const stepsBy = Map.groupBy(steps, ({ primaryRepository }) => primaryRepository);
  return {
    ...resultOf(record),
    primary,
    repositories: repositories.map(({ primaryRepository, secondaryRepository, outcome, failure }) => ({
      primaryRepository,
      secondaryRepository,
      outcome,
      ...failureOf(failure),
      steps: (stepsBy.get(primaryRepository) ?? []).map(({ primaryRepository: _, ...step }) => step),
    })),
    stepsLeftOut,
    repositoriesLeftOut,
  };
}
