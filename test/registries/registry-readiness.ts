import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { NONCE_HEADER } from './registry-configuration.ts';

export interface ReadinessCheck {
  readonly url: string;
  readonly certificate: string | undefined;
  /** The header value to expect; undefined for a registry that cannot send one. */
  readonly nonce: string | undefined;
  readonly isRunning: () => boolean;
  readonly timeoutSeconds: number;
}

export type Readiness = 'ready' | 'exited' | 'timeout';

/** A first answer comes within 50 ms on an idle machine. */
const POLL_SECONDS = 0.025;

/** Waits until `GET /v2/` answers 200 or 401 and the answer comes from the registry that was started. */
export async function waitUntilReady(check: ReadinessCheck): Promise<Readiness> {
  const deadline = performance.now() + check.timeoutSeconds * 1000;
  while (performance.now() < deadline) {
    if (!check.isRunning()) return 'exited';
    if (await answers(check)) return check.isRunning() ? 'ready' : 'exited';
    await sleep(POLL_SECONDS * 1000);
  }
  return 'timeout';
}

function answers(check: ReadinessCheck): Promise<boolean> {
  const url = new URL('/v2/', check.url);
  const options = { agent: false, ...(check.certificate === undefined ? {} : { ca: check.certificate }) };
  return new Promise((resolve) => {
    const request = url.protocol === 'https:' ? requestHttps(url, options) : requestHttp(url, options);
    request.setTimeout(2_000, () => request.destroy());
    request.once('error', () => resolve(false));
    request.once('response', (response) => {
      response.resume();
      const isOurs =
        check.nonce === undefined || response.headers[NONCE_HEADER.toLowerCase()] === check.nonce;
      resolve(isOurs && (response.statusCode === 200 || response.statusCode === 401));
    });
    request.end();
  });
}

/** A port on loopback that was free a moment ago; another process may still take it. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string')
    throw new Error('a TCP server has an address and a port');
  return address.port;
}
