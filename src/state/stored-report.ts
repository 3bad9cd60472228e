import { z } from 'zod';
import type { ReadFailure, RepositoryReport, RepositoryTotals } from '../planning/cycle-report.ts';
import { REASON_CODES } from '../planning/reason-code.ts';
import type { Outcome, StepKind, StepOutcome } from '../planning/step.ts';
import { COLUMN } from './stored-row.ts';
import { storedText } from './stored-text.ts';

/** A report in a row between two processes is read like anything else from outside. */
const STEP: z.ZodType<StepOutcome> = z.object({
  kind: z.enum([
    'copy-tag',
    'move-tag',
    'delete-orphan-tag',
    'copy-referrer',
    'skip-tag',
    'verify-tag',
  ] satisfies StepKind[]),
  tag: z.string(),
  primaryDigest: COLUMN.digestOrNull,
  secondaryDigest: COLUMN.digestOrNull,
  outcome: z.enum(['planned', 'done', 'skipped', 'held', 'failed'] satisfies Outcome[]),
  reason: COLUMN.reasonOrNull,
  message: z.string().nullable(),
});

export const ReadFailureShape: z.ZodType<ReadFailure> = z.object({
  side: z.enum(['primary', 'secondary']),
  reason: z.enum(REASON_CODES),
  message: z.string(),
});

const COUNT = z.int();

export const TotalsShape: z.ZodType<RepositoryTotals> = z.object({
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

export const RepositoryReportShape: z.ZodType<RepositoryReport> = z.object({
  primaryRepository: z.string(),
  secondaryRepository: z.string(),
  outcome: COLUMN.cycleOutcome,
  failure: ReadFailureShape.nullable(),
  totals: TotalsShape,
  steps: z.array(STEP),
});

/** History keeps 200 steps of a link; what one repository hands on is bounded as well, with the interesting ones first. */
const MOST_STEPS = 1000;

/** A thousand messages of this size are a megabyte. */
const LONGEST_MESSAGE_BYTES = 1024;

const KEEPING_ORDER: readonly Outcome[] = ['failed', 'held', 'skipped', 'planned', 'done'];

/** The form of a report that a row takes; its totals stay exact when steps are left out. */
export function storableReport({ heldPlan: _row, ...report }: RepositoryReport): RepositoryReport {
  const own = report.steps.filter(({ kind }) => kind !== 'skip-tag');
  const steps = KEEPING_ORDER.flatMap((kept) => own.filter(({ outcome }) => outcome === kept)).slice(
    0,
    MOST_STEPS,
  );
  return {
    ...report,
    failure: report.failure && { ...report.failure, message: storedText(report.failure.message) },
    steps: steps.map((step) => ({
      ...step,
      tag: storedText(step.tag, LONGEST_MESSAGE_BYTES),
      message: step.message === null ? null : storedText(step.message, LONGEST_MESSAGE_BYTES),
    })),
  };
}
