import { z } from 'zod';
import type { CycleCommand } from '../planning/cycle-report.ts';
import type { VerificationDepth } from '../config/configuration.ts';
import { ReadFailureShape, RepositoryReportShape } from './stored-report.ts';
import { COLUMN, parseRow } from './stored-row.ts';

/** Why a cycle was asked for. An operator's word resets retry counters. */
export type CycleCause = 'schedule' | 'operator' | 'event' | 'retry';

/** What a cycle does; the service's word for the foreground's work. */
type StoredWork =
  | { readonly command: 'sync' }
  | { readonly command: 'plan' }
  | { readonly command: 'verify'; readonly depth: VerificationDepth };

/** Which repositories of its link a cycle is about. */
export type CycleScope =
  | { readonly kind: 'all' }
  | {
      readonly kind: 'some';
      /** `with-due`: repositories that are marked dirty or whose retry is due come with the named ones. */
      readonly due: 'with-due' | 'only-named';
      /** Repository patterns, as an operator writes them. */
      readonly patterns: readonly string[];
    };

type LinkCycleStatus = 'waiting' | 'listing' | 'copying' | 'deleting' | 'finished';

/** What somebody wants a link to do. */
export interface CycleWish {
  readonly link: string;
  readonly cause: CycleCause;
  readonly work: StoredWork;
  readonly scope: CycleScope;
}

/** A cycle of one link: wanted, under way or done. */
export interface LinkCycleRecord extends CycleWish {
  /** Also the id of the cycle in history. */
  readonly id: string;
  readonly status: LinkCycleStatus;
  readonly requestedAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly cancelledAt: Date | null;
  readonly dispatchedAt: Date | null;
  readonly listing: StoredListing | null;
}

const StoredListingShape = z.object({
  /** By name of the secondary. */
  failures: z.record(z.string(), ReadFailureShape),
  refused: z.array(RepositoryReportShape),
  requestsPrimary: z.int(),
  requestsSecondaries: z.record(z.string(), z.int()),
});

/** What was found at the beginning of a cycle besides repositories. */
export type StoredListing = z.infer<typeof StoredListingShape>;

const LINK_CYCLE_ROW = z.object({
  id: z.string(),
  link: z.string(),
  cause: z.enum(['schedule', 'operator', 'event', 'retry'] satisfies CycleCause[]),
  work: z.discriminatedUnion('command', [
    z.object({ command: z.literal('sync' satisfies CycleCommand) }),
    z.object({ command: z.literal('plan' satisfies CycleCommand) }),
    z.object({
      command: z.literal('verify' satisfies CycleCommand),
      depth: z.enum(['tag', 'graph', 'content'] satisfies VerificationDepth[]),
    }),
  ]),
  scope: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('all') }),
    z.object({
      kind: z.literal('some'),
      due: z.enum(['with-due', 'only-named']),
      patterns: z.array(z.string()),
    }),
  ]),
  status: z.enum(['waiting', 'listing', 'copying', 'deleting', 'finished'] satisfies LinkCycleStatus[]),
  requestedAt: COLUMN.date,
  startedAt: COLUMN.dateOrNull,
  finishedAt: COLUMN.dateOrNull,
  cancelledAt: COLUMN.dateOrNull,
  dispatchedAt: COLUMN.dateOrNull,
  listing: StoredListingShape.nullable(),
});

export const LINK_CYCLE_COLUMNS = `id, link, cause, work, scope, status, requested_at AS "requestedAt",
  started_at AS "startedAt", finished_at AS "finishedAt", cancelled_at AS "cancelledAt",
  dispatched_at AS "dispatchedAt", listing`;

/** @throws {StateError} `CORRUPT`. */
export function linkCycleOf(row: unknown): LinkCycleRecord {
  return parseRow<LinkCycleRecord>('link_cycle', LINK_CYCLE_ROW, row);
}

/** Two wishes in one: what either asks for is done, by whoever has more to say. */
export function mergeScopes(one: CycleScope, other: CycleScope): CycleScope {
  if (one.kind === 'all' || other.kind === 'all') return { kind: 'all' };
  return {
    kind: 'some',
    due: one.due === 'with-due' || other.due === 'with-due' ? 'with-due' : 'only-named',
    patterns: [...new Set([...one.patterns, ...other.patterns])],
  };
}

/** Weightiest first: what an operator asked for stays an operator's cycle when the schedule joins in. */
const BY_WEIGHT: readonly CycleCause[] = ['operator', 'event', 'schedule', 'retry'];

export function mergeCauses(one: CycleCause, other: CycleCause): CycleCause {
  return BY_WEIGHT.find((cause) => cause === one || cause === other) ?? one;
}
