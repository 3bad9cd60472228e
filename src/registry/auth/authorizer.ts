import { Secret } from '../../config/secret.ts';
import type { Clock } from '../../time/clock.ts';
import { plainText } from '../error-body.ts';
import { classifyHost } from '../../config/address-class.ts';
import type { HttpAgents } from '../transport/http-agents.ts';
import type { Answer } from '../transport/http-sender.ts';
import { parseRetryAfterSeconds } from '../transport/retry-after.ts';
import { DEFAULT_RETRY_LIMITS, decideRetry, type AttemptFailure } from '../transport/retry-policy.ts';
import { toTransportFailure } from '../transport/transport-failure.ts';
import type { Patience } from '../transport/watchdog.ts';
import { AuthorizationRefused } from './authorization-refused.ts';
import { chooseChallenge, parseChallenges } from './challenge.ts';
import type { Credential, CredentialSource } from './credential-source.ts';
import { judgeRealm } from './realm-policy.ts';
import { basicHeader, requestToken, type Token, type TokenEndpoint } from './token-client.ts';
import type { TokenScope } from './token-scope.ts';

export interface AuthorizerOptions {
  readonly registryOrigin: URL;
  /** Whether credentials may leave over plain http to a host that is not this one. */
  readonly plainHttp: 'loopback-only' | 'allowed';
  readonly credentials: CredentialSource;
  /** For token endpoints: trusts the registry's CA, carries no client certificate. */
  readonly agents: HttpAgents;
  readonly clock: Clock;
  readonly patience: Patience;
  /** Ends token requests: several callers wait for one, so none of them may. */
  readonly closing: AbortSignal;
}

interface HeldToken {
  readonly header: Secret;
  /** On the monotonic clock. */
  readonly refreshAtSeconds: number;
}

type Scheme =
  | { readonly kind: 'none-yet' }
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly endpoint: TokenEndpoint };

/** A token is renewed when this share of its life is gone, so that it does not expire on its way. */
const RENEW_AT_SHARE = 0.8;

