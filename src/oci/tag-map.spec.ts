import { describe, expect, it } from '@jest/globals';

import { digestOf } from './digest.ts';
import { digestOfEntry } from './tag-map.ts';

const digest = digestOf(Buffer.from('content'));

describe('digestOfEntry', () => {
  it('gives what the side holds, not what the other is to hold', () => {
    const expectedDigest = digestOf(Buffer.from('filtered'));
    expect(digestOfEntry({ kind: 'resolved', digest })).toBe(digest);
    expect(digestOfEntry({ kind: 'resolved', digest, expectedDigest })).toBe(digest);
  });

  it.each([
    [undefined],
    [{ kind: 'dangling' }],
    [{ kind: 'unreadable', code: 'SERVER_ERROR', message: 'broken' }],
  ] as const)('gives null for %p', (entry) => {
    expect(digestOfEntry(entry)).toBeNull();
  });
});
