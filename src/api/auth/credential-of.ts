import type { Realm } from './route-access.ts';

/**
 * The token of an Authorization header (RFC 6750 section 2.1); `undefined` where there is none.
 *
 * @param realm a page for a `browser` may also be asked for with Basic (RFC 7617), whose password is the token: browsers
 * cannot send another form of their own.
 */
export function credentialOf(header: string | undefined, realm: Realm): string | undefined {
  const [scheme = '', credential] = (header ?? '').trim().split(/ +/, 2);
  if (credential === undefined) return undefined;
  if (/^bearer$/i.test(scheme)) return credential;
  return realm === 'browser' && /^basic$/i.test(scheme) ? passwordOf(credential) : undefined;
}

function passwordOf(credential: string): string | undefined {
  const [, password] = /^[^:]*:(.*)$/s.exec(Buffer.from(credential, 'base64').toString('utf8')) ?? [];
  return password;
}
