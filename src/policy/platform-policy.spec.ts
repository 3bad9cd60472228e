import { describe, expect, it } from '@jest/globals';

import type { Platform } from '../oci/descriptor.ts';
import { formatPlatform, matchesPlatform, parsePlatform } from './platform-policy.ts';

describe('parsePlatform', () => {
  it.each(['linux/amd64', 'linux/arm64/v8', 'windows/amd64', 'linux/arm/v7', 'linux/s390x', 'wasip1/wasm'])(
    'reads %s and writes it the same',
    (text) => {
      expect(formatPlatform(parsePlatform(text))).toBe(text);
    },
  );

  it.each([
    ['linux', 'not a platform: "linux"'],
    ['', 'not a platform'],
    ['linux/', 'not a platform'],
    ['linux/amd64/v1/x', 'not a platform'],
    ['Linux/amd64', 'not a platform'],
    ['linux /amd64', 'not a platform'],
    ['amd64/linux', 'not an operating system: "amd64"'],
    ['unknown/unknown', 'not an operating system: "unknown"'],
    ['linux/x86_64', 'write linux/amd64'],
    ['linux/aarch64', 'write linux/arm64'],
    ['linux/armhf', 'write linux/arm/v7'],
    ['linux/arm65', 'not an architecture'],
  ])('refuses %j', (text, complaint) => {
    expect(() => parsePlatform(text)).toThrow(complaint);
  });
});

describe('matchesPlatform', () => {
  it.each<[string, Platform, boolean]>([
    ['linux/arm', { os: 'linux', architecture: 'arm', variant: 'v6' }, true],
    ['linux/arm/v7', { os: 'linux', architecture: 'arm', variant: 'v6' }, false],
    ['linux/arm/v7', { os: 'linux', architecture: 'arm' }, true],
    ['linux/arm64/v8', { os: 'linux', architecture: 'arm64' }, true],
    ['linux/arm64/v8', { os: 'linux', architecture: 'arm64', variant: '' }, true],
    ['linux/arm64/v9', { os: 'linux', architecture: 'arm64' }, false],
    ['linux/arm64', { os: 'linux', architecture: 'arm64', variant: 'v8' }, true],
    ['linux/amd64', { os: 'linux', architecture: 'arm64' }, false],
    ['linux/amd64', { os: 'windows', architecture: 'amd64' }, false],
    ['linux/amd64', {}, false],
    ['linux/amd64', { os: 'unknown', architecture: 'unknown' }, false],
  ])('asks with %s about %j: %s', (selector, platform, expected) => {
    expect(matchesPlatform(parsePlatform(selector), platform)).toBe(expected);
  });
});
