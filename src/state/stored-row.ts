import { z } from 'zod';
import { isDigest, type Digest } from '../oci/digest.ts';
import { isRepositoryName, isTag, type RepositoryName, type Tag } from '../oci/reference.ts';
import type { CycleOutcome } from '../planning/cycle-report.ts';
import { REASON_CODES } from '../planning/reason-code.ts';
import { StateError } from './state-error.ts';

/** Columns that several tables share, as checked values: a row is data from outside, even if this service wrote it. */
export const COLUMN = {
  tag: z.custom<Tag>(isTag, 'not a tag'),
  repository: z.custom<RepositoryName>(isRepositoryName, 'not a repository name'),
  digestOrNull: z.custom<Digest | null>((value) => value === null || isDigest(value), 'not a digest'),
  cycleOutcome: z.enum(['in-sync', 'differences', 'partial', 'failed', 'held'] satisfies CycleOutcome[]),
  reasonOrNull: z.enum(REASON_CODES).nullable(),
  date: z.date(),
  dateOrNull: z.date().nullable(),
  /** `bigint` comes as text; a number that a double cannot hold exactly is refused rather than rounded. */
  wholeNumber: z.string().transform(Number).refine(Number.isSafeInteger, 'not a safe integer'),
} as const;

/** @throws {StateError} `CORRUPT`, naming the columns and never their values. */
export function parseRow<Row>(table: string, schema: z.ZodType<Row>, row: unknown): Row {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const columns = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new StateError(
    'CORRUPT',
    `a row of table ${table} is not what this release writes (${columns}): delete the row, the next cycle learns it again`,
    { cause: parsed.error },
  );
}
