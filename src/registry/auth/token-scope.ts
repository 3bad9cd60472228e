import type { RepositoryName } from '../../oci/reference.ts';

/** What a request needs leave for; its token is kept under `key`. */
export interface TokenScope {
  readonly key: string;
  /** One entry per `scope` parameter, in the grammar of the token specification; empty for `/v2/` itself. */
  readonly scopes: readonly string[];
}

/** `GET /v2/`. */
export const PING_SCOPE: TokenScope = { key: 'ping', scopes: [] };

/** `GET /v2/_catalog`. */
export const CATALOG_SCOPE: TokenScope = { key: 'catalog', scopes: ['registry:catalog:*'] };

export function pullScope(repository: RepositoryName): TokenScope {
  return { key: `pull ${repository}`, scopes: [`repository:${repository}:pull`] };
}

export function pushScope(repository: RepositoryName): TokenScope {
  return { key: `push ${repository}`, scopes: [`repository:${repository}:pull,push`] };
}

export function mountScope(repository: RepositoryName, from: RepositoryName): TokenScope {
  return {
    key: `mount ${repository} ${from}`,
    scopes: [`repository:${repository}:pull,push`, `repository:${from}:pull`],
  };
}

/**
 * Asks for no `delete` by itself: Quay refuses a whole token that names it. A registry that wants it (distribution,
 * GitLab, Docker Hub) says so in the challenge of its 401, and that scope is then asked for.
 */
export function deleteScope(repository: RepositoryName): TokenScope {
  return { key: `delete ${repository}`, scopes: [`repository:${repository}:pull,push`] };
}
