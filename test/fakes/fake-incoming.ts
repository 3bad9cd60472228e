import { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type FakeServerRole } from './fake-history.ts';
import { type FakeOperation } from './fake-operation.ts';
import { matchRoute, type MatchedRoute, operationOf } from './fake-route-table.ts';

/** A request line and its headers, read once. */
export interface Incoming {
  readonly server: FakeServerRole;
  readonly method: string;
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Scheme and host under which the client believes to talk. */
  readonly origin: string;
  readonly matched: MatchedRoute | undefined;
  readonly operation: FakeOperation;
}

/** Path of the token endpoint, on whichever server it is. */
export const TOKEN_PATH = '/token';

export function readIncoming(request: IncomingMessage, server: FakeServerRole, scheme: string): Incoming {
  const target = request.url ?? '/';
  const [path = '', search] = target.split('?');
  const query = new URLSearchParams(search);
  const method = request.method ?? 'GET';
  const matched = server === 'registry' ? matchRoute(path) : undefined;
  const common = { method, target, path, query, headers: request.headers, matched };
  const origin = originOf(request.headers, scheme);
  if (path === TOKEN_PATH && server !== 'blob-origin') {
    return { ...common, server: 'token', origin, operation: method === 'POST' ? 'post-token' : 'get-token' };
  }
  if (server === 'blob-origin') return { ...common, server, origin, operation: 'get-redirected-blob' };
  return { ...common, server, origin, operation: operationOf(matched, method, query) };
}

/** What distribution builds its locations from: the Host header, or what a proxy says (registry/api/v2/urls.go). */
function originOf(headers: IncomingHttpHeaders, scheme: string): string {
  const first = (value: string | readonly string[] | undefined): string | undefined =>
    (typeof value === 'object' ? value[0] : value)?.split(',')[0]?.trim();
  const host = first(headers['x-forwarded-host']) ?? headers.host ?? '';
  return `${first(headers['x-forwarded-proto']) ?? scheme}://${host}`;
}
