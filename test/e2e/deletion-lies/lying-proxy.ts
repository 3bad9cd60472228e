import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes back to the client. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Bytes of the body after which the connection ends; default: all of it arrives. */
  readonly cutAfter?: number;
}

/** One request on its way. */
export interface Exchange {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** Sends it on, to the registry behind the proxy unless another path or registry is given. */
  ask(instead?: { readonly url?: string; readonly path?: string; readonly method?: string }): Promise<Answer>;
}

/** What the proxy makes of a request; `silence` ends the connection without a word. */
export type Liar = (exchange: Exchange) => Promise<Answer | 'silence'>;

/** A proxy in front of a real registry that says what it likes; bodies are small here and wait in memory. */
export class LyingProxy {
  readonly url: string;
  /** Requests that were to delete something, as `DELETE /path`, whatever became of them. */
  readonly deletes: string[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(registry: { readonly url: string }, liar: Liar): Promise<LyingProxy> {
    const server = createServer();
    server.unref().on('connection', (socket) => socket.unref());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new LyingProxy(server);
    server.on('request', (incoming: IncomingMessage, outgoing) => {
      const { method = '', url: path = '' } = incoming;
      if (method === 'DELETE') proxy.deletes.push(path);
      void readAll(incoming).then(async (body) => {
        const ask: Exchange['ask'] = (instead = {}) =>
          pass(
            { method, path, url: registry.url, ...instead },
            { ...incoming.headers, host: new URL(proxy.url).host },
            body,
          );
        const answer = await liar({ method, path, ask });
        if (answer === 'silence') return void incoming.socket.destroy();
        outgoing.writeHead(answer.status, answer.headers);
        if (answer.cutAfter === undefined) outgoing.end(answer.body);
        else outgoing.write(answer.body.subarray(0, answer.cutAfter), () => outgoing.destroy());
      });
    });
    return proxy;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function pass(
  { method, path, url }: { readonly method: string; readonly path: string; readonly url: string },
  headers: IncomingHttpHeaders,
  body: Buffer,
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return await new Promise((resolve, reject) => {
    const passed = request({ hostname, port, method, path, headers }, (response) => {
      readAll(response)
        .then((bytes) => {
          const { 'transfer-encoding': _framing, ...rest } = response.headers;
          resolve({ status: response.statusCode ?? 0, headers: rest, body: bytes });
        })
        .catch(reject);
    });
    passed.on('error', reject);
    passed.end(body);
  });
}
