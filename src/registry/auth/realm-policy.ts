import { classifyHost, mayPointAt } from '../../config/address-class.ts';

/**
 * Where plain http may carry what is sent to the realm: `loopback-only`, or also to the registry's own host, because the
 * operator set `allowPlainHttp` or because nothing secret is sent (an anonymous token).
 */
export type PlainHttp = 'loopback-only' | 'allowed';

export interface RealmClaim {
  /** The `realm` of a Bearer challenge, as the registry wrote it. */
  readonly realm: string;
  /** The registry that sent the challenge; only scheme, host and port count. */
  readonly registryOrigin: URL;
  readonly plainHttp: PlainHttp;
}

export type RealmJudgement =
  { readonly kind: 'trusted'; readonly url: URL } | { readonly kind: 'refused'; readonly message: string };

/**
 * Decides whether the registry's credential may be sent to the token endpoint that the registry names
 * (CVE-2026-48978, CVE-2026-33540: whoever can answer a 401 chooses that endpoint).
 *
 * Another host is legal, as Docker Hub has it, but only over https. Plain http needs a registry that is plain http itself, and
 * then stays on its host or on loopback. A realm never lies further inside the network than the registry does.
 * A relative realm is resolved against the registry. That the realm stays the same from then on is the caller's to hold.
 */
export function judgeRealm(claim: RealmClaim): RealmJudgement {
  const realm = claim.realm.trim();
  if (realm === '') return refused('the challenge has no realm');
  if (!URL.canParse(realm, claim.registryOrigin.origin)) return refused('the realm is no URL');
  const url = new URL(realm, claim.registryOrigin.origin);
  const complaint = complaintAboutForm(url) ?? complaintAboutPlace(url, claim);
  return complaint === undefined ? { kind: 'trusted', url } : refused(complaint);
}

function complaintAboutForm(url: URL): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'the realm is no http URL';
  if (url.username !== '' || url.password !== '') return 'the realm has user information in its URL';
  return url.href.includes('#') ? 'the realm has a fragment in its URL' : undefined;
}

function complaintAboutPlace(url: URL, claim: RealmClaim): string | undefined {
  if (url.protocol === 'http:' && !isPlainHttpFine(url, claim)) {
    return `the realm is on plain http, at ${url.host}`;
  }
  return mayPointAt(claim.registryOrigin.hostname, url.hostname)
    ? undefined
    : `the realm is at the internal address ${url.hostname}, the registry at ${claim.registryOrigin.hostname} is not`;
}

function isPlainHttpFine(url: URL, claim: RealmClaim): boolean {
  if (claim.registryOrigin.protocol !== 'http:') return false;
  const registryHost = claim.registryOrigin.hostname;
  if (classifyHost(registryHost) === 'loopback') return classifyHost(url.hostname) === 'loopback';
  return claim.plainHttp === 'allowed' && url.hostname === registryHost;
}

function refused(message: string): RealmJudgement {
  return { kind: 'refused', message };
}
