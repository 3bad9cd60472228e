import { Secret } from '../../config/secret.ts';

/** What `docker login` left for a registry. */
export type DockerCredential =
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  /** A refresh token: it is exchanged for an access token at the realm. */
  | { readonly kind: 'identity-token'; readonly token: Secret }
  /** An access token: it is sent to the registry as it is. */
  | { readonly kind: 'registry-token'; readonly token: Secret }
  | { readonly kind: 'none' };

/** The user name by which helpers say that the secret is an identity token. */
const TOKEN_USERNAME = '<token>';

/** Returns what a pair of user name and secret means; a pair of two empty strings is no credential. */
export function passwordCredential(username: string, secret: string): DockerCredential {
  if (username === '' && secret === '') return { kind: 'none' };
  if (username === TOKEN_USERNAME) return { kind: 'identity-token', token: new Secret(secret) };
  return { kind: 'password', username, password: new Secret(secret) };
}
