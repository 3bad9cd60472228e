import type { Request } from 'express';
import { isLoopbackHost } from '../../config/loopback.ts';
import { ApiError } from '../problem/api-error.ts';
import type { AttemptLimiter } from './attempt-limiter.ts';
import type { Caller } from './caller.ts';
import { credentialOf } from './credential-of.ts';
import type { TokenKeeper } from './token-keeper.ts';

/** What everybody is who can reach a service without tokens: whoever is on this machine. */
const LOOPBACK_CALLER: Caller = { name: 'loopback', role: 'approver' };

/** Says who sends a request. */
export class Authenticator {
  readonly #tokens: TokenKeeper;
  readonly #attempts: AttemptLimiter;

  constructor(tokens: TokenKeeper, attempts: AttemptLimiter) {
    this.#tokens = tokens;
    this.#attempts = attempts;
  }

  /**
   * Refuses what no caller may send, whoever it is: without a token, a page in a browser on this machine could otherwise reach the
   * service, under the name of a host that resolves to it (DNS rebinding) or from its own origin.
   *
   * @throws {ApiError} `FORBIDDEN`.
   */
  refuseForeignPages(request: Request): void {
    if (!this.#tokens.isEmpty) return;
    const host = hostOf(request);
    if (host === undefined || !isLoopbackHost(host))
      throw new ApiError(
        'FORBIDDEN',
        'no token is configured, so the Host header must name this machine: 127.0.0.1',
      );
    if (!isLoopbackHost(request.socket.remoteAddress ?? ''))
      throw new ApiError('FORBIDDEN', 'no token is configured, so only this machine may use the API');
    if (request.headers.origin !== undefined)
      throw new ApiError(
        'FORBIDDEN',
        'no token is configured, so requests of web pages (Origin header) are refused',
      );
  }

  /** @throws {ApiError} `UNAUTHENTICATED`, or `TOO_MANY_REQUESTS` for an address that tried too often. */
  callerOf(request: Request, realm: 'api' | 'browser'): Caller {
    if (this.#tokens.isEmpty) return LOOPBACK_CALLER;
    const address = request.socket.remoteAddress ?? '';
    const seconds = this.#attempts.secondsToWait(address);
    if (seconds > 0)
      throw new ApiError('TOO_MANY_REQUESTS', `too many wrong tokens: wait for ${seconds} seconds`, {
        headers: { 'Retry-After': String(seconds) },
      });
    const credential = credentialOf(request.headers.authorization, realm);
    const caller = credential === undefined ? undefined : this.#tokens.callerOf(credential);
    if (caller !== undefined) return caller;
    if (credential !== undefined) this.#attempts.failed(address);
    throw unauthenticated(credential === undefined ? 'no token' : 'a wrong token', realm);
  }
}

function unauthenticated(what: string, realm: 'api' | 'browser'): ApiError {
  const scheme =
    realm === 'browser' ? 'Basic realm="geo-reconciler", charset="UTF-8"' : 'Bearer realm="geo-reconciler"';
  return new ApiError('UNAUTHENTICATED', `the request has ${what}: send Authorization: Bearer TOKEN`, {
    headers: { 'WWW-Authenticate': scheme },
  });
}

/** The host of the Host header, without its port; `undefined` where there is none, or nothing that is one. */
function hostOf({ headers: { host } }: Request): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host ?? '')?.[1];
}
