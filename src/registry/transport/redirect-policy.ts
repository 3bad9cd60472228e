import { resolveUrlReference } from '../resolve-url-reference.ts';
import { mayPointAt } from '../../config/address-class.ts';

/** Enough for registry, gateway, storage front and storage; a longer chain is a loop. */
const MAX_REDIRECTS = 5;

/** The answers that are a redirect for GET and HEAD; they are handled alike, since neither method has a body to lose. */
const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Whether a request may carry the registry's Authorization, its cookies and its TLS client certificate. */
export type Credentials = 'kept' | 'dropped';

export interface Redirect {
  readonly method: string;
  /** The URL that answered with the redirect. */
  readonly from: URL;
  readonly location: string | undefined;
  /** Redirects already followed before this one. */
  readonly hops: number;
  /** What the request to `from` carried: what one hop dropped stays dropped. */
  readonly credentials: Credentials;
  /** The registry whose credential it is; only its origin (scheme, host, port) counts. */
  readonly registryOrigin: URL;
}

export type RedirectDecision =
  | { readonly kind: 'follow'; readonly url: URL; readonly credentials: Credentials }
  | { readonly kind: 'refused'; readonly message: string };

/** Returns whether an answer with this status asks to be followed; 304 and 300 do not. */
export function isRedirectStatus(status: number): boolean {
  return REDIRECT_STATUSES.has(status);
}

/**
 * Decides whether and how a redirect is followed. `Location` is hostile text (CVE-2020-15157, GHSA-vh4v).
 *
 * Writes are never redirected: a client that repeats a PUT elsewhere writes where nobody asked it to. The credential goes to
 * the registry's own origin only, and once a hop has dropped it, a later hop back does not restore it: the other party
 * would choose the URL that it is sent to.
 */
export function judgeRedirect(redirect: Redirect): RedirectDecision {
  if (redirect.method !== 'GET' && redirect.method !== 'HEAD') {
    return refused(`a redirect of a ${redirect.method} is not followed`);
  }
  if (redirect.hops >= MAX_REDIRECTS) return refused(`more than ${MAX_REDIRECTS} redirects`);
  const location = redirect.location?.trim() ?? '';
  const url = location === '' ? undefined : resolveUrlReference(location, redirect.from);
  if (url === undefined) return refused('a redirect without a usable Location');
  return refusalOfPlace(redirect.from, url) ?? follow(redirect, url);
}

function refusalOfPlace(from: URL, url: URL): RedirectDecision | undefined {
  if (url.username !== '' || url.password !== '')
    return refused('a redirect with user information in its URL');
  if (from.protocol === 'https:' && url.protocol !== 'https:') {
    return refused(`a redirect from https to plain http, to ${url.origin}`);
  }
  if (!mayPointAt(from.hostname, url.hostname)) {
    return refused(
      `a redirect from ${from.hostname} to the internal address ${url.hostname}; a storage that is meant needs a name`,
    );
  }
  return undefined;
}

function follow(redirect: Redirect, url: URL): RedirectDecision {
  // A fragment is legal in Location (RFC 9110 section 10.2.2) and never sent.
  url.hash = '';
  const stays =
    redirect.from.origin === redirect.registryOrigin.origin && url.origin === redirect.registryOrigin.origin;
  return { kind: 'follow', url, credentials: stays ? redirect.credentials : 'dropped' };
}

function refused(message: string): RedirectDecision {
  return { kind: 'refused', message };
}
