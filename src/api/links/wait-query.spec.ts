import { describe, expect, it } from '@jest/globals';
import { WAIT_QUERY } from './wait-query.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('the question of a deploy gate', () => {
  it.each([
    ['app:v1', { repository: 'app', tag: 'v1', digest: null }],
    ['team/app:__proto__', { repository: 'team/app', tag: '__proto__', digest: null }],
    [`team/app:v1@${DIGEST}`, { repository: 'team/app', tag: 'v1', digest: DIGEST }],
  ])('names %s', (reference, expected) => {
    expect(WAIT_QUERY.parse({ reference })).toEqual({ reference: expected, timeoutSeconds: 60 });
  });

  it.each([
    '',
    'app',
    'app:',
    ':v1',
    'app@sha256:0',
    `app@${DIGEST}`,
    'app:v1@',
    'app:v1@sha256:abc',
    'registry.example.com:5000/app:v1',
    '../app:v1',
    'app:v1:v2',
    'App:v1',
    `app:${'x'.repeat(129)}`,
    'app:v1\n',
    'app:v1\0',
  ])('is refused for %j', (reference) => {
    expect(WAIT_QUERY.safeParse({ reference }).success).toBe(false);
  });

  it.each(['0', '301', '-1', '1.5', 'x', '', '9999999'])('is refused for a time of %j', (timeoutSeconds) => {
    expect(WAIT_QUERY.safeParse({ reference: 'app:v1', timeoutSeconds }).success).toBe(false);
  });

  it('is refused with a parameter that it does not have', () => {
    expect(WAIT_QUERY.safeParse({ reference: 'app:v1', timeout: '5' }).success).toBe(false);
  });
});
