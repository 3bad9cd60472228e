import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { parseTag, type Tag } from '../oci/reference.ts';
import { newestFirst } from './tag-order.ts';

const anyTag = fc
  .oneof(
    fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((numbers) => numbers.join('.')),
    fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((numbers) => `v${numbers.join('.')}-rc1`),
    fc.stringMatching(/^[a-z0-9_][a-z0-9.-]{0,5}$/),
  )
  .map(parseTag);

describe('newestFirst', () => {
  it.each([
    ['versions by precedence, not by text', ['1.9.0', '1.10.0', 'v1.2.0'], ['1.10.0', '1.9.0', 'v1.2.0']],
    [
      'a prerelease after its release',
      ['1.0.0-rc1', '1.0.0', '1.0.0-rc2'],
      ['1.0.0', '1.0.0-rc2', '1.0.0-rc1'],
    ],
    ['other tags after versions', ['latest', '0.0.1'], ['0.0.1', 'latest']],
    ['numbers in other tags as numbers', ['1.9', '1.10', '1.2'], ['1.10', '1.9', '1.2']],
    ['dates', ['2024-9', '2024-10', '2023-12'], ['2024-10', '2024-9', '2023-12']],
    ['the same version twice by name', ['1.2.3', 'v1.2.3'], ['v1.2.3', '1.2.3']],
    ['leading zeros by name', ['b-01', 'b-1'], ['b-1', 'b-01']],
    ['a longer name first', ['b', 'b-1'], ['b-1', 'b']],
  ])('orders %s', (_name, tags, expected) => {
    expect(tags.map(parseTag).sort(newestFirst)).toEqual(expected);
  });

  it('is the same order whatever the listing was', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyTag, { maxLength: 12 }), (tags: readonly Tag[]) => {
        expect([...tags].reverse().sort(newestFirst)).toEqual([...tags].sort(newestFirst));
      }),
    );
  });
});
