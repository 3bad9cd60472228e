/**
 * Answers that another attempt may change. 499 and 522 are a proxy's and Cloudflare's names for "the other side went away".
 * Not 500's neighbours 501 and 505, and no other 4xx: they say the same thing every time.
 */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 429, 499, 500, 502, 503, 504, 522]);

/**
 * Socket failures that another attempt may change, by Node's error code.
 * `EAI_AGAIN` is a name server that did not answer; `ENOTFOUND` is its answer that the name does not exist, most often a typo
 * in the configuration, and waiting only delays that message. Certificate errors are not here: a retry never mends them,
 * and neither does it mend `EPROTO` (TLS spoken to a plain port) or a broken HTTP head (`HPE_*`).
 */
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'EPIPE',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
]);

/** How an attempt failed: with an HTTP status, or before one came, with the code of the error (undefined where it has none). */
export type AttemptFailure =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'socket'; readonly code: string | undefined };

export interface FailedAttempt {
  readonly failure: AttemptFailure;
  /** `once`: the request may have taken effect and must not be sent again, whatever failed. */
  readonly repeatability: 'repeatable' | 'once';
  /** Attempts made so far, this one included. */
  readonly attempts: number;
  /** Since the first attempt began, waits included. */
  readonly elapsedSeconds: number;
  /** What the answer asked for, see `parseRetryAfterSeconds`. */
  readonly retryAfterSeconds: number | undefined;
  /** Uniform in [0, 1). */
  readonly random: number;
}

export interface RetryLimits {
  readonly maxAttempts: number;
  /** From the first attempt's begin to the last one's. */
  readonly budgetSeconds: number;
  readonly baseDelaySeconds: number;
  readonly maxDelaySeconds: number;
}

/**
 * 7 attempts wait 8 to 16 s in all, which outlasts the restart of a registry or a proxy; a longer outage is left to the next cycle.
 * The budget leaves room for three full minutes of `Retry-After`. The cap on one delay only counts where an operator of
 * this code raises the attempts.
 */
export const DEFAULT_RETRY_LIMITS: RetryLimits = {
  maxAttempts: 7,
  budgetSeconds: 180,
  baseDelaySeconds: 0.25,
  maxDelaySeconds: 15,
};

export type RetryDecision =
  | { readonly kind: 'retry'; readonly delaySeconds: number }
  | { readonly kind: 'give-up'; readonly reason: 'permanent' | 'attempts-spent' | 'budget-spent' };

/**
 * Decides whether a failed request is sent again, and after how long.
 * A `Retry-After` replaces the computed delay; a wait that would end beyond the budget is not begun.
 */
export function decideRetry(failed: FailedAttempt, limits: RetryLimits): RetryDecision {
  if (failed.repeatability === 'once' || !isTransient(failed.failure))
    return { kind: 'give-up', reason: 'permanent' };
  if (failed.attempts >= limits.maxAttempts) return { kind: 'give-up', reason: 'attempts-spent' };
  const delaySeconds = failed.retryAfterSeconds ?? backoffSeconds(failed, limits);
  if (failed.elapsedSeconds + delaySeconds > limits.budgetSeconds)
    return { kind: 'give-up', reason: 'budget-spent' };
  return { kind: 'retry', delaySeconds };
}

/** Returns whether another attempt may end differently. */
export function isTransient(failure: AttemptFailure): boolean {
  switch (failure.kind) {
    case 'status':
      return TRANSIENT_STATUSES.has(failure.status);
    case 'socket':
      return failure.code !== undefined && TRANSIENT_CODES.has(failure.code);
  }
}

/** Doubles with every attempt; half is fixed and half random, so that workers that failed together come back apart. */
function backoffSeconds(failed: FailedAttempt, limits: RetryLimits): number {
  const ceiling = Math.min(limits.maxDelaySeconds, limits.baseDelaySeconds * 2 ** (failed.attempts - 1));
  return (ceiling / 2) * (1 + failed.random);
}
