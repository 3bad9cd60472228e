import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  type Credentials,
  isRedirectStatus,
  judgeRedirect,
  type Redirect,
  type RedirectDecision,
} from './redirect-policy.ts';

const REGISTRY = new URL('https://registry.example');

function redirect(overrides: Partial<Redirect> = {}): Redirect {
  return {
    method: 'GET',
    from: new URL('https://registry.example/v2/app/blobs/sha256:00'),
    location: 'https://storage.example/blob?X-Signature=a%2Fb%3D',
    hops: 0,
    credentials: 'kept',
    registryOrigin: REGISTRY,
    ...overrides,
  };
}

function describeDecision(decision: RedirectDecision): readonly string[] {
  switch (decision.kind) {
    case 'follow':
      return [decision.kind, decision.url.href, decision.credentials];
    case 'refused':
      return [decision.kind, decision.message];
  }
}

describe('isRedirectStatus', () => {
  it.each([
    [300, false],
    [301, true],
    [302, true],
    [303, true],
    [304, false],
    [305, false],
    [307, true],
    [308, true],
    [200, false],
  ])('says of %i: %s', (status, expected) => {
    expect(isRedirectStatus(status)).toBe(expected);
  });
});

describe('judgeRedirect', () => {
  it.each<[string, Partial<Redirect>, string, Credentials]>([
    [
      'to storage, without the credential',
      {},
      'https://storage.example/blob?X-Signature=a%2Fb%3D',
      'dropped',
    ],
    ['of a HEAD', { method: 'HEAD' }, 'https://storage.example/blob?X-Signature=a%2Fb%3D', 'dropped'],
    ['on the same origin, with it', { location: '/v2/other' }, 'https://registry.example/v2/other', 'kept'],
    [
      'on the same origin, spelled out',
      { location: 'https://REGISTRY.example:443/x' },
      'https://registry.example/x',
      'kept',
    ],
    [
      'on the same origin after it was dropped',
      { location: '/x', credentials: 'dropped' },
      'https://registry.example/x',
      'dropped',
    ],
    [
      'to another port, without it',
      { location: 'https://registry.example:8443/x' },
      'https://registry.example:8443/x',
      'dropped',
    ],
    [
      'to a subdomain, without it',
      { location: 'https://cdn.registry.example/x' },
      'https://cdn.registry.example/x',
      'dropped',
    ],
    [
      'from http to https, without it',
      {
        from: new URL('http://registry.example/x'),
        registryOrigin: new URL('http://registry.example'),
        location: 'https://registry.example/x',
      },
      'https://registry.example/x',
      'dropped',
    ],
    [
      'back to the registry, without it even if a caller still had it',
      { from: new URL('https://storage.example/x'), location: 'https://registry.example/x' },
      'https://registry.example/x',
      'dropped',
    ],
    ['of the fifth hop', { hops: 4, location: '/x' }, 'https://registry.example/x', 'kept'],
    [
      'with a fragment, which is not sent',
      { location: '/x?a=%2F#part' },
      'https://registry.example/x?a=%2F',
      'kept',
    ],
    [
      'between private addresses',
      { from: new URL('http://10.0.0.1/x'), location: 'http://10.0.0.2:9000/x' },
      'http://10.0.0.2:9000/x',
      'dropped',
    ],
    [
      'between ports of loopback',
      { from: new URL('http://127.0.0.1:5001/x'), location: 'http://127.0.0.1:9000/x' },
      'http://127.0.0.1:9000/x',
      'dropped',
    ],
  ])('follows a redirect %s', (_name, overrides, href, credentials) => {
    expect(describeDecision(judgeRedirect(redirect(overrides)))).toEqual(['follow', href, credentials]);
  });

  it.each<[string, Partial<Redirect>, string]>([
    ...['PUT', 'POST', 'PATCH', 'DELETE', 'get'].map((method): [string, Partial<Redirect>, string] => [
      `of a ${method}`,
      { method, location: '/x' },
      `a redirect of a ${method} is not followed`,
    ]),
    ['of the sixth hop', { hops: 5, location: '/x' }, 'more than 5 redirects'],
    ['without a Location', { location: undefined }, 'a redirect without a usable Location'],
    ['with an empty Location', { location: ' ' }, 'a redirect without a usable Location'],
    ['to no URL', { location: 'https://[' }, 'a redirect without a usable Location'],
    ['to a file', { location: 'file:///etc/passwd' }, 'a redirect without a usable Location'],
    [
      'with a control character',
      { location: 'https://storage.example/\nx' },
      'a redirect without a usable Location',
    ],
    [
      'with user information',
      { location: 'https://a:b@storage.example/' },
      'a redirect with user information in its URL',
    ],
    [
      'with a user name only',
      { location: 'https://a@registry.example/' },
      'a redirect with user information in its URL',
    ],
    [
      'from https to http',
      { location: 'http://registry.example/x' },
      'a redirect from https to plain http, to http://registry.example',
    ],
  ])('refuses a redirect %s', (_name, overrides, message) => {
    expect(describeDecision(judgeRedirect(redirect(overrides)))).toEqual(['refused', message]);
  });

  it.each([
    'https://127.0.0.1/x',
    'https://localhost/x',
    'https://10.0.0.1/x',
    'https://169.254.169.254/latest/meta-data/',
    'https://2852039166/x',
    'https://0xa9.254.0251.254/x',
    'https://169.254.169.254./x',
    'https://[::ffff:169.254.169.254]/x',
    'https://0.0.0.0/x',
    'https://0/x',
    'https://[::1]/x',
    'https://[::]/x',
    'https://[fd00:ec2::254]/x',
    '//127.1/x',
    '\\\\127.0.0.1\\x',
  ])('refuses a redirect from a registry with a name to %s', (location) => {
    expect(describeDecision(judgeRedirect(redirect({ location }))).join(' ')).toMatch(
      /^refused a redirect from registry\.example to the internal address /,
    );
  });

  it('carries the credential only along an unbroken chain of the registry, whatever the hops', () => {
    const place = fc.constantFrom(
      'https://registry.example/a',
      '/b',
      'https://storage.example/c',
      'https://registry.example:8443/d',
      '//registry.example/e',
    );
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 5 }), (places) => {
        const visited = walk(places);
        expect(visited.map((hop) => hop.credentials)).toEqual(credentialsExpectedAlong(visited));
      }),
      { numRuns: 5000 },
    );
  });

  it('never sends a credential elsewhere and never throws, whatever Location says', () => {
    const part = fc.constantFrom(
      'http://',
      'https://',
      '//',
      '\\\\',
      '@',
      ':',
      '#',
      'registry.example',
      'evil.example',
      '127.0.0.1',
      '/',
      ' ',
      '\t',
      '?',
      '%2f',
      'é',
    );
    const location = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(location, (text) => {
        expect(describeDecision(judgeRedirect(redirect({ location: text }))).join(' ')).toMatch(
          /^(?:refused |follow https:\/\/registry\.example\/\S* kept$|follow https:\/\/(?!registry\.example\/)\S* dropped$)/,
        );
      }),
      { numRuns: 10_000 },
    );
  });
});

/** Follows the places one after the other; they are all fit to follow. */
function walk(
  places: readonly string[],
): readonly { readonly origin: string; readonly credentials: Credentials }[] {
  const visited: { origin: string; credentials: Credentials }[] = [];
  let from = new URL('https://registry.example/start');
  let credentials: Credentials = 'kept';
  for (const [hops, location] of places.entries()) {
    const decision = judgeRedirect(redirect({ from, location, hops, credentials }));
    if (decision.kind === 'refused') throw new Error(decision.message);
    from = decision.url;
    credentials = decision.credentials;
    visited.push({ origin: from.origin, credentials });
  }
  return visited;
}

function credentialsExpectedAlong(visited: readonly { readonly origin: string }[]): readonly Credentials[] {
  return visited.map((_hop, index) =>
    visited.slice(0, index + 1).every((hop) => hop.origin === REGISTRY.origin) ? 'kept' : 'dropped',
  );
}
