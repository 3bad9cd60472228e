import { describe, expect, it } from '@jest/globals';
import { maskSecrets } from './known-secrets.ts';
import { Secret } from './secret.ts';

describe('text of others', () => {
  it.each([
    ['a password', 'hunter2-hunter2', 'bad password hunter2-hunter2 given', 'bad password *** given'],
    ['a header', 'Basic c3luYzpodW50', 'no: Basic c3luYzpodW50', 'no: ***'],
    ['a header without its scheme', 'Bearer ey.token.x', 'token ey.token.x is over', 'token *** is over'],
    [
      'the password of a URL',
      'postgres://a:p%40ssw0rd@db/x',
      'password p%40ssw0rd, or p@ssw0rd',
      'password ***, or ***',
    ],
    ['a whole URL', 'https://chat.example/T0KEN', 'POST https://chat.example/T0KEN', 'POST ***'],
    ['quotes', 'quo"ted-one', '{"said":"quo\\"ted-one"}', '{"said":"***"}'],
    ['two of them', 'twice-twice', 'twice-twice twice-twice', '*** ***'],
  ])('loses %s that this process holds', (_what, value, text, masked) => {
    const secret = new Secret(value);

    expect(maskSecrets(text)).toBe(masked);
    expect(secret.reveal()).toBe(value);
  });

  it('loses the longer of two secrets where one begins with the other', () => {
    const secrets = [new Secret('overlap'), new Secret('overlapping')];

    expect(maskSecrets('an overlapping overlap')).toBe('an *** ***');
    expect(secrets).toHaveLength(2);
  });

  it('keeps what no secret is, and words too short to be one', () => {
    const secret = new Secret('sync');

    expect(maskSecrets('the sync of team/app')).toBe('the sync of team/app');
    expect(secret.reveal()).toBe('sync');
  });
});
