import { describe, expect, it } from '@jest/globals';
import { credentialOf } from './credential-of.ts';

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

describe('the token of an Authorization header', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER   abc', 'abc'],
    ['Bearer abc=', 'abc='],
    ['Bearer', undefined],
    ['Bearer ', undefined],
    ['abc', undefined],
    ['', undefined],
    [undefined, undefined],
    ['Digest abc', undefined],
    [basic('x:abc'), undefined],
  ])('of the API: %s', (header, token) => {
    expect(credentialOf(header, 'api')).toBe(token);
  });

  it.each([
    ['Bearer abc', 'abc'],
    [basic('x:abc'), 'abc'],
    [basic(':abc'), 'abc'],
    [basic('x:a:b:c'), 'a:b:c'],
    [basic('abc'), undefined],
    ['Basic !', undefined],
    ['Basic', undefined],
  ])('of a page: %s', (header, token) => {
    expect(credentialOf(header, 'browser')).toBe(token);
  });
});
