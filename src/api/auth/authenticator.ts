import type { Request } from 'express';
import { isLoopbackHost } from '../../config/loopback.ts';
import type { AttemptLimiter } from '../../jobs/attempt-limiter.ts';
import { ApiError } from '../problem/api-error.ts';
import type { Caller } from './caller.ts';
import { credentialOf } from './credential-of.ts';
import type { Realm } from './route-access.ts';
import type { TokenKeeper } from './token-keeper.ts';

/** What everybody is who can reach a service without tokens: whoever is on this machine. */
const LOOPBACK_CALLER: Caller = { name: 'loopback', role: 'approver' };

/** What proxies add: a request that one passed on comes from this machine and is from elsewhere. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const;

const CHALLENGES: Readonly<Record<Realm, string>> = {
  api: 'Bearer realm="geo-reconciler"',
  browser: 'Basic realm="geo-reconciler", charset="UTF-8"',
};

/** Says who sends a request. */
export class Authenticator {
  readonly #tokens: TokenKeeper;
  readonly #attempts: AttemptLimiter;

  constructor(tokens: TokenKeeper, attempts: AttemptLimiter) {
    this.#tokens = tokens;
    this.#attempts = attempts;
  }

  /**
   * Refuses what nobody may send while no token is configured: a page in a browser of this machine could otherwise reach the
   * service, under the name of a host that resolves to it (DNS rebinding) or from its own origin.
   *
   * @throws {ApiError} `FORBIDDEN`.
   */
  refuseForeigners(request: Request): void {
    const reason = this.#tokens.isEmpty ? reasonAgainst(request) : undefined;
    if (reason !== undefined) throw new ApiError('FORBIDDEN', `no token is configured, so ${reason}`);
  }

  /** Whether a request comes from a program on this machine, and from no page in a browser. */
  isFromThisMachine(request: Request): boolean {
    return reasonAgainst(request) === undefined;
  }

  /** @throws {ApiError} `UNAUTHENTICATED`, or `TOO_MANY_REQUESTS` for an address that tried too often. */
  callerOf(request: Request, realm: Realm): Caller {
    if (this.#tokens.isEmpty) return LOOPBACK_CALLER;
    const credential = credentialOf(request.headers.authorization, realm);
    if (credential === undefined) throw unauthenticated('has no token', realm);
    const address = request.socket.remoteAddress ?? '';
    const seconds = this.#attempts.secondsToWait(address);
    if (seconds > 0)
      throw new ApiError('TOO_MANY_REQUESTS', `too many wrong tokens: wait for ${seconds} seconds`, {
        headers: { 'Retry-After': String(seconds) },
      });
    const caller = this.#tokens.callerOf(credential);
    if (caller !== undefined) return caller;
    this.#attempts.failed(address);
    throw unauthenticated('has a wrong token', realm);
  }
}

function unauthenticated(what: string, realm: Realm): ApiError {
  return new ApiError('UNAUTHENTICATED', `the request ${what}: send Authorization: Bearer TOKEN`, {
    headers: { 'WWW-Authenticate': CHALLENGES[realm] },
  });
}

function reasonAgainst(request: Request): string | undefined {
  const { headers, socket } = request;
  const host = hostOf(headers.host);
  if (host === undefined || !isLoopbackHost(host))
    return 'the Host header must name this machine, like 127.0.0.1';
  if (!isLoopbackHost(socket.remoteAddress ?? '')) return 'only programs on this machine may use the API';
  if (headers.origin !== undefined) return 'requests of web pages (with an Origin header) are refused';
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined))
    return 'requests that a proxy passes on are refused';
  return undefined;
}

/** The host of a Host header, without its port; `undefined` where there is none, or nothing that is one. */
function hostOf(header: string | undefined): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(header ?? '')?.[1];
}
