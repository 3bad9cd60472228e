import { describe, expect, it } from '@jest/globals';
import type { FailureCode } from '../oci/failure-code.ts';
import { Clock } from '../time/clock.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { RegistryError, type RequestContext } from './registry-error.ts';

class SetClock extends Clock {
  seconds = 0;
  override now(): Date {
    return new Date(this.seconds * 1000);
  }
  override monotonicSeconds(): number {
    return this.seconds;
  }
  override sleep(): Promise<void> {
    return Promise.resolve();
  }
}

const request: RequestContext = { registry: 'eu', operation: 'tags', repository: 'app' };

function failure(
  code: FailureCode,
  details: { status?: number; operation?: 'upload-put' } = {},
): RegistryError {
  const { operation = 'tags', status } = details;
  return new RegistryError({ code, status, request: { ...request, operation }, detail: 'it failed' });
}

function broken(error = failure('NETWORK'), times = 5): { breaker: CircuitBreaker; clock: SetClock } {
  const clock = new SetClock();
  const breaker = new CircuitBreaker(clock);
  for (let count = 0; count < times; count += 1) breaker.failed(error);
  return { breaker, clock };
}

const back = (): Promise<void> => Promise.resolve();
const away = (): Promise<void> => Promise.reject(failure('TIMEOUT'));
const unasked = (): never => {
  throw new Error('nobody was to ask');
};

describe('a circuit breaker', () => {
  it.each<[string, RegistryError]>([
    ['a network failure', failure('NETWORK')],
    ['a timeout', failure('TIMEOUT')],
    ['a TLS failure', failure('TLS')],
    ['an answer 503', failure('SERVER_ERROR', { status: 503 })],
    ['an answer 500 to an upload', failure('SERVER_ERROR', { status: 500, operation: 'upload-put' })],
  ])('fails everything after five times %s, with its code', async (_title, error) => {
    const { breaker } = broken(error);
    await expect(breaker.admit(request, unasked)).rejects.toMatchObject({
      code: error.code,
      absent: undefined,
      status: undefined,
    });
  });

  it.each<[string, RegistryError]>([
    ['a refusal', failure('FORBIDDEN', { status: 403 })],
    ['an upload that broke, maybe on the primary', failure('NETWORK', { operation: 'upload-put' })],
    ['an answer 413', failure('SERVER_ERROR', { status: 413 })],
    ['a rate limit', failure('RATE_LIMITED', { status: 429 })],
    ['a cancellation', failure('CANCELLED')],
  ])('does not count %s', async (_title, error) => {
    await expect(broken(error, 50).breaker.admit(request, unasked)).resolves.toBeUndefined();
  });

  it('counts only failures in a row', async () => {
    const { breaker } = broken(failure('NETWORK'), 4);
    breaker.answered();
    breaker.failed(failure('NETWORK'));
    await expect(breaker.admit(request, unasked)).resolves.toBeUndefined();
  });

  it('lets work through again when the registry answers after a pause', async () => {
    const { breaker, clock } = broken();
    clock.seconds = 29;
    await expect(breaker.admit(request, unasked)).rejects.toThrow('not sent');
    clock.seconds = 30;
    await expect(breaker.admit(request, back)).resolves.toBeUndefined();
    await expect(breaker.admit(request, unasked)).resolves.toBeUndefined();
  });

  it('waits another pause when it does not', async () => {
    const { breaker, clock } = broken();
    clock.seconds = 30;
    await expect(breaker.admit(request, away)).rejects.toMatchObject({ code: 'NETWORK' });
    clock.seconds = 59;
    await expect(breaker.admit(request, unasked)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('lets one question decide for all', async () => {
    const { breaker, clock } = broken();
    clock.seconds = 30;
    const answer = Promise.withResolvers<undefined>();
    const first = breaker.admit(request, () => answer.promise);
    await expect(breaker.admit(request, unasked)).rejects.toThrow('not sent');
    answer.resolve(undefined);
    await expect(first).resolves.toBeUndefined();
  });
});
