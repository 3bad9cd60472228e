import { describe, expect, it } from '@jest/globals';
import { LongRequests } from './long-requests.ts';

describe('requests that take long', () => {
  it('are let in up to a number, and again when one has left', () => {
    const requests = new LongRequests(2);
    const first = requests.enter();
    requests.enter();

    expect(() => requests.enter()).toThrow(expect.objectContaining({ code: 'TOO_MANY_REQUESTS' }));
    first.leave();
    first.leave();
    expect(requests.enter().signal.aborted).toBe(false);
    expect(() => requests.enter()).toThrow(expect.objectContaining({ headers: { 'Retry-After': '5' } }));
  });

  it('are told when the service stops, and let in no more', () => {
    const requests = new LongRequests();
    const { signal } = requests.enter();

    requests.onModuleDestroy();

    expect(signal.aborted).toBe(true);
    expect(() => requests.enter()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
  });
});
