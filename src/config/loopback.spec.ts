import { describe, expect, it } from '@jest/globals';

import { isLoopbackHost } from './loopback.ts';

describe('isLoopbackHost', () => {
  it.each([
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
  ])('takes %s for this machine', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '::',
    '[::]',
    '128.0.0.1',
    '10.0.0.1',
    'localhost.example.com',
    'notlocalhost',
    '127.0.0.1.example.com',
    '',
  ])('takes %j for another one', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});