/**
 * Holds the authorization for one registry: learns the scheme from its first challenge, keeps one token per scope, and
 * asks once however many requests wait for it. The credential goes to the registry's own origin and to the token endpoint
 * that was accepted first, and nowhere else.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #tokens = new Map<string, HeldToken>();
  readonly #pending = new Map<string, Promise<HeldToken>>();
  /** Scopes that challenges asked for instead of ours, by scope key. */
  readonly #challengedScopes = new Map<string, readonly string[]>();
  #scheme: Scheme = { kind: 'none-yet' };
  #basic: Secret | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /**
   * The Authorization header for a request, or `undefined` while the registry has asked for none.
   *
   * @throws {AuthorizationRefused}
   */
  async headerFor(scope: TokenScope): Promise<Secret | undefined> {
    switch (this.#scheme.kind) {
      case 'none-yet':
        return undefined;
      case 'basic':
        return this.#basic;
      case 'bearer':
        return (await this.#tokenFor(scope, this.#scheme.endpoint)).header;
    }
  }

  /**
   * Takes a 401 in. Returns when another try has a new header to send.
   *
   * @throws {AuthorizationRefused} when there is nothing better to send.
   */
  async challenged(
    challenge: string | undefined,
    scope: TokenScope,
    sent: Secret | undefined,
  ): Promise<void> {
    const chosen = chooseChallenge(parseChallenges(challenge));
    switch (chosen.kind) {
      case 'none':
        throw new AuthorizationRefused(
          'UNAUTHORIZED',
          'the registry answered 401 without a challenge that can be answered (Basic or Bearer)',
        );
      case 'basic':
        return this.#useBasic(sent);
      case 'bearer': {
        const credential = await this.#options.credentials();
        const endpoint = this.#acceptRealm(chosen.realm, chosen.service, credential);
        if (chosen.scope !== undefined) this.#challengedScopes.set(scope.key, [chosen.scope]);
        if (this.#tokens.get(scope.key)?.header === sent) this.#tokens.delete(scope.key);
        await this.#tokenFor(scope, endpoint);
      }
    }
  }

  async #useBasic(sent: Secret | undefined): Promise<void> {
    this.#refusePlainHttp();
    const credential = await this.#options.credentials();
    if (credential.kind !== 'password') {
      throw new AuthorizationRefused(
        'UNAUTHORIZED',
        'the registry wants a user name and a password, and none is configured',
      );
    }
    const header = basicHeader(credential);
    if (sent?.reveal() === header.reveal()) {
      throw new AuthorizationRefused('UNAUTHORIZED', 'the registry refused the user name and password');
    }
    this.#basic = header;
    this.#scheme = { kind: 'basic' };
  }

  /**
   * The first accepted realm stays: whoever can answer a 401 later must not redirect the credential. No pause in here: of
   * two first challenges that name different realms, one wins.
   */
  #acceptRealm(realm: string, service: string | undefined, credential: Credential): TokenEndpoint {
    const { registryOrigin, plainHttp } = this.#options;
    const hasNothingToLose = credential.kind === 'none';
    const judged = judgeRealm({ realm, registryOrigin, plainHttp: hasNothingToLose ? 'allowed' : plainHttp });
    if (judged.kind === 'refused') {
      throw new AuthorizationRefused(
        'UNAUTHORIZED',
        `the token endpoint that the registry names is not trusted: ${judged.message}`,
      );
    }
    if (this.#scheme.kind === 'bearer' && this.#scheme.endpoint.url.href !== judged.url.href) {
      throw new AuthorizationRefused(
        'UNAUTHORIZED',
        'the registry named another token endpoint than before; restart to accept it',
      );
    }
    const endpoint = { url: judged.url, service };
    this.#scheme = { kind: 'bearer', endpoint };
    return endpoint;
  }

  async #tokenFor(scope: TokenScope, endpoint: TokenEndpoint): Promise<HeldToken> {
    const held = this.#tokens.get(scope.key);
    if (held !== undefined && held.refreshAtSeconds > this.#options.clock.monotonicSeconds()) return held;
    const pending = this.#pending.get(scope.key) ?? this.#renew(scope, endpoint);
    this.#pending.set(scope.key, pending);
    return await pending;
  }

  async #renew(scope: TokenScope, endpoint: TokenEndpoint): Promise<HeldToken> {
    try {
      const scopes = this.#challengedScopes.get(scope.key) ?? scope.scopes;
      const token = await this.#fetchToken(endpoint, scopes);
      const held = {
        header: new Secret(`Bearer ${token.value.reveal()}`),
        refreshAtSeconds: this.#options.clock.monotonicSeconds() + token.lifeSeconds * RENEW_AT_SHARE,
      };
      this.#tokens.set(scope.key, held);
      return held;
    } finally {
      this.#pending.delete(scope.key);
    }
  }

  async #fetchToken(endpoint: TokenEndpoint, scopes: readonly string[]): Promise<Token> {
    const { clock, closing, credentials } = this.#options;
    const credential = await credentials();
    if (credential.kind !== 'none') this.#refusePlainHttp();
    if (credential.kind === 'registry-token') return { value: credential.token, lifeSeconds: 60 };
    const startedAt = clock.monotonicSeconds();
    for (let attempts = 1; ; attempts += 1) {
      const tried = await this.#tryToken(endpoint, scopes, credential);
      if (tried.kind === 'granted') return tried.token;
      const decision = decideRetry(
        {
          failure: tried.failure,
          repeatability: 'repeatable',
          attempts,
          elapsedSeconds: clock.monotonicSeconds() - startedAt,
          retryAfterSeconds: tried.retryAfterSeconds,
          random: Math.random(),
        },
        DEFAULT_RETRY_LIMITS,
      );
      if (decision.kind === 'give-up') throw tried.error;
      await clock.sleep(decision.delaySeconds, closing).catch(() => {
        throw tried.error;
      });
    }
  }

  async #tryToken(
    endpoint: TokenEndpoint,
    scopes: readonly string[],
    credential: Credential,
  ): Promise<{ kind: 'granted'; token: Token } | FailedTokenRequest> {
    const { agents, clock, closing, patience } = this.#options;
    try {
      const means = { credential, agents, patience, signal: closing };
      const result = await requestToken(endpoint, scopes, means);
      if (result.kind === 'granted') return result;
      if (result.kind === 'malformed') throw new AuthorizationRefused('MALFORMED_RESPONSE', result.message);
      const { status, headers } = result.answer;
      const retryAfter = headers.get('retry-after') ?? headers.get('x-retry-after');
      return {
        kind: 'failed',
        failure: { kind: 'status', status },
        retryAfterSeconds: parseRetryAfterSeconds(retryAfter, clock.now()),
        error: refusedToken(endpoint, result.answer),
      };
    } catch (error) {
      if (error instanceof AuthorizationRefused) throw error;
      const { code, message, networkCode } = toTransportFailure(error);
      return {
        kind: 'failed',
        failure: { kind: 'socket', code: networkCode },
        retryAfterSeconds: undefined,
        error: new AuthorizationRefused(
          code === 'TOO_LARGE' ? 'MALFORMED_RESPONSE' : code,
          `the token endpoint ${endpoint.url.origin}: ${message}`,
        ),
      };
    }
  }

  #refusePlainHttp(): void {
    const { registryOrigin, plainHttp } = this.#options;
    if (
      registryOrigin.protocol === 'https:' ||
      plainHttp === 'allowed' ||
      classifyHost(registryOrigin.hostname) === 'loopback'
    )
      return;
    throw new AuthorizationRefused(
      'UNAUTHORIZED',
      'credentials are not sent over plain http; use https, or set allowPlainHttp for this registry',
    );
  }
}

interface FailedTokenRequest {
  readonly kind: 'failed';
  readonly failure: AttemptFailure;
  readonly retryAfterSeconds: number | undefined;
  readonly error: AuthorizationRefused;
}

/** An endpoint that is out of order has refused nobody. */
function refusedToken(endpoint: TokenEndpoint, { status, body }: Answer): AuthorizationRefused {
  const words = plainText(Buffer.from(body).toString('utf8')).slice(0, 200);
  const message = `the token endpoint ${endpoint.url.origin} answered HTTP ${status} ${words}`.trim();
  if (status === 429) return new AuthorizationRefused('RATE_LIMITED', message);
  return new AuthorizationRefused(status >= 500 ? 'SERVER_ERROR' : 'UNAUTHORIZED', message);
}
