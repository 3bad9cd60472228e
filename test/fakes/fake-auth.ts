import { parseBasic, scopesNeeded, scopeText, type TokenScope } from './fake-access.ts';
import { type FakeAnswer, withHeader } from './fake-answer.ts';
import { errorAnswer, sameDetail } from './fake-errors.ts';
import { type FakeExchange } from './fake-exchange.ts';
import { type FakeTokenServer } from './fake-token-server.ts';

/**
 * WWW-Authenticate of a 401: as it should be; not at all; behind a second scheme in one header; in a header of its
 * own behind another; or whatever the test makes of the right one.
 */
type ChallengeStyle =
  'right' | 'absent' | 'several-in-one' | 'several-headers' | ((right: string) => string | readonly string[]);

interface CommonAuth {
  readonly challenge?: ChallengeStyle;
  /** Repositories that this user (null: nobody) is not shown: absent from the catalog, and unknown by name. */
  readonly hides?: (repository: string, user: string | null) => boolean;
}

interface BasicAuth extends CommonAuth {
  readonly kind: 'basic';
  readonly users: Readonly<Record<string, string>>;
  /** `pull` lets requests without a credential read. */
  readonly anonymous?: 'refused' | 'pull';
}

interface BearerAuth extends CommonAuth {
  readonly kind: 'bearer';
  readonly tokens: FakeTokenServer;
  /** Where the token endpoint listens; default a port of its own. */
  readonly endpoint?: 'own-port' | 'same-origin';
  /** The realm of the challenge in place of the endpoint's URL, for example a hostile one. */
  readonly realm?: string;
  /** The action that DELETE needs: `delete` on distribution, `push` on Quay, `*` on others. */
  readonly deleteAction?: 'delete' | 'push' | '*';
  /** The scopes of the challenge in place of those that the request needs. */
  readonly challengedScopes?: (needed: readonly TokenScope[]) => readonly TokenScope[];
}

export type FakeAuth = { readonly kind: 'none' } | BasicAuth | BearerAuth;

/** The outcome of a look at a request's credential: a refusal, or the user it belongs to. */
export type Admission = { readonly refusal: FakeAnswer } | { readonly user: string | null };

/** Lets a request in or refuses it. `realm` is the token endpoint's URL. */
export function admit(exchange: FakeExchange, auth: FakeAuth, realm: string): Admission {
  switch (auth.kind) {
    case 'none':
      return { user: null };
    case 'basic':
      return admitBasic(exchange, auth);
    case 'bearer':
      return admitBearer(exchange, auth, auth.realm ?? realm);
  }
}

function admitBasic(exchange: FakeExchange, auth: BasicAuth): Admission {
  const header = exchange.headers.authorization;
  const isRead = exchange.method === 'GET' || exchange.method === 'HEAD';
  if (header === undefined && auth.anonymous === 'pull' && isRead && exchange.operation !== 'ping') {
    return { user: null };
  }
  const given = parseBasic(header);
  const isRight = given !== null && new Map(Object.entries(auth.users)).get(given.user) === given.password;
  if (isRight) return { user: given.user };
  return {
    refusal: challenged(exchange, auth.challenge, { right: 'Basic realm="fake-registry"', needed: [] }),
  };
}

function admitBearer(exchange: FakeExchange, auth: BearerAuth, realm: string): Admission {
  const needed = scopesNeeded(exchange, auth.deleteAction ?? 'delete');
  const token = /^Bearer (.+)$/i.exec(exchange.headers.authorization ?? '')?.[1];
  const verdict = token === undefined ? 'absent' : auth.tokens.check(token, needed);
  if (verdict === 'valid') return { user: auth.tokens.userOf(token ?? '') ?? null };
  const scopes = auth.challengedScopes?.(needed) ?? needed;
  const right = bearerChallenge({ realm, service: auth.tokens.service, scopes, verdict });
  return { refusal: challenged(exchange, auth.challenge, { right, needed }) };
}

/** The parameters in the order of distribution (registry/auth/token/accesscontroller.go, challengeParams). */
function bearerChallenge(parts: {
  readonly realm: string;
  readonly service: string;
  readonly scopes: readonly TokenScope[];
  readonly verdict: 'absent' | 'invalid' | 'insufficient';
}): string {
  const errors = {
    absent: [],
    invalid: ['error="invalid_token"'],
    insufficient: ['error="insufficient_scope"'],
  };
  return [
    `Bearer realm="${parts.realm}"`,
    `service="${parts.service}"`,
    ...(parts.scopes.length === 0 ? [] : [`scope="${parts.scopes.map(scopeText).join(' ')}"`]),
    ...errors[parts.verdict],
  ].join(',');
}

function challenged(
  exchange: FakeExchange,
  style: ChallengeStyle = 'right',
  { right, needed }: { right: string; needed: readonly TokenScope[] },
): FakeAnswer {
  const detail = needed.flatMap(({ type, name, actions }) =>
    actions.map((action) => ({ Type: type, Class: '', Name: name, Action: action })),
  );
  const refusal = errorAnswer(exchange.profile.errors, {
    code: 'UNAUTHORIZED',
    detail: sameDetail(detail.length === 0 ? null : detail),
  });
  const value = challengeValue(style, right);
  return value === null ? refusal : withHeader(refusal, 'WWW-Authenticate', value);
}

function challengeValue(style: ChallengeStyle, right: string): string | readonly string[] | null {
  if (typeof style === 'function') return style(right);
  switch (style) {
    case 'right':
      return right;
    case 'absent':
      return null;
    case 'several-in-one':
      return `Negotiate, Digest realm="a, \\"b\\"", nonce="x", ${right}`;
    case 'several-headers':
      return ['Negotiate', right];
  }
}
