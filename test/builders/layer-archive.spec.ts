import { gunzipSync } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';

import { gzipOf, tarOf } from './layer-archive.ts';
import { seededRandom } from './seeded-random.ts';

describe('the archive of a layer', () => {
  // Around the largest stored block (65,535 bytes) and at nothing.
  it.each([0, 1, 65_534, 65_535, 65_536, 200_000])('is gzip that unpacks to the same %d bytes', (length) => {
    const bytes = seededRandom('archive').bytes(length);

    expect(gunzipSync(gzipOf(bytes)).equals(bytes)).toBe(true);
  });

  it('is tar with whole blocks, a name, a length and a checksum over its header', () => {
    const archive = tarOf('data/file', Buffer.from('content'));
    const header = Buffer.from(archive.subarray(0, 512));
    const checksum = Number.parseInt(header.toString('latin1', 148, 154), 8);
    header.fill(' ', 148, 156);

    expect(archive.length % 512).toBe(0);
    expect(header.toString('latin1', 0, 9)).toBe('data/file');
    expect(Number.parseInt(header.toString('latin1', 124, 135), 8)).toBe('content'.length);
    expect(header.reduce((sum, byte) => sum + byte, 0)).toBe(checksum);
    expect(archive.toString('latin1', 512, 519)).toBe('content');
  });
});
