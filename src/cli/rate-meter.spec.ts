import { describe, expect, it } from '@jest/globals';
import { RateMeter } from './rate-meter.ts';

describe('RateMeter', () => {
  it('knows no rate before the first byte', () => {
    expect(new RateMeter().bytesPerSecond(100)).toBe(0);
  });

  it('does not make a rate of the first instant', () => {
    const meter = new RateMeter();
    meter.add(1000, 10.001);
    expect(meter.bytesPerSecond(10.002)).toBe(1000);
  });

  it('averages over the last seconds', () => {
    const meter = new RateMeter();
    for (const second of [10, 11, 12, 13]) meter.add(500, second);
    expect(meter.bytesPerSecond(14)).toBe(500);
  });

  it('falls to nothing where nothing arrives any more', () => {
    const meter = new RateMeter();
    meter.add(1000, 10);
    expect(meter.bytesPerSecond(15)).toBe(200);
    expect(meter.bytesPerSecond(16)).toBe(0);
  });
});
