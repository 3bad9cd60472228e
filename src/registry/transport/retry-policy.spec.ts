import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  type AttemptFailure,
  decideRetry,
  DEFAULT_RETRY_LIMITS,
  type FailedAttempt,
  isTransient,
  type RetryLimits,
} from './retry-policy.ts';

function failedAttempt(overrides: Partial<FailedAttempt> = {}): FailedAttempt {
  return {
    failure: { kind: 'status', status: 503 },
    repeatability: 'repeatable',
    attempts: 1,
    elapsedSeconds: 0,
    retryAfterSeconds: undefined,
    random: 0,
    ...overrides,
  };
}

const transient: readonly AttemptFailure[] = [
  ...[408, 429, 499, 500, 502, 503, 504, 522].map((status) => ({ kind: 'status' as const, status })),
  ...[
    'ECONNRESET',
    'ECONNREFUSED',
    'ETIMEDOUT',
    'EPIPE',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ECONNABORTED',
  ].map((code) => ({ kind: 'socket' as const, code })),
];

const permanent: readonly AttemptFailure[] = [
  ...[200, 304, 400, 401, 403, 404, 405, 409, 412, 413, 415, 416, 501, 505].map((status) => ({
    kind: 'status' as const,
    status,
  })),
  ...[
    'ENOTFOUND',
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    undefined,
  ].map((code) => ({
    kind: 'socket' as const,
    code,
  })),
  ...['ERR_TLS_CERT_ALTNAME_INVALID', 'EPROTO', 'HPE_HEADER_OVERFLOW', 'ERR_CANCELED', 'toString', ''].map(
    (code) => ({
      kind: 'socket' as const,
      code,
    }),
  ),
];

describe('isTransient', () => {
  it.each(transient)('says that another attempt may change %j', (failure) => {
    expect(isTransient(failure)).toBe(true);
  });

  it.each(permanent)('says that no attempt changes %j', (failure) => {
    expect(isTransient(failure)).toBe(false);
  });
});

describe('decideRetry', () => {
  it.each<[number, number, number]>([
    [1, 0.125, 0.25],
    [2, 0.25, 0.5],
    [3, 0.5, 1],
    [4, 1, 2],
    [5, 2, 4],
    [6, 4, 8],
  ])('waits after attempt %i between %f and %f seconds', (attempts, least, most) => {
    expect(decideRetry(failedAttempt({ attempts, random: 0 }), DEFAULT_RETRY_LIMITS)).toEqual({
      kind: 'retry',
      delaySeconds: least,
    });
    expect(decideRetry(failedAttempt({ attempts, random: 1 }), DEFAULT_RETRY_LIMITS)).toEqual({
      kind: 'retry',
      delaySeconds: most,
    });
  });

  it.each<[string, Partial<FailedAttempt>, string]>([
    ['the failure is permanent', { failure: { kind: 'status', status: 404 } }, 'permanent'],
    ['the request must not be sent twice', { repeatability: 'once' }, 'permanent'],
    [
      'it must not be sent twice, although the registry asks for it',
      { repeatability: 'once', retryAfterSeconds: 1 },
      'permanent',
    ],
    [
      'the failure is permanent, although the registry asks for it',
      { failure: { kind: 'status', status: 403 }, retryAfterSeconds: 1 },
      'permanent',
    ],
    ['seven attempts are made', { attempts: 7 }, 'attempts-spent'],
    ['the time is spent', { elapsedSeconds: 180 }, 'budget-spent'],
    [
      'the wait that the registry asks for ends too late',
      { elapsedSeconds: 121, retryAfterSeconds: 60 },
      'budget-spent',
    ],
  ])('gives up when %s', (_name, overrides, reason) => {
    expect(decideRetry(failedAttempt(overrides), DEFAULT_RETRY_LIMITS)).toEqual({ kind: 'give-up', reason });
  });

  it.each<[string, Partial<FailedAttempt>, number]>([
    ['shorter than its own delay', { attempts: 6, retryAfterSeconds: 1 }, 1],
    ['longer than its own delay', { retryAfterSeconds: 59 }, 59],
    ['that ends with the budget', { elapsedSeconds: 120, retryAfterSeconds: 60 }, 60],
  ])('takes the wait that the registry asks for, %s', (_name, overrides, delaySeconds) => {
    expect(decideRetry(failedAttempt(overrides), DEFAULT_RETRY_LIMITS)).toEqual({
      kind: 'retry',
      delaySeconds,
    });
  });

  const limits: fc.Arbitrary<RetryLimits> = fc.record({
    maxAttempts: fc.integer({ min: 1, max: 2000 }),
    budgetSeconds: fc.double({ min: 0, max: 1e4, noNaN: true }),
    baseDelaySeconds: fc.double({ min: 0.001, max: 10, noNaN: true }),
    maxDelaySeconds: fc.double({ min: 0.001, max: 60, noNaN: true }),
  });
  const attempt: fc.Arbitrary<FailedAttempt> = fc.record({
    failure: fc.constantFrom(...transient, ...permanent),
    repeatability: fc.constantFrom('repeatable', 'once'),
    attempts: fc.integer({ min: 1, max: 2000 }),
    elapsedSeconds: fc.double({ min: 0, max: 1e4, noNaN: true }),
    retryAfterSeconds: fc.option(fc.double({ min: 0.001, max: 60, noNaN: true }), { nil: undefined }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });

  it('never waits longer than a minute, beyond its budget or a time that is no number', () => {
    fc.assert(
      fc.property(attempt, limits, (failed, given) => {
        const delays = [decideRetry(failed, given)].map(
          (decision) => ({ delaySeconds: 0.001, ...decision }).delaySeconds,
        );
        expect(delays[0]).toBeGreaterThan(0);
        expect(delays[0]).toBeLessThanOrEqual(60);
      }),
      { numRuns: 10_000 },
    );
  });

  it('stays within attempts and budget, whatever fails how', () => {
    fc.assert(
      fc.property(fc.array(attempt, { minLength: 1, maxLength: 50 }), limits, (failures, given) => {
        const { attempts, elapsedSeconds } = runUntilGivenUp(failures, given);
        expect(attempts).toBeLessThanOrEqual(given.maxAttempts);
        expect(elapsedSeconds).toBeLessThanOrEqual(given.budgetSeconds);
      }),
      { numRuns: 2000 },
    );
  });

  it('tries a request that keeps failing for a moment seven times in 8 to 16 seconds', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (random) => {
        const { attempts, elapsedSeconds } = runUntilGivenUp(
          [failedAttempt({ random })],
          DEFAULT_RETRY_LIMITS,
        );
        expect(attempts).toBe(7);
        expect(elapsedSeconds).toBeGreaterThan(7.8);
        expect(elapsedSeconds).toBeLessThan(16);
      }),
    );
  });
});

/** Fails over and over, in the given ways in turn, without time of its own; returns what was spent when it is given up. */
function runUntilGivenUp(failures: readonly FailedAttempt[], limits: RetryLimits) {
  let elapsedSeconds = 0;
  for (let attempts = 1; ; attempts += 1) {
    const failed = failures[attempts % failures.length] ?? failedAttempt();
    const decision = decideRetry({ ...failed, attempts, elapsedSeconds }, limits);
    if (decision.kind === 'give-up') return { attempts, elapsedSeconds };
    elapsedSeconds += decision.delaySeconds;
  }
}
