import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { freePort } from '../registries/registry-readiness.ts';

/** Something that listens and is no registry. */
export interface StubServer {
  readonly url: string;
  /** Requests so far. */
  count(): number;
  stop(): Promise<void>;
}

/** What a wrong address leads to: a web server that answers everything with 200 and a page. */
export async function startWebServer(): Promise<StubServer> {
  return await startStub((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end('<!doctype html><html><title>Welcome</title><body>It works</body></html>');
  });
}

/** A listener that answers nothing useful and counts who calls. */
export async function startStub(answer: RequestListener): Promise<StubServer> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    answer(request, response);
  });
  server.unref().on('connection', (socket) => socket.unref());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, count: () => requests, stop: () => stopServer(server) };
}

/** An address at which nobody listens. */
export async function unusedAddress(): Promise<{ readonly url: string; readonly host: string }> {
  const host = `127.0.0.1:${await freePort()}`;
  return { url: `http://${host}`, host };
}

async function stopServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
