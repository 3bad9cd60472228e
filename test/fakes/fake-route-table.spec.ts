import { describe, expect, it } from '@jest/globals';
import { digestOf, referrersTagOf } from './fake-digest.ts';
import { operations } from './fake-operation.ts';
import { cleanPath, matchRoute, operationOf } from './fake-route-table.ts';

const digest = digestOf(Buffer.from('x'));

const requests: readonly (readonly [string, string, string])[] = [
  ['GET', '/v2/', 'ping'],
  ['GET', '/v2/_catalog', 'list-catalog'],
  ['GET', '/v2/_catalog?n=1&last=a', 'list-catalog-next'],
  ['GET', '/v2/team/app/tags/list?n=5', 'list-tags'],
  ['GET', '/v2/team/app/tags/list?next_page=x', 'list-tags-next'],
  ['HEAD', '/v2/team/app/manifests/v1', 'head-tag'],
  ['GET', '/v2/team/app/manifests/v1', 'get-tag'],
  ['HEAD', `/v2/team/app/manifests/${digest}`, 'head-manifest'],
  ['GET', `/v2/team/app/manifests/${digest}`, 'get-manifest'],
  ['GET', `/v2/team/app/manifests/${referrersTagOf(digest)}`, 'read-referrers-tag'],
  ['HEAD', `/v2/team/app/blobs/${digest}`, 'head-blob'],
  ['GET', `/v2/team/app/blobs/${digest}`, 'get-blob'],
  ['GET', `/v2/team/app/referrers/${digest}`, 'list-referrers'],
  ['GET', `/v2/team/app/referrers/${digest}?page=2`, 'list-referrers-next'],
  ['POST', '/v2/team/app/blobs/uploads/', 'open-upload'],
  ['POST', `/v2/team/app/blobs/uploads/?mount=${digest}&from=b`, 'mount-blob'],
  ['PATCH', '/v2/team/app/blobs/uploads/1', 'patch-upload'],
  ['PUT', `/v2/team/app/blobs/uploads/1?digest=${digest}`, 'commit-upload'],
  ['GET', '/v2/team/app/blobs/uploads/1', 'get-upload'],
  ['DELETE', '/v2/team/app/blobs/uploads/1', 'cancel-upload'],
  ['PUT', `/v2/team/app/manifests/${digest}`, 'put-manifest'],
  ['PUT', '/v2/team/app/manifests/v1', 'put-tag'],
  ['DELETE', '/v2/team/app/manifests/v1', 'delete-tag'],
  ['DELETE', `/v2/team/app/manifests/${digest}`, 'delete-manifest'],
  ['DELETE', `/v2/team/app/blobs/${digest}`, 'delete-blob'],
  ['GET', '/v2/team/app/elsewhere', 'unknown'],
];

/** These arrive at servers that have no routes. */
const elsewhere = ['get-token', 'post-token', 'get-redirected-blob'];

describe('operations', () => {
  it.each(requests)('names %s %s %s', (method, target, operation) => {
    const [path = '', query] = target.split('?');
    expect(operationOf(matchRoute(path), method, new URLSearchParams(query))).toBe(operation);
  });

  it('are all in the table', () => {
    const named = [...requests.map(([, , operation]) => operation), ...elsewhere];
    expect(named.sort()).toEqual([...operations].sort());
  });
});

describe('paths', () => {
  it.each([
    ['/v2/a//b/', '/v2/a/b/'],
    ['/v2/a/../b', '/v2/b'],
    ['/v2/./a', '/v2/a'],
    ['/', '/'],
  ])('%s is cleaned to %s', (path, clean) => {
    expect(cleanPath(path)).toBe(clean);
  });

  it.each([
    '/v2/Upper/tags/list',
    '/v2/a..b/tags/list',
    '/v2//tags/list',
    '/v2/a/manifests/.x',
    '/v2/a/blobs/latest',
  ])('%s has no route', (path) => {
    expect(matchRoute(path)).toBeUndefined();
  });
});
