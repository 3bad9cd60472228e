import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The header in which a request is named, by whoever sends it or else here. */
export const REQUEST_ID_HEADER = 'X-Request-Id';

/** What cannot break a line of the log, or be mistaken for more than a name. */
const SANE = /^[A-Za-z0-9][A-Za-z0-9._:@=+/-]{0,127}$/;

/** The sender's name of a request where it is sane, else a new one. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const sent = headers['x-request-id'];
  return typeof sent === 'string' && SANE.test(sent) ? sent : randomUUID();
}
