import { beforeEach, describe, expect, it } from '@jest/globals';
import { AttemptLimiter } from './attempt-limiter.ts';

class StoppedClock {
  seconds = 1000;
  monotonicSeconds(): number {
    return this.seconds;
  }
}

let clock: StoppedClock;
let limiter: AttemptLimiter;

beforeEach(() => {
  clock = new StoppedClock();
  limiter = new AttemptLimiter(clock);
});

function fail(address: string, times: number): void {
  for (let time = 0; time < times; time++) limiter.failed(address);
}

describe('an address that sends wrong tokens', () => {
  it.each([
    [0, 0],
    [9, 0],
    [10, 60],
    [11, 60],
    [1000, 60],
  ])('after %d of them waits for %d seconds', (times, seconds) => {
    fail('192.0.2.1', times);
    expect(limiter.secondsToWait('192.0.2.1')).toBe(seconds);
  });

  it('waits for the rest of the minute that began with the first of them', () => {
    limiter.failed('192.0.2.1');
    clock.seconds += 40;
    fail('192.0.2.1', 9);
    expect(limiter.secondsToWait('192.0.2.1')).toBe(20);
    clock.seconds += 19.5;
    expect(limiter.secondsToWait('192.0.2.1')).toBe(1);
    clock.seconds += 0.5;
    expect(limiter.secondsToWait('192.0.2.1')).toBe(0);
    fail('192.0.2.1', 9);
    expect(limiter.secondsToWait('192.0.2.1')).toBe(0);
  });

  it('does not keep others waiting', () => {
    fail('192.0.2.1', 10);
    expect(limiter.secondsToWait('192.0.2.2')).toBe(0);
  });

  it.each([
    ['another address of its IPv6 network', '2001:db8:1:2::1', '2001:db8:1:2:ffff::7', 60],
    ['an address of another IPv6 network', '2001:db8:1:2::1', '2001:db8:1:3::1', 0],
    ['its address in a longer form', '2001:db8::1', '2001:db8:0:0:1::', 60],
    ['its address with a zone', 'fe80::1%eth0', 'fe80::2%eth1', 60],
    ['its IPv4 address in IPv6', '192.0.2.1', '::ffff:192.0.2.1', 60],
    ['another IPv4 address in IPv6', '::ffff:192.0.2.1', '::ffff:192.0.2.2', 0],
  ])('%s', (_what, one, other, seconds) => {
    fail(one, 10);
    expect(limiter.secondsToWait(other)).toBe(seconds);
  });

  it('is forgotten before those that came later, when there are very many', () => {
    fail('192.0.2.1', 10);
    for (let number = 0; number < 9_999; number++) limiter.failed(`10.0.${number >> 8}.${number & 255}`);
    expect(limiter.secondsToWait('192.0.2.1')).toBe(60);
    limiter.failed('192.0.2.9');
    expect(limiter.secondsToWait('192.0.2.1')).toBe(0);
  });
});
