import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { formatByteSize, parseByteSize } from './byte-size.ts';

describe('parseByteSize', () => {
  it.each([
    ['100MiB', 104_857_600],
    ['1.5 GB', 1_500_000_000],
    ['10kB', 10_000],
    ['10KB', 10_000],
    ['64KiB', 65_536],
    ['2TiB', 2_199_023_255_552],
    ['7B', 7],
    ['65536', 65_536],
  ])('reads %s as %i bytes', (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  it.each(['', 'MiB', '-1MiB', '10mib', '10M', '10 Mbit', '1e6', '10MiB/s', '999999999999999TiB'])(
    'refuses %j',
    (text) => {
      expect(parseByteSize(text)).toBeUndefined();
    },
  );

  it('reads what formatByteSize writes', () => {
    const sizes = fc.oneof(
      fc.integer({ min: 1, max: 2 ** 50 }),
      fc.integer({ min: 1, max: 4096 }).map((n) => n * 1024 ** 2),
    );
    fc.assert(
      fc.property(sizes, (bytes) => {
        expect(parseByteSize(formatByteSize(bytes))).toBe(bytes);
      }),
    );
  });
});
