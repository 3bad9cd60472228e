import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { withLogFields } from '../../jobs/log-fields.ts';
import type { ServiceLog } from '../../jobs/service-log.ts';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.ts';

/** Asked every few seconds by machines that look at the status only. */
const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * Gives every request a name: its answer has it, and so has every line that is written for it. An answered request is a line at `debug`,
 * a refused one at `info`; never its query, its headers or a path that no route has, for people put tokens there.
 */
export function namedRequests(log: ServiceLog): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    const requestId = requestIdOf(request.headers);
    response.set(REQUEST_ID_HEADER, requestId);
    withLogFields({ requestId }, () => {
      response.once('close', () => withLogFields({ requestId }, () => tell(log, request, response)));
      next();
    });
  };
}

function tell(log: ServiceLog, request: Request, response: Response): void {
  const { method, socket } = request;
  const { statusCode: status } = response;
  const route = routeOf(request);
  if (PROBES.has(route) && status < 400) return;
  const fields = { method, route, status, address: socket.remoteAddress };
  if (status === 401 || status === 403) log.info(fields, 'a request was refused');
  else log.debug(fields, 'a request was answered');
}

/** The pattern of the route, not what was asked for. */
function routeOf({ route }: Request): string {
  const { path } = (route ?? {}) as { readonly path?: unknown };
  return typeof path === 'string' ? path : 'none';
}
