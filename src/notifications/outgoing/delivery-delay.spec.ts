import { describe, expect, it } from '@jest/globals';
import { deliveryDelaySeconds } from './delivery-delay.ts';

describe('a message that could not be delivered', () => {
  it('is tried eight times over about a day', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => deliveryDelaySeconds(attempt, 0.5));

    expect(delays.slice(0, 7).every((delay, index) => (delay ?? 0) > (delays[index - 1] ?? 0))).toBe(true);
    expect(delays[7]).toBeNull();
    expect(delays.reduce<number>((sum, delay) => sum + (delay ?? 0), 0) / 3600).toBeCloseTo(24, 0);
  });

  it('does not come back together with others', () => {
    expect(deliveryDelaySeconds(1, 0)).toBeCloseTo(27);
    expect(deliveryDelaySeconds(1, 0.999)).toBeCloseTo(33, 0);
  });
});
