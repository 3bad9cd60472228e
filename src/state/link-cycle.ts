import { z } from 'zod';
import type { CycleCommand, SyncMode } from '../planning/cycle-report.ts';
import type { VerificationDepth } from '../config/configuration.ts';
import { ReadFailureShape, RepositoryReportShape } from './stored-report.ts';
import { COLUMN, parseRow } from './stored-row.ts';

/** Why a cycle was asked for. An operator's word resets retry counters. */
export type CycleCause = 'schedule' | 'operator' | 'event' | 'retry';

/** What a cycle does; the service's word for the foreground's work. */
type StoredWork =
  | { readonly command: 'sync'; readonly mode: SyncMode }
  | { readonly command: 'plan' }
  | { readonly command: 'verify'; readonly depth: VerificationDepth };

/** Repositories, and the tags of them, that were asked for together. */
export interface NamedTags {
  /** Repository patterns, as an operator writes them. */
  readonly patterns: readonly string[];
  /** Tag patterns; none: all tags. */
  readonly tags: readonly string[];
}

/** Which repositories of its link a cycle is about. */
export type CycleScope =
  | { readonly kind: 'all' }
  | ({
      readonly kind: 'some';
      /** `with-due`: repositories that are marked dirty or whose retry is due come with the named ones, with all of their tags. */
      readonly due: 'with-due' | 'only-named';
      /** What others asked for while this cycle waited, where one list of repositories and one of tags cannot say it. */
      readonly also?: readonly NamedTags[];
    } & NamedTags);

/** `through`: nothing more happens there in this cycle, and the next one may begin. */
type CycleStage = 'copying' | 'deleting' | 'through';

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
  /** Secondaries that it is for, while it waits for them; `null`: all of the link. */
  readonly onlyFor: readonly string[] | null;
  /** How far it is on each secondary that it works on; empty until it begins. */
  readonly stages: Readonly<Record<string, CycleStage>>;
  /** The cycle that does the same on the secondaries that were still busy when this one began. */
  readonly continuedIn: string | null;
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
    z.object({
      command: z.literal('sync' satisfies CycleCommand),
      // Rows of the first release say nothing.
      mode: z.enum(['diff', 'recopy'] satisfies SyncMode[]).default('diff'),
    }),
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
      tags: z.array(z.string()).default([]),
      also: z.array(z.object({ patterns: z.array(z.string()), tags: z.array(z.string()) })).exactOptional(),
    }),
  ]),
  status: z.enum(['waiting', 'listing', 'copying', 'deleting', 'finished'] satisfies LinkCycleStatus[]),
  requestedAt: COLUMN.date,
  startedAt: COLUMN.dateOrNull,
  finishedAt: COLUMN.dateOrNull,
  cancelledAt: COLUMN.dateOrNull,
  dispatchedAt: COLUMN.dateOrNull,
  listing: StoredListingShape.nullable(),
  onlyFor: z.array(z.string()).nullable(),
  stages: z.record(z.string(), z.enum(['copying', 'deleting', 'through'] satisfies CycleStage[])),
  continuedIn: z.string().nullable(),
});

export const LINK_CYCLE_COLUMNS = `id, link, cause, work, scope, status, requested_at AS "requestedAt",
  started_at AS "startedAt", finished_at AS "finishedAt", cancelled_at AS "cancelledAt",
  dispatched_at AS "dispatchedAt", listing, only_for AS "onlyFor", stages, continued_in AS "continuedIn"`;

/** @throws {StateError} `CORRUPT`. */
export function linkCycleOf(row: unknown): LinkCycleRecord {
  return parseRow<LinkCycleRecord>('link_cycle', LINK_CYCLE_ROW, row);
}

/**
 * What a wish may become one with while it waits. A recopy is a kind of its own: a cycle that did both would either push again
 * what nobody asked for, or forget a push that somebody did.
 */
export function kindOf(work: StoredWork): string {
  return work.command === 'sync' && work.mode === 'recopy' ? 'recopy' : work.command;
}

/** Two wishes of one kind in one: what either asks for is done, and nothing that neither does. */
export function mergeScopes(one: CycleScope, other: CycleScope): CycleScope {
  if (one.kind === 'all' || other.kind === 'all') return { kind: 'all' };
  const [first, ...also] = mergeNamed([...namedIn(one), ...namedIn(other)]);
  return {
    kind: 'some',
    due: one.due === 'with-due' || other.due === 'with-due' ? 'with-due' : 'only-named',
    ...(first ?? NOTHING_NAMED),
    ...(also.length === 0 ? {} : { also }),
  };
}

/** Everything that a scope names. */
export function namedIn(scope: CycleScope): readonly NamedTags[] {
  if (scope.kind === 'all') return [];
  const { patterns, tags, also = [] } = scope;
  return [{ patterns, tags }, ...also].filter((named) => named.patterns.length > 0);
}

const NOTHING_NAMED: NamedTags = { patterns: [], tags: [] };

/** Fewer entries that say the same: those with the same tags become one, then those with the same repositories. */
function mergeNamed(named: readonly NamedTags[]): readonly NamedTags[] {
  const byTags = Map.groupBy(named, ({ tags }) => JSON.stringify([...new Set(tags)].sort()));
  const repositories = [...byTags.values()].map((same): NamedTags => ({
    patterns: distinct(same.flatMap(({ patterns }) => patterns)),
    tags: distinct(same.flatMap(({ tags }) => tags)),
  }));
  const byPatterns = Map.groupBy(repositories, ({ patterns }) => JSON.stringify(patterns.toSorted()));
  return [...byPatterns.values()].map((same): NamedTags => ({
    patterns: same[0]?.patterns ?? [],
    tags: same.some(({ tags }) => tags.length === 0) ? [] : distinct(same.flatMap(({ tags }) => tags)),
  }));
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

/** Weightiest first: what an operator asked for stays an operator's cycle when the schedule joins in. */
const BY_WEIGHT: readonly CycleCause[] = ['operator', 'event', 'schedule', 'retry'];

export function mergeCauses(one: CycleCause, other: CycleCause): CycleCause {
  return BY_WEIGHT.find((cause) => cause === one || cause === other) ?? one;
}

/** Secondaries that a cycle still works on: until it is through there, no other one begins on them. */
export function busySecondaries({ stages }: LinkCycleRecord): readonly string[] {
  return Object.entries(stages).flatMap(([secondary, stage]) => (stage === 'through' ? [] : [secondary]));
}

/**
 * Whether a cycle that begins while a secondary is busy must be made up for there. What is marked, or due, stays so; and the
 * schedule comes again by itself.
 */
export function mustReachAll(cycle: CycleWish): boolean {
  return (
    cycle.cause === 'operator' ||
    cycle.work.command !== 'sync' ||
    isRecopy(cycle) ||
    namedIn(cycle.scope).length > 0
  );
}

/** Whether a run says where its repository stands: one that only looks does not, nor one over some of the tags. */
export function isSettling({ work }: LinkCycleRecord, tags: readonly string[]): boolean {
  return work.command === 'sync' && tags.length === 0;
}

/** A recopy is not begun anew because something changed on the way: the mark stays, and a cycle that compares takes it. */
export function isRecopy({ work }: Pick<CycleWish, 'work'>): boolean {
  return work.command === 'sync' && work.mode === 'recopy';
}
