import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { resolveUrlReference } from './resolve-url-reference.ts';

const BASE = new URL('https://registry.example:5000/v2/team/app/tags/list?n=100');

describe('resolveUrlReference', () => {
  it.each<[string, string, string]>([
    ['an absolute path', '/v2/x/tags/list?n=1', 'https://registry.example:5000/v2/x/tags/list?n=1'],
    ['a query alone', '?last=b', 'https://registry.example:5000/v2/team/app/tags/list?last=b'],
    ['a relative path', 'list?last=b', 'https://registry.example:5000/v2/team/app/tags/list?last=b'],
    ['a URL', 'http://other.example/x', 'http://other.example/x'],
    ['a network path', '//other.example/x', 'https://other.example/x'],
    [
      'escapes in path and query',
      '/v2/a%2Fb?last=a%2fb%7E',
      'https://registry.example:5000/v2/a%2Fb?last=a%2fb%7E',
    ],
    ['a broken escape', '/v2?last=%s&n=%', 'https://registry.example:5000/v2?last=%s&n=%'],
    ['plus and slash in a query', '/v2?last=a/b+c:d', 'https://registry.example:5000/v2?last=a/b+c:d'],
    ['a space', '/v2?last=a b', 'https://registry.example:5000/v2?last=a%20b'],
    [
      'raw UTF-8 bytes, as Node hands them over',
      '/v2?last=\u00c3\u00a9',
      'https://registry.example:5000/v2?last=%C3%A9',
    ],
  ])('resolves %s', (_name, reference, resolved) => {
    expect(resolveUrlReference(reference, BASE)?.href).toBe(resolved);
  });

  it.each([
    'ftp://registry.example/x',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://',
    'http://[',
    'https://a:99999/',
  ])('gives nothing for %j', (reference) => {
    expect(resolveUrlReference(reference, BASE)).toBeUndefined();
  });

  it.each(['/v2?last=a\tb', '/v2\r\nHost: evil', 'ht\ntps://evil.example/', '/v2?last=\u0000', '/v2\u007f'])(
    'gives nothing for %j, which the URL parser would quietly mend',
    (reference) => {
      expect(resolveUrlReference(reference, BASE)).toBeUndefined();
    },
  );

  it('leaves every query of legal URL characters as it is, except for the apostrophe', () => {
    const legal = 'abzAZ09-._~!$&()*+,;=:@/?%'.split(/(?:)/);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...legal), minLength: 1 }), (query) => {
        expect(resolveUrlReference(`/v2/x/tags/list?${query}`, BASE)?.search).toBe(`?${query}`);
      }),
      { numRuns: 5000 },
    );
  });

  it('gives an http URL or nothing for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (reference) => {
        expect(['https:', 'http:', undefined]).toContain(resolveUrlReference(reference, BASE)?.protocol);
      }),
      { numRuns: 10_000 },
    );
  });
});
