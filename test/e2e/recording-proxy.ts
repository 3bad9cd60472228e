import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { forgeryOf, type Forgery, type ForgeryRule } from './forgeries.ts';

export interface RecordedRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** 0 where no answer came about. */
  readonly status: number;
  /** Of the answer's body. */
  readonly bytes: number;
}

/**
 * A reverse proxy in front of a registry that writes down what was asked. It passes bodies on as they come, and the Host header
 * too, so that the registry's own Locations lead back to it.
 */
export class RecordingProxy {
  readonly url: string;
  readonly #server: ReturnType<typeof createServer>;
  readonly #log: RecordedRequest[];

  private constructor(server: ReturnType<typeof createServer>, log: RecordedRequest[]) {
    this.#server = server;
    this.#log = log;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(
    registry: { readonly url: string },
    ...rules: readonly ForgeryRule[]
  ): Promise<RecordingProxy> {
    const forge = forgeryOf(rules);
    const log: RecordedRequest[] = [];
    const server = createServer((incoming, outgoing) => {
      void answer({ incoming, outgoing, registry: registry.url, forge, log });
    });
    // A test that failed before it stopped its proxy must not keep the test run alive.
    server.unref().on('connection', (socket) => socket.unref());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RecordingProxy(server, log);
  }

  /** What was asked since the last call, in the order of the answers. */
  takeRequests(): RecordedRequest[] {
    return this.#log.splice(0);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

/** Requests that change something, or might. */
export function writesIn(requests: readonly RecordedRequest[]): RecordedRequest[] {
  return requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD');
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly registry: string;
  readonly forge: Forgery;
  readonly log: RecordedRequest[];
}

async function answer(exchange: Exchange): Promise<void> {
  const { incoming, outgoing, registry, forge, log } = exchange;
  const { method = '', url: path = '' } = incoming;
  const record = (status: number): { bytes: number } => {
    const recorded = { method, path, status, bytes: 0 };
    log.push(recorded);
    return recorded;
  };
  const forged = await forge({ method, path });
  if (forged === 'cut off') {
    record(0);
    incoming.destroy();
    return;
  }
  if (forged !== undefined) {
    incoming.resume();
    record(forged.status);
    outgoing.writeHead(forged.status, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify({ errors: [{ code: forged.code, message: 'forged for a test' }] }));
    return;
  }
  const { hostname, port } = new URL(registry);
  const passed = request({ hostname, port, method, path, headers: incoming.headers });
  passed.on('response', (response) => {
    const recorded = record(response.statusCode ?? 0);
    response.on('data', ({ length }: Buffer) => (recorded.bytes += length));
    outgoing.writeHead(response.statusCode ?? 0, response.headers);
    response.pipe(outgoing);
    response.on('error', () => outgoing.destroy());
  });
  passed.on('error', () => {
    record(0);
    outgoing.destroy();
  });
  // A client that goes away takes its request to the registry along.
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) passed.destroy();
  });
  incoming.pipe(passed);
}
