import { z } from 'zod';
import { Secret } from '../../config/secret.ts';
import { sendHttp, type Answer } from '../transport/http-sender.ts';
import type { HttpAgents } from '../transport/http-agents.ts';
import type { Patience } from '../transport/watchdog.ts';
import { plainText } from '../error-body.ts';
import type { Credential } from './credential-source.ts';

const TokenAnswer = z
  .object({
    token: z.string().min(1).optional(),
    access_token: z.string().min(1).optional(),
    expires_in: z.number().optional(),
  })
  .refine((answer) => answer.token !== undefined || answer.access_token !== undefined);

/** Where tokens of a registry come from, as its challenge said and the realm policy allowed. */
export interface TokenEndpoint {
  readonly url: URL;
  readonly service: string | undefined;
}

export interface Token {
  readonly value: Secret;
  /** Seconds from now. */
  readonly lifeSeconds: number;
}

export type TokenResult =
  | { readonly kind: 'granted'; readonly token: Token }
  | { readonly kind: 'refused'; readonly answer: Answer }
  | { readonly kind: 'malformed'; readonly message: string };

/** What a token is asked for with. */
export interface TokenMeans {
  readonly credential: Credential;
  readonly agents: HttpAgents;
  readonly patience?: Patience | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A token without `expires_in` lives this long (distribution, token specification). */
const DEFAULT_LIFE_SECONDS = 60;

/** Tokens are small; a larger answer is none. */
const TOKEN_ANSWER_BYTES = 1024 * 1024;

/**
 * Asks a token endpoint once: GET with Basic for a password or nobody, POST with the refresh grant for an identity token.
 * Redirects are not followed: the credential was meant for this address.
 *
 * @throws {TransportFailure}
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export async function requestToken(
  endpoint: TokenEndpoint,
  scopes: readonly string[],
  { credential, agents, ...limits }: TokenMeans,
): Promise<TokenResult> {
  const request =
    credential.kind === 'identity-token'
      ? refreshGrant(endpoint, scopes, credential.token)
      : tokenGet(endpoint, scopes, credential);
  const answer = await sendHttp(
    { ...request, ...limits, answer: 'buffered', limitBytes: TOKEN_ANSWER_BYTES },
    agents,
  );
  if (answer.status !== 200) return { kind: 'refused', answer };
  return parseToken(answer.body);
}

function tokenGet(endpoint: TokenEndpoint, scopes: readonly string[], credential: Credential) {
  const url = new URL(endpoint.url);
  if (endpoint.service !== undefined) url.searchParams.set('service', endpoint.service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (credential.kind === 'password') headers.Authorization = basicHeader(credential).reveal();
  return { method: 'GET' as const, url, headers };
}

function refreshGrant(endpoint: TokenEndpoint, scopes: readonly string[], token: Secret) {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'geo-reconciler',
    refresh_token: token.reveal(),
  });
  if (endpoint.service !== undefined) form.set('service', endpoint.service);
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  return {
    method: 'POST' as const,
    url: endpoint.url,
    headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
  };
}

function parseToken(body: Uint8Array): TokenResult {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return {
      kind: 'malformed',
      message: `the token endpoint answered no JSON: ${plainText(Buffer.from(body).toString('utf8')).slice(0, 40)}`,
    };
  }
  const parsed = TokenAnswer.safeParse(json);
  if (!parsed.success)
    return { kind: 'malformed', message: 'the answer of the token endpoint holds no token' };
  const { token, access_token, expires_in } = parsed.data;
  const lifeSeconds = expires_in !== undefined && expires_in > 0 ? expires_in : DEFAULT_LIFE_SECONDS;
  return { kind: 'granted', token: { value: new Secret(token ?? access_token ?? ''), lifeSeconds } };
}

/** `Basic …` of RFC 7617, in UTF-8. */
export function basicHeader(credential: { readonly username: string; readonly password: Secret }): Secret {
  const pair = `${credential.username}:${credential.password.reveal()}`;
  return new Secret(`Basic ${Buffer.from(pair, 'utf8').toString('base64')}`);
}
