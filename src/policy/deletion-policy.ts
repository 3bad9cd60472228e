import { isDigest, quote, type Digest } from '../oci/digest.ts';
import { isRepositoryName, isTag, type RepositoryName, type Tag } from '../oci/reference.ts';
import { PolicyError } from './policy-error.ts';

/** How many tags of one repository one cycle may delete. */
export type Budget =
  /** The larger of 5 tags and 10 % of the repository's tags. */
  | { readonly kind: 'default' }
  | { readonly kind: 'count'; readonly n: number }
  /** Of the repository's tags, rounded down: it may allow none. */
  | { readonly kind: 'percent'; readonly n: number };

/** A tag that the primary must have: proof that the right registry answers, with what it should hold. */
export interface Sentinel {
  readonly repository: RepositoryName;
  readonly tag: Tag;
  /** What it must stand for; absent: whatever it stands for. */
  readonly digest?: Digest;
}

/** What may be deleted on a secondary, and what must hold first. */
export interface DeletionPolicy {
  readonly orphans: 'off' | 'report' | 'delete';
  /** What to do where a registry refuses to delete by tag name: nothing, or put a dummy manifest under the tag and delete that. */
  readonly fallback: 'none' | 'tombstone';
  /**
   * `operator-word`: somebody asked for these deletions now and by hand; first-cycle, observation and ownership rows of the gate do
   * not apply, all others do.
   */
  readonly authority: 'policy' | 'operator-word';
  readonly perRepository: Budget;
  /** `operator-word`: somebody said this number now and by hand, so nothing but the number limits what a repository may lose. */
  readonly budgetAuthority: 'policy' | 'operator-word';
  /** Tags that one cycle of the link may delete on one secondary, over all repositories. */
  readonly perCycle: number;
  /** How long a tag must have been absent from the primary. */
  readonly minAbsenceSeconds: number;
  /** In how many complete observations in a row it must have been absent. */
  readonly minObservations: number;
  /** Whether tags that this service never wrote and never saw on the primary may be deleted. */
  readonly adoptForeign: boolean;
  readonly sentinel?: Sentinel;
}

/** Few enough to look at one by one after a mistake, many enough for a day's clean-up (failure mode DS-07). */
const DEFAULT_COUNT = 5;
const DEFAULT_PERCENT = 10;

export const DEFAULT_BUDGET: Budget = { kind: 'default' };

/** Two cycles of the default schedule: a tag that is being pushed again is seen in one of them (failure mode DS-05). */
export const DEFAULT_MIN_ABSENCE_SECONDS = 600;
export const DEFAULT_MIN_OBSERVATIONS = 2;
export const DEFAULT_PER_CYCLE = 100;

/** No limit, where an operator's word replaces it. */
export const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** How many of a repository's `tagCount` tags on the secondary may be deleted in one cycle. */
export function allowedDeletions(budget: Budget, tagCount: number): number {
  switch (budget.kind) {
    case 'default':
      return Math.max(DEFAULT_COUNT, percentOf(DEFAULT_PERCENT, tagCount));
    case 'count':
      return budget.n;
    case 'percent':
      return percentOf(budget.n, tagCount);
  }
}

/**
 * Whether a repository would lose more than half of its tags, or all (failure mode DS-08). Up to as many as the default budget
 * grants every repository are no such loss: a repository of three tags may lose two.
 */
export function isMassLoss(deletions: number, tagCount: number): boolean {
  return !(deletions <= DEFAULT_COUNT || deletions * 2 <= tagCount);
}

/**
 * Reads `10`, `"10"` or `"10%"`.
 *
 * @throws {PolicyError} `BUDGET_INVALID`: not a whole number above 0, or more than 100 %.
 */
export function parseBudget(value: string | number): Budget {
  const { digits, percent } = /^(?<digits>\d{1,15})(?<percent>%?)$/.exec(String(value))?.groups ?? {};
  const n = Number(digits ?? '0');
  if (n < 1) throw invalidBudget(`not a number of tags: ${quote(String(value))}`);
  if (percent !== '%') return { kind: 'count', n };
  if (n > 100) throw invalidBudget(`more than all tags: ${quote(String(value))}`);
  return { kind: 'percent', n };
}

/** The budget as it is written; `default` has no number of its own. */
export function formatBudget(budget: Budget): string | number {
  switch (budget.kind) {
    case 'default':
      return 'default';
    case 'count':
      return budget.n;
    case 'percent':
      return `${budget.n}%`;
  }
}

/** @throws {PolicyError} `SENTINEL_INVALID`, for what is neither `repository:tag` nor `repository:tag@digest`. */
export function parseSentinel(text: string): Sentinel {
  const { repository, tag, digest } =
    /^(?<repository>[^:@]+):(?<tag>[^:@]+)(?:@(?<digest>.+))?$/.exec(text)?.groups ?? {};
  if (repository !== undefined && tag !== undefined && isRepositoryName(repository) && isTag(tag)) {
    if (digest === undefined) return { repository, tag };
    if (isDigest(digest)) return { repository, tag, digest };
  }
  throw new PolicyError(
    'SENTINEL_INVALID',
    `not a sentinel: ${quote(text)}: write repository:tag, like team/app:canary, or repository:tag@digest`,
  );
}

/** The sentinel as it is written. */
export function formatSentinel({ repository, tag, digest }: Sentinel): string {
  return `${repository}:${tag}${digest === undefined ? '' : `@${digest}`}`;
}

function percentOf(percent: number, count: number): number {
  return Math.floor((count * percent) / 100);
}

function invalidBudget(complaint: string): PolicyError {
  return new PolicyError(
    'BUDGET_INVALID',
    `${complaint}: write a whole number above 0, like 10, or a percentage up to 100%`,
  );
}
