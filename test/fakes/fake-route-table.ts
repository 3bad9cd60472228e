import { isDigest } from './fake-digest.ts';
import { type FakeOperation } from './fake-operation.ts';

export type FakeRouteName =
  'base' | 'catalog' | 'tags' | 'manifest' | 'uploads' | 'upload' | 'blob' | 'referrers';

export interface MatchedRoute {
  readonly route: FakeRouteName;
  readonly repository: string;
  readonly reference: string;
}

// The expressions of distribution (reference/regexp.go, go-digest's DigestRegexp, registry/api/v2/descriptors.go).
const repositoryName = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const routes: readonly (readonly [FakeRouteName, RegExp])[] = [
  ['base', /^\/v2\/$/],
  ['catalog', /^\/v2\/_catalog$/],
  ['tags', /^\/v2\/(.+)\/tags\/list$/],
  ['manifest', /^\/v2\/(.+)\/manifests\/(\w[\w.-]{0,127}|[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+)$/],
  ['referrers', /^\/v2\/(.+)\/referrers\/([a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+)$/],
  ['blob', /^\/v2\/(.+)\/blobs\/([a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+)$/],
  ['uploads', /^\/v2\/(.+)\/blobs\/uploads\/$/],
  ['upload', /^\/v2\/(.+)\/blobs\/uploads\/([a-zA-Z0-9-_.=]+)$/],
];

/** The route of a path, or undefined where a registry shows its 404 page. */
export function matchRoute(path: string): MatchedRoute | undefined {
  for (const [route, expression] of routes) {
    const found = expression.exec(path);
    if (found === null) continue;
    const [, repository = '', reference = ''] = found;
    if (repository === '' || repositoryName.test(repository)) return { route, repository, reference };
  }
  return undefined;
}

/** The path without empty and dot segments, to which the router of distribution redirects. */
export function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`;
}

const referrersTag = /^sha(256-[0-9a-f]{64}|512-[0-9a-f]{128})$/;

const byMethod: Readonly<Record<Exclude<FakeRouteName, 'manifest'>, ReadonlyMap<string, FakeOperation>>> = {
  base: new Map([
    ['GET', 'ping'],
    ['HEAD', 'ping'],
  ]),
  catalog: new Map([['GET', 'list-catalog']]),
  tags: new Map([['GET', 'list-tags']]),
  uploads: new Map([['POST', 'open-upload']]),
  upload: new Map([
    ['GET', 'get-upload'],
    ['HEAD', 'get-upload'],
    ['PATCH', 'patch-upload'],
    ['PUT', 'commit-upload'],
    ['DELETE', 'cancel-upload'],
  ]),
  blob: new Map([
    ['GET', 'get-blob'],
    ['HEAD', 'head-blob'],
    ['DELETE', 'delete-blob'],
  ]),
  referrers: new Map([['GET', 'list-referrers']]),
};

const manifestOperations: ReadonlyMap<string, readonly [FakeOperation, FakeOperation]> = new Map([
  ['HEAD', ['head-tag', 'head-manifest']],
  ['GET', ['get-tag', 'get-manifest']],
  ['PUT', ['put-tag', 'put-manifest']],
  ['DELETE', ['delete-tag', 'delete-manifest']],
]);

/** Query parameters that a page's Link adds. */
const pageParameters = ['last', 'next_page', 'page'];

const nextPages: ReadonlyMap<FakeOperation, FakeOperation> = new Map([
  ['list-catalog', 'list-catalog-next'],
  ['list-tags', 'list-tags-next'],
  ['list-referrers', 'list-referrers-next'],
]);

/** The operation's name for a request to a matched route. */
export function operationOf(
  matched: MatchedRoute | undefined,
  method: string,
  query: URLSearchParams,
): FakeOperation {
  if (matched === undefined) return 'unknown';
  if (matched.route === 'manifest') return manifestOperation(matched.reference, method);
  const operation = byMethod[matched.route].get(method) ?? 'unknown';
  if (operation === 'open-upload' && query.has('mount')) return 'mount-blob';
  const isNextPage = pageParameters.some((parameter) => query.has(parameter));
  return isNextPage ? (nextPages.get(operation) ?? operation) : operation;
}

function manifestOperation(reference: string, method: string): FakeOperation {
  if ((method === 'GET' || method === 'HEAD') && referrersTag.test(reference)) return 'read-referrers-tag';
  const [byTag, byDigest] = manifestOperations.get(method) ?? (['unknown', 'unknown'] as const);
  return isDigest(reference) ? byDigest : byTag;
}
