import { describe, expect, it } from '@jest/globals';

import { Descriptor, isForeignLayer, Platform } from './descriptor.ts';
import { digestOf } from './digest.ts';

const digest = digestOf(Buffer.from('content'));

describe('a descriptor', () => {
  it('needs a digest, and nothing else', () => {
    expect(Descriptor.parse({ digest })).toEqual({ digest });
  });

  it('keeps what is followed, and lets unknown fields pass', () => {
    const known = {
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      digest,
      size: 7,
      urls: ['https://example.com/layer'],
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
      artifactType: 'application/vnd.example',
      annotations: { a: '1' },
    };
    expect(Descriptor.parse({ ...known, data: 'e30=', 'x-future': [1] })).toEqual(known);
  });

  it.each(['urls', 'platform', 'annotations'])('takes a %s of null, as Go writes an empty one', (field) => {
    expect(Descriptor.safeParse({ digest, [field]: null }).success).toBe(true);
  });

  it.each([
    ['no digest', {}],
    ['a digest of another algorithm', { digest: `md5:${'a'.repeat(32)}` }],
    ['a digest that is no text', { digest: 7 }],
    ['a negative size', { digest, size: -1 }],
    ['a fractional size', { digest, size: 1.5 }],
    ['a size in quotes', { digest, size: '7' }],
    ['a size of null', { digest, size: null }],
    ['a size of 2^63, which a double cannot hold', { digest, size: 2 ** 63 }],
    ['a size of 2^53, beyond which doubles skip integers', { digest, size: 2 ** 53 }],
    ['an endless size', { digest, size: Infinity }],
    ['a media type that is no text', { digest, mediaType: 7 }],
    ['an architecture that is no text', { digest, platform: { architecture: 7 } }],
  ])('is refused with %s', (_what, value) => {
    expect(Descriptor.safeParse(value).success).toBe(false);
  });

  it.each([0, 1, 2 ** 53 - 1])('may have a size of %i bytes', (size) => {
    expect(Descriptor.parse({ digest, size }).size).toBe(size);
  });
});

describe('a platform', () => {
  it('may name any part of itself, or none', () => {
    expect(Platform.parse({})).toEqual({});
    expect(Platform.parse({ os: 'windows', 'os.version': '10.0' })).toEqual({ os: 'windows' });
  });
});

describe('isForeignLayer', () => {
  it.each([
    [true, 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'],
    [true, 'application/vnd.docker.image.rootfs.foreign.diff.tar'],
    [true, 'application/vnd.oci.image.layer.nondistributable.v1.tar'],
    [true, 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'],
    [true, 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd'],
    [false, 'application/vnd.docker.image.rootfs.diff.tar.gzip'],
    [false, 'application/vnd.oci.image.layer.v1.tar+gzip'],
  ])('says %p to %s', (expected, mediaType) => {
    expect(isForeignLayer({ digest, mediaType })).toBe(expected);
  });

  it('says no to what has no media type', () => {
    expect(isForeignLayer({ digest })).toBe(false);
  });

  it('goes by the media type alone: `urls` are never followed', () => {
    expect(isForeignLayer({ digest, urls: ['https://example.com/layer'] })).toBe(false);
  });
});
