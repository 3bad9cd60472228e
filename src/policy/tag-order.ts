import semver from 'semver';

import type { Tag } from '../oci/reference.ts';
import { versionOf } from './pattern.ts';

/**
 * Orders tags from the last created to the first; those of which no time is known come last. Equal ranks fall back to
 * {@link newestFirst}, so that the order never depends on that of a listing.
 */
export function createdFirst(createdAt: ReadonlyMap<Tag, Date | null>): (left: Tag, right: Tag) => number {
  const rankOf = (tag: Tag): number => createdAt.get(tag)?.getTime() ?? Number.NEGATIVE_INFINITY;
  return (left, right) => {
    const [leftRank, rightRank] = [rankOf(left), rankOf(right)];
    if (leftRank === rightRank) return newestFirst(left, right);
    return leftRank > rightRank ? -1 : 1;
  };
}

/**
 * Orders tags from newest to oldest: semantic versions first, the highest first (a prerelease before its release is older);
 * then all other tags, the highest first, runs of digits compared as numbers, so that `2024-10` is newer than `2024-9`
 * and `1.10` than `1.9`. Equal ranks (`v1.2.3` and `1.2.3`) fall back to the names. By name only: nothing here knows when
 * a tag was pushed.
 */
export function newestFirst(left: Tag, right: Tag): number {
  const [leftVersion, rightVersion] = [versionOf(left), versionOf(right)];
  if (leftVersion !== null && rightVersion !== null) {
    return semver.rcompare(leftVersion, rightVersion) || compareTexts(right, left);
  }
  if (leftVersion !== null) return -1;
  if (rightVersion !== null) return 1;
  return compareNaturally(right, left) || compareTexts(right, left);
}

function compareNaturally(left: string, right: string): number {
  const [leftRuns, rightRuns] = [runsOf(left), runsOf(right)];
  for (const [index, leftRun] of leftRuns.entries()) {
    const rightRun = rightRuns[index];
    if (rightRun === undefined) return 1;
    const order = compareRuns(leftRun, rightRun);
    if (order !== 0) return order;
  }
  return leftRuns.length - rightRuns.length;
}

/** A tag has at most 128 characters, so a run of digits may exceed what a number holds. */
function compareRuns(left: string, right: string): number {
  if (!isDigits(left) || !isDigits(right)) return compareTexts(left, right);
  const [leftNumber, rightNumber] = [BigInt(left), BigInt(right)];
  if (leftNumber === rightNumber) return 0;
  return leftNumber < rightNumber ? -1 : 1;
}

function runsOf(text: string): readonly string[] {
  return text.match(/\d+|\D+/g) ?? [];
}

function isDigits(text: string): boolean {
  return /^\d/.test(text);
}

/** By code unit, which is byte order for tags: they are ASCII. */
function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
