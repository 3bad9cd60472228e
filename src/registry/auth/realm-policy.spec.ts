import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { classifyHost } from '../../config/address-class.ts';
import { judgeRealm, type PlainHttp, type RealmJudgement } from './realm-policy.ts';

function describeJudgement(judgement: RealmJudgement): readonly string[] {
  switch (judgement.kind) {
    case 'trusted':
      return [judgement.kind, judgement.url.href];
    case 'refused':
      return [judgement.kind, judgement.message];
  }
}

function judge(registry: string, realm: string, plainHttp: PlainHttp = 'loopback-only'): readonly string[] {
  return describeJudgement(judgeRealm({ realm, registryOrigin: new URL(registry), plainHttp }));
}

describe('judgeRealm', () => {
  it.each<[string, string, string]>([
    ['https://registry-1.docker.io', 'https://auth.docker.io/token', 'https://auth.docker.io/token'],
    [
      'https://registry.example',
      'https://registry.example/service/token',
      'https://registry.example/service/token',
    ],
    [
      'https://registry.example',
      ' https://registry.example/token?x=a%2Fb ',
      'https://registry.example/token?x=a%2Fb',
    ],
    ['https://registry.example:5000', '/token', 'https://registry.example:5000/token'],
    ['https://registry.example', 'token', 'https://registry.example/token'],
    ['https://registry.example', 'https://8.8.8.8/token', 'https://8.8.8.8/token'],
    ['https://10.0.0.1', 'https://10.0.0.1:5001/token', 'https://10.0.0.1:5001/token'],
    ['https://10.0.0.1', 'https://192.168.1.1/token', 'https://192.168.1.1/token'],
    ['https://127.0.0.1:5000', 'https://10.0.0.1/token', 'https://10.0.0.1/token'],
    ['http://127.0.0.1:5000', 'http://127.0.0.1:5001/token', 'http://127.0.0.1:5001/token'],
    ['http://127.0.0.1:5000', 'http://localhost:5001/token', 'http://localhost:5001/token'],
    ['http://localhost:5000', '/token', 'http://localhost:5000/token'],
    ['http://[::1]:5000', 'http://127.0.0.1:5001/token', 'http://127.0.0.1:5001/token'],
    ['http://127.0.0.1:5000', 'https://auth.example/token', 'https://auth.example/token'],
    ['http://registry.example:5000', 'https://auth.example/token', 'https://auth.example/token'],
  ])('lets %s name the realm %s', (registry, realm, href) => {
    expect(judge(registry, realm)).toEqual(['trusted', href]);
  });

  it.each<[string, string, string]>([
    [
      'http://registry.example:5000',
      'http://registry.example:5001/token',
      'http://registry.example:5001/token',
    ],
    ['http://registry.example:5000', '/token', 'http://registry.example:5000/token'],
    ['http://10.0.0.1:5000', 'http://10.0.0.1:5001/token', 'http://10.0.0.1:5001/token'],
  ])('lets the plain http registry %s name %s only where plain http is allowed', (registry, realm, href) => {
    expect(judge(registry, realm, 'allowed')).toEqual(['trusted', href]);
    expect(judge(registry, realm, 'loopback-only').join(' ')).toMatch(
      /^refused the realm is on plain http, at /,
    );
  });

  it.each<[string, string, string]>([
    ['https://registry.example', '', 'the challenge has no realm'],
    ['https://registry.example', ' ', 'the challenge has no realm'],
    ['https://registry.example', 'https://[', 'the realm is no URL'],
    ['https://registry.example', 'https://', 'the realm is no URL'],
    ['https://registry.example', 'ftp://registry.example/token', 'the realm is no http URL'],
    ['https://registry.example', 'file:///etc/passwd', 'the realm is no http URL'],
    ['https://registry.example', 'javascript:alert(1)', 'the realm is no http URL'],
    [
      'https://registry.example',
      'https://a:b@registry.example/token',
      'the realm has user information in its URL',
    ],
    [
      'https://registry.example',
      'https://registry.example@evil.example/',
      'the realm has user information in its URL',
    ],
    ['https://registry.example', 'https://registry.example/token#x', 'the realm has a fragment in its URL'],
    ['https://registry.example', 'https://registry.example/token#', 'the realm has a fragment in its URL'],
    [
      'https://registry.example',
      'http://registry.example/token',
      'the realm is on plain http, at registry.example',
    ],
    ['https://127.0.0.1', 'http://127.0.0.1/token', 'the realm is on plain http, at 127.0.0.1'],
    ['http://registry.example', 'http://auth.example/token', 'the realm is on plain http, at auth.example'],
    ['http://registry.example', 'http://127.0.0.1/token', 'the realm is on plain http, at 127.0.0.1'],
    ['http://127.0.0.1:5000', 'http://auth.example/token', 'the realm is on plain http, at auth.example'],
    ['http://127.0.0.1:5000', 'http://10.0.0.1/token', 'the realm is on plain http, at 10.0.0.1'],
    ['http://10.0.0.1:5000', 'http://10.0.0.2/token', 'the realm is on plain http, at 10.0.0.2'],
  ])('does not let %s name the realm %j', (registry, realm, message) => {
    expect(judge(registry, realm, 'allowed')).toEqual(['refused', message]);
  });

  it.each([
    'https://127.0.0.1/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://app.localhost/',
    'https://127.1/',
    'https://2130706433/',
    'https://017700000001/',
    'https://0x7f.0.0.1/',
    'https://127.0.0.1./',
    'https://0.0.0.0/',
    'https://0/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://①②⑦.0.0.1/',
    'https://%31%32%37.0.0.1/',
    'https://10.1.2.3/',
    'https://172.16.0.1/',
    'https://192.168.0.1/',
    'https://100.64.0.1/',
    'https://[fd12::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://169.254.169.254/',
    'https://2852039166/',
    'https://0xa9fea9fe/',
    'https://0251.0376.0251.0376/',
    'https://169.254.169.254./',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://100.100.100.200/',
    '//169.254.169.254/',
    '\\\\169.254.169.254\\',
    'https:\\\\10.0.0.1',
    'h\tttps://127.0.0.1/',
    'https:///127.0.0.1/',
  ])('does not let a registry with a name send the credential to %j', (realm) => {
    expect(judge('https://registry.example', realm, 'allowed').join(' ')).toMatch(
      /^refused the realm is at the internal address /,
    );
  });

  it.each([
    ['https://10.0.0.1', 'https://127.0.0.1/'],
    ['https://10.0.0.1', 'https://169.254.169.254/'],
    ['https://127.0.0.1', 'https://169.254.169.254/'],
    ['https://[fd12::1]', 'https://[fd00:ec2::254]/'],
  ])('does not let the internal registry %s send the credential further inside, to %s', (registry, realm) => {
    expect(judge(registry, realm, 'allowed').join(' ')).toMatch(
      /^refused the realm is at the internal address /,
    );
  });

  it('reads https: with less than two slashes as a path on the registry, as URLs are read', () => {
    const place = 'https://registry.example/127.0.0.1';
    expect(judge('https://registry.example', 'https:127.0.0.1')).toEqual(['trusted', place]);
    expect(judge('https://registry.example', 'https:/127.0.0.1')).toEqual(['trusted', place]);
  });

  it('trusts nothing but https without user information at a place that is not inside, whatever the realm says', () => {
    const part = fc.constantFrom(
      'http://',
      'https://',
      '//',
      '\\',
      '@',
      ':',
      '#',
      'registry.example',
      'evil.example',
      '127.0.0.1',
      '10.0.0.1',
      '::1',
      '[',
      ']',
      '/',
      ' ',
      '\t',
      '0x7f',
      '.',
      '%',
    );
    const realm = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(realm, fc.constantFrom<PlainHttp>('allowed', 'loopback-only'), (text, plainHttp) => {
        const judgement = judgeRealm({
          realm: text,
          registryOrigin: new URL('https://registry.example'),
          plainHttp,
        });
        expect(formOf(judgement)).toEqual({
          protocol: 'https:',
          userinfo: ':',
          fragment: '',
          place: 'public-or-name',
        });
      }),
      { numRuns: 20_000 },
    );
  });
});

/** What of a trusted URL matters; of a refusal, what a harmless URL has. */
function formOf(judgement: RealmJudgement) {
  const url = judgement.kind === 'trusted' ? judgement.url : new URL('https://harmless.example');
  return {
    protocol: url.protocol,
    userinfo: `${url.username}:${url.password}`,
    fragment: url.hash,
    place: classifyHost(url.hostname),
  };
}
