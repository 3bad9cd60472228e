import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import type { CycleCommand, CycleReport, LinkTotals, ReadFailure } from '../planning/cycle-report.ts';
import { REASON_CODES } from '../planning/reason-code.ts';
import type { Outcome, StepKind } from '../planning/step.ts';
import {
  cycleLinkRecord,
  type CycleLinkRecord,
  type CycleRecord,
  type KeptRepository,
  type KeptStep,
  type StartedCycle,
} from './cycle-record.ts';
import { COLUMN, parseRow } from './stored-row.ts';

const CYCLE_ROW: z.ZodType<Omit<CycleRecord, 'secondaries'>> = z.object({
  cycleId: z.string(),
  command: z.enum(['sync', 'plan', 'verify'] satisfies CycleCommand[]),
  startedAt: COLUMN.date,
  links: z.array(z.string()),
  finishedAt: COLUMN.dateOrNull,
  outcome: COLUMN.cycleOutcome.nullable(),
});

const FAILURE: z.ZodType<ReadFailure> = z.object({
  side: z.enum(['primary', 'secondary']),
  reason: z.enum(REASON_CODES),
  message: z.string(),
});

const COUNT = z.int();

const TOTALS: z.ZodType<Omit<LinkTotals, 'bytesCopied'>> = z.object({
  repositories: COUNT,
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
  requestsPrimary: COUNT,
  requestsSecondary: COUNT,
});

const STEP_KINDS = [
  'copy-tag',
  'move-tag',
  'delete-orphan-tag',
  'copy-referrer',
  'skip-tag',
  'verify-tag',
] satisfies StepKind[];

const STEP: z.ZodType<KeptStep> = z.object({
  primaryRepository: z.string(),
  kind: z.enum(STEP_KINDS),
  // As the registry listed it: the one step about an entry that is no tag says so.
  tag: z.string(),
  primaryDigest: COLUMN.digestOrNull,
  secondaryDigest: COLUMN.digestOrNull,
  outcome: z.enum(['planned', 'done', 'skipped', 'held', 'failed'] satisfies Outcome[]),
  reason: COLUMN.reasonOrNull,
  message: z.string().nullable(),
});

const REPOSITORY: z.ZodType<KeptRepository> = z.object({
  primaryRepository: z.string(),
  secondaryRepository: z.string(),
  outcome: COLUMN.cycleOutcome,
  failure: FAILURE.nullable(),
});

const CYCLE_LINK_ROW = z.object({
  link: z.string(),
  primary: z.string(),
  secondary: z.string(),
  outcome: COLUMN.cycleOutcome,
  failure: FAILURE.nullable(),
  totals: TOTALS,
  bytesCopied: COLUMN.wholeNumber,
  steps: z.array(STEP),
  stepsLeftOut: z.int(),
  repositories: z.array(REPOSITORY),
  repositoriesLeftOut: z.int(),
});

const LINK_END_ROW = z.object({
  cycleId: z.string(),
  link: z.string(),
  secondary: z.string(),
  outcome: COLUMN.cycleOutcome,
  failure: FAILURE.nullable(),
  totals: TOTALS,
  bytesCopied: COLUMN.wholeNumber,
});

export async function insertCycle(manager: EntityManager, cycle: StartedCycle): Promise<void> {
  const { cycleId, command, links, startedAt } = cycle;
  await manager.query(INSERT_CYCLE, [cycleId, command, links, startedAt.toISOString()]);
}

/** The caller's transaction makes the cycle and its links belong together. */
export async function finishCycle(manager: EntityManager, report: CycleReport): Promise<void> {
  const names = [...new Set(report.links.map(({ link }) => link))];
  const { cycleId, command, startedAt, finishedAt, outcome } = report;
  await manager.query(UPSERT_CYCLE, [cycleId, command, names, startedAt, finishedAt, outcome]);
  await manager.query('DELETE FROM cycle_link WHERE cycle_id = $1', [cycleId]);
  const links = linkParameters(report.links.map(cycleLinkRecord));
  await manager.query(INSERT_CYCLE_LINKS, [cycleId, finishedAt, ...links]);
}

