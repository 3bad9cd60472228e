import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, type Socket } from 'node:net';
import { rememberSocket } from './fake-sockets.ts';

/** PEM texts. With `clientAuthority` only clients with a certificate of that authority get past the handshake. */
export interface FakeTls {
  readonly certificate: string;
  readonly key: string;
  readonly clientAuthority?: string;
}

export interface FakeHttpServerOptions {
  readonly tls?: FakeTls;
  /** How long an idle connection stays open; 5 s as Node does by default. */
  readonly keepAliveTimeoutMs?: number;
}

export type FakeHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Upper bound of what clients send in headers: long scopes and tokens, never more than this. */
const MAX_HEADER_BYTES = 64 * 1024;

/** One listening port on 127.0.0.1 that can be shut and opened again. */
export class FakeHttpServer {
  readonly origin: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #port: number;

  private constructor(server: Server, sockets: Set<Socket>, scheme: 'http' | 'https') {
    this.#server = server;
    this.#sockets = sockets;
    this.#port = (server.address() as AddressInfo).port;
    this.origin = `${scheme}://127.0.0.1:${this.#port}`;
  }

  static async start(handler: FakeHandler, options: FakeHttpServerOptions = {}): Promise<FakeHttpServer> {
    const listener: RequestListener = (request, response) => void handler(request, response);
    const server = serverFor(listener, options.tls);
    // A stalled request must stay until the test lets it go.
    server.requestTimeout = 0;
    server.keepAliveTimeout = options.keepAliveTimeoutMs ?? server.keepAliveTimeout;
    const sockets = new Set<Socket>();
    const track = (socket: Socket): void => {
      sockets.add(socket);
      rememberSocket(socket);
      socket.once('close', () => sockets.delete(socket));
      // A client that leaves is no event for the fake.
      socket.on('error', () => undefined);
    };
    server.on('connection', track);
    await listen(server, 0);
    return new FakeHttpServer(server, sockets, options.tls === undefined ? 'http' : 'https');
  }

  openConnections(): number {
    return this.#sockets.size;
  }

  /** Breaks every connection, and lets new ones be refused until `acceptConnections`. */
  async refuseConnections(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Listens again, on the same port. */
  async acceptConnections(): Promise<void> {
    if (!this.#server.listening) await listen(this.#server, this.#port);
  }

  async stop(): Promise<void> {
    await this.refuseConnections();
  }
}

function serverFor(listener: RequestListener, tls: FakeTls | undefined): Server {
  const options = { maxHeaderSize: MAX_HEADER_BYTES };
  if (tls === undefined) return createServer(options, listener);
  const client =
    tls.clientAuthority === undefined
      ? {}
      : { ca: tls.clientAuthority, requestCert: true, rejectUnauthorized: true };
  return createSecureServer({ ...options, cert: tls.certificate, key: tls.key, ...client }, listener);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
