/**
 * The longest wait that a registry can impose, in seconds: rate limits of the known registries refill within a minute, while
 * a hostile or broken `Retry-After` of ten years would park a repository. Also keeps a timer far below 2^31 ms, where it
 * would fire at once.
 */
export const MAX_RETRY_AFTER_SECONDS = 60;

/** A number this large is no delay (31 years) but an instant in seconds since 1970, as in Docker Hub's `X-Retry-After`. */
const SMALLEST_EPOCH_SECONDS = 1e9;

/** No legal value is longer; keeps the patterns below on short input. */
const MAX_LENGTH = 64;

const NUMBER = /^\d+(?:\.\d+)?$/;
/** The two forms of an HTTP date that name their zone, RFC 9110 section 5.6.7: IMF-fixdate and RFC 850. */
const ZONED_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, .* GMT$/;
/** The third, asctime, is in GMT without saying so. */
const ASCTIME_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/**
 * Returns the seconds that a `Retry-After` (or `X-Retry-After`) value asks to wait, above 0 and at most 60.
 * Undefined where it asks for nothing usable: absent, unreadable, zero, negative or in the past. The caller then waits
 * what it would have waited anyway; taking a zero at its word would hammer a registry that is already refusing.
 */
export function parseRetryAfterSeconds(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  if (text === '' || text.length > MAX_LENGTH) return undefined;
  const seconds = NUMBER.test(text) ? secondsOfNumber(Number(text), now) : secondsOfDate(text, now);
  return seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER_SECONDS) : undefined;
}

function secondsOfNumber(value: number, now: Date): number {
  return value < SMALLEST_EPOCH_SECONDS ? value : value - now.getTime() / 1000;
}

/** NaN where the text is no HTTP date; `Date.parse` alone would also read `-5` as one. */
function secondsOfDate(text: string, now: Date): number {
  if (ZONED_DATE.test(text)) return (Date.parse(text) - now.getTime()) / 1000;
  if (ASCTIME_DATE.test(text)) return (Date.parse(`${text} GMT`) - now.getTime()) / 1000;
  return Number.NaN;
}
