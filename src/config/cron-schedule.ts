import { CronTime } from 'cron';

/** A cycle that starts more often than this finds the one before still running (failure mode OE-05). */
const SHORTEST_INTERVAL_SECONDS = 10;

/** The shortest interval of an expression shows within a minute and its end: only seconds can be denser than that. */
const LOOK_AHEAD_SECONDS = 61;

/** Where the look ahead starts: any moment does; this one is the same in every run. */
const START = new Date(Date.UTC(2025, 0, 1));

/**
 * What is wrong with a cron expression, or `undefined`: five fields, or six with seconds first, in UTC, as the library reads
 * them that runs the schedule. It must fire within eight years, and not more often than every 10 seconds.
 */
export function complaintAboutSchedule(expression: string): string | undefined {
  const time = parse(expression);
  if (time instanceof Error) return `not a cron expression: ${time.message}`;
  const first = nextRun(time, START);
  if (first === undefined) return 'the schedule never fires';
  if (shortestIntervalSeconds(time, first) >= SHORTEST_INTERVAL_SECONDS) return undefined;
  return `the schedule fires more often than every ${SHORTEST_INTERVAL_SECONDS} seconds`;
}

function parse(expression: string): CronTime | Error {
  try {
    return new CronTime(expression, 'UTC');
  } catch (error) {
    return error instanceof Error ? error : new Error('unknown problem');
  }
}

function shortestIntervalSeconds(time: CronTime, first: Date): number {
  let shortest = Infinity;
  let last = first;
  while (secondsBetween(first, last) < LOOK_AHEAD_SECONDS) {
    const next = nextRun(time, last);
    if (next === undefined) break;
    shortest = Math.min(shortest, secondsBetween(last, next));
    last = next;
  }
  return shortest;
}

/** The next run after a moment, or `undefined` when the library has found none within eight years from now. */
function nextRun(time: CronTime, after: Date): Date | undefined {
  try {
    return time.getNextDateFrom(after, 'UTC').toJSDate();
  } catch {
    return undefined;
  }
}

function secondsBetween(earlier: Date, later: Date): number {
  return (later.getTime() - earlier.getTime()) / 1000;
}
