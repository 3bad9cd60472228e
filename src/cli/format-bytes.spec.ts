import { describe, expect, it } from '@jest/globals';
import { formatBytes, formatRate } from './format-bytes.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [99.9 * 1024, '99.9 KiB'],
    [99.96 * 1024, '100 KiB'],
    [1023.4 * 1024, '1023 KiB'],
    [1023.6 * 1024, '1.0 MiB'],
    [5 * 1024 ** 3, '5.0 GiB'],
    [3000 * 1024 ** 5, '3000 PiB'],
    [-1, '0 B'],
  ])('writes %d as %s', (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });

  it('writes a rate per second', () => {
    expect(formatRate(2.5 * 1024 ** 2)).toBe('2.5 MiB/s');
  });
});