export async function selectCycle(manager: EntityManager, cycleId: string): Promise<CycleRecord | undefined> {
  const [cycle] = await manager.query<unknown[]>(SELECT_CYCLE, [cycleId]);
  if (cycle === undefined) return undefined;
  const rows = await manager.query<unknown[]>(SELECT_CYCLE_LINKS, [cycleId]);
  return { ...parseRow('cycle', CYCLE_ROW, cycle), secondaries: rows.map(cycleLinkOf) };
}

/** How a (link, secondary) of a cycle ended, without its steps. */
export interface LinkEnd extends Pick<
  CycleLinkRecord,
  'link' | 'secondary' | 'outcome' | 'failure' | 'totals'
> {
  readonly cycleId: string;
}

/** The ends of several cycles. */
export async function selectLinkEnds(
  manager: EntityManager,
  cycleIds: readonly string[],
): Promise<LinkEnd[]> {
  const rows = await manager.query<unknown[]>(SELECT_LINK_ENDS, [cycleIds]);
  return rows.map((row) => {
    const { bytesCopied, totals, ...end } = parseRow('cycle_link', LINK_END_ROW, row);
    return { ...end, totals: { ...totals, bytesCopied } };
  });
}

function cycleLinkOf(row: unknown): CycleLinkRecord {
  const { bytesCopied, totals, ...record } = parseRow('cycle_link', CYCLE_LINK_ROW, row);
  return { ...record, totals: { ...totals, bytesCopied } };
}

/** One array per column, in the order of {@link INSERT_CYCLE_LINKS}. */
function linkParameters(records: readonly CycleLinkRecord[]): unknown[][] {
  return [
    records.map((_, position) => position),
    records.map(({ link }) => link),
    records.map(({ secondary }) => secondary),
    records.map(({ primary }) => primary),
    records.map(({ outcome }) => outcome),
    records.map(({ failure }) => failure && JSON.stringify(failure)),
    records.map(({ totals }) => JSON.stringify({ ...totals, bytesCopied: undefined })),
    records.map(({ totals }) => totals.bytesCopied),
    records.map(({ steps }) => JSON.stringify(steps)),
    records.map(({ stepsLeftOut }) => stepsLeftOut),
    records.map(({ repositories }) => JSON.stringify(repositories)),
    records.map(({ repositoriesLeftOut }) => repositoriesLeftOut),
  ];
}

const INSERT_CYCLE = `
  INSERT INTO cycle (id, command, links, started_at) VALUES ($1, $2, $3::text[], $4) ON CONFLICT (id) DO NOTHING`;

const UPSERT_CYCLE = `
  INSERT INTO cycle (id, command, links, started_at, finished_at, outcome) VALUES ($1, $2, $3::text[], $4, $5, $6)
  ON CONFLICT (id) DO UPDATE SET finished_at = excluded.finished_at, outcome = excluded.outcome`;

const INSERT_CYCLE_LINKS = `
  INSERT INTO cycle_link (cycle_id, finished_at, position, link, secondary, primary_registry, outcome, failure, totals, bytes_copied,
    steps, steps_left_out, repositories, repositories_left_out)
  SELECT $1, $2::timestamptz, ended.* FROM unnest($3::integer[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::jsonb[], $9::jsonb[], $10::bigint[], $11::jsonb[], $12::integer[], $13::jsonb[], $14::integer[]) AS ended`;

const SELECT_CYCLE = `
  SELECT id AS "cycleId", command, links, started_at AS "startedAt", finished_at AS "finishedAt", outcome
  FROM cycle WHERE id = $1`;

const SELECT_CYCLE_LINKS = `
  SELECT link, primary_registry AS "primary", secondary, outcome, failure, totals, bytes_copied AS "bytesCopied", steps,
    steps_left_out AS "stepsLeftOut", repositories, repositories_left_out AS "repositoriesLeftOut"
  FROM cycle_link WHERE cycle_id = $1 ORDER BY position`;

const SELECT_LINK_ENDS = `
  SELECT cycle_id AS "cycleId", link, secondary, outcome, failure, totals, bytes_copied AS "bytesCopied"
  FROM cycle_link WHERE cycle_id = ANY ($1::text[]) ORDER BY cycle_id, position`;
