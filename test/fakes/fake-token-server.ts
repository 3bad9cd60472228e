import { randomUUID } from 'node:crypto';
import { covers, parseBasic, parseScopes, type TokenScope } from './fake-access.ts';
import { answer, type FakeAnswer } from './fake-answer.ts';

export interface FakeTokenServerOptions {
  readonly service?: string;
  /** User name → password. */
  readonly users?: Readonly<Record<string, string>>;
  /** What a request without a credential is granted. */
  readonly anonymous?: 'refused' | 'pull';
  /** Default 5 minutes. */
  readonly lifetimeMs?: number;
  /** `expires_in` of the answer; default the lifetime, null leaves it out, which means 60 s to a client. */
  readonly expiresInSeconds?: number | null;
  /** The clock that tokens age by; default the system's. */
  readonly now?: () => number;
  /** Name of the field that carries the token. */
  readonly field?: 'token' | 'access_token' | 'both';
  /**
   * The actions granted for one scope; default all that are asked. Fewer is the silent downgrade that the protocol
   * allows; `refuse` denies the whole token, as Quay does for an action it does not know.
   */
  readonly grant?: (scope: TokenScope, user: string | null) => readonly string[] | 'refuse';
}

interface IssuedToken {
  readonly user: string | null;
  readonly scopes: readonly TokenScope[];
  readonly expiresAtMs: number;
}

/** What a token request says, from the query or from the form. */
interface TokenRequest {
  readonly service: string;
  readonly scopes: readonly TokenScope[];
  readonly user: string | null;
  readonly isOffline: boolean;
}

export type TokenVerdict = 'valid' | 'invalid' | 'insufficient';

/**
 * The token service of the distribution token specification: GET with Basic, and POST of the OAuth 2 form with a
 * password or a refresh token. It knows nothing of HTTP servers; `FakeRegistry` mounts it.
 */
export class FakeTokenServer {
  readonly service: string;
  readonly #options: FakeTokenServerOptions;
  readonly #passwords: Map<string, string>;
  readonly #tokens = new Map<string, IssuedToken>();
  readonly #refreshTokens = new Map<string, string>();
  #lifetimeMs: number;

  constructor(options: FakeTokenServerOptions = {}) {
    this.#options = options;
    this.service = options.service ?? 'fake-registry';
    this.#passwords = new Map(Object.entries(options.users ?? {}));
    this.#lifetimeMs = options.lifetimeMs ?? 300_000;
  }

  /** For tokens issued from now on. */
  setLifetimeMs(lifetimeMs: number): void {
    this.#lifetimeMs = lifetimeMs;
  }

  setPassword(user: string, password: string): void {
    this.#passwords.set(user, password);
  }

  /** Every token and refresh token issued so far is worth nothing any more. */
  revokeAll(): void {
    this.#tokens.clear();
    this.#refreshTokens.clear();
  }

  /** Every token issued so far is past its time; refresh tokens stay. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  /** Scopes of every token issued and not expired by the calls above, oldest first. */
  issued(): readonly (readonly TokenScope[])[] {
    return [...this.#tokens.values()].map((token) => token.scopes);
  }

  /** The user of a token that is still valid; undefined where there is none. */
  userOf(token: string): string | null | undefined {
    const issued = this.#tokens.get(token);
    return issued === undefined || issued.expiresAtMs <= this.#now() ? undefined : issued.user;
  }

  check(token: string, needed: readonly TokenScope[]): TokenVerdict {
    const issued = this.#tokens.get(token);
    if (issued === undefined || issued.expiresAtMs <= this.#now()) return 'invalid';
    return covers(issued.scopes, needed) ? 'valid' : 'insufficient';
  }

  isPasswordOf(user: string, password: string): boolean {
    return this.#passwords.get(user) === password;
  }

  /** Answers GET …?service=…&scope=…, with or without a Basic credential. */
  answerGet(query: URLSearchParams, authorization: string | undefined): FakeAnswer {
    const basic = parseBasic(authorization);
    if (authorization !== undefined && !(basic !== null && this.isPasswordOf(basic.user, basic.password))) {
      return unauthorized();
    }
    return this.#issue({
      service: query.get('service') ?? '',
      scopes: query.getAll('scope').flatMap(parseScopes),
      user: basic?.user ?? null,
      isOffline: query.get('offline_token') === 'true',
    });
  }

  /** Answers the OAuth 2 form (distribution token specification, "oauth2"). */
  answerPost(form: URLSearchParams): FakeAnswer {
    const user = this.#userOfForm(form);
    if (user === undefined) return unauthorized();
    return this.#issue({
      service: form.get('service') ?? '',
      scopes: parseScopes(form.get('scope') ?? ''),
      user,
      isOffline: form.get('access_type') === 'offline',
    });
  }

  #userOfForm(form: URLSearchParams): string | undefined {
    if (form.get('grant_type') === 'refresh_token') {
      return this.#refreshTokens.get(form.get('refresh_token') ?? '');
    }
    const user = form.get('username') ?? '';
    return this.isPasswordOf(user, form.get('password') ?? '') ? user : undefined;
  }

  #issue(request: TokenRequest): FakeAnswer {
    if (request.service !== this.service) return refused(400, 'UNSUPPORTED');
    if (request.user === null && (this.#options.anonymous ?? 'refused') === 'refused') return unauthorized();
    const scopes = this.#granted(request);
    if (scopes === 'refuse') return refused(403, 'DENIED');
    const token = `token-${randomUUID()}`;
    this.#tokens.set(token, {
      user: request.user,
      scopes,
      expiresAtMs: this.#now() + this.#lifetimeMs,
    });
    return this.#tokenAnswer(token, request);
  }

  #granted({ scopes, user }: TokenRequest): readonly TokenScope[] | 'refuse' {
    const granted: TokenScope[] = [];
    for (const scope of scopes) {
      const anonymousActions = scope.actions.filter((action) => action === 'pull');
      const actions =
        this.#options.grant?.(scope, user) ?? (user === null ? anonymousActions : scope.actions);
      if (actions === 'refuse') return 'refuse';
      granted.push({ ...scope, actions });
    }
    return granted;
  }

  #tokenAnswer(token: string, request: TokenRequest): FakeAnswer {
    const { field = 'both', expiresInSeconds = Math.max(1, Math.floor(this.#lifetimeMs / 1000)) } =
      this.#options;
    const body = {
      ...(field === 'access_token' ? {} : { token }),
      ...(field === 'token' ? {} : { access_token: token }),
      ...(expiresInSeconds === null ? {} : { expires_in: expiresInSeconds }),
      issued_at: new Date(this.#now()).toISOString(),
      ...(request.isOffline && request.user !== null
        ? { refresh_token: this.#refreshToken(request.user) }
        : {}),
    };
    return answer(200, { 'Content-Type': 'application/json' }, JSON.stringify(body));
  }

  #refreshToken(user: string): string {
    const token = `refresh-${randomUUID()}`;
    this.#refreshTokens.set(token, user);
    return token;
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

function refused(status: number, code: string): FakeAnswer {
  const body = JSON.stringify({ errors: [{ code, message: 'no token for this request' }] });
  return answer(status, { 'Content-Type': 'application/json' }, body);
}

const unauthorized = (): FakeAnswer => refused(401, 'UNAUTHORIZED');
