import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { spansOf, type ReceivedSpan } from './otlp-message.ts';

export interface ReceivedExport {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How it answers: takes everything, refuses everything, or says nothing at all. */
export type ReceiverMood = 'takes' | 'refuses' | 'hangs';

/** What stands where a collector of OpenTelemetry would, with OTLP over HTTP. */
export class OtlpReceiver {
  readonly exports: ReceivedExport[] = [];
  mood: ReceiverMood;
  readonly #server: Server;
  readonly #watchers = new Set<() => void>();

  private constructor(server: Server, mood: ReceiverMood) {
    this.#server = server;
    this.mood = mood;
  }

  static async start(mood: ReceiverMood = 'takes'): Promise<OtlpReceiver> {
    const server = createServer((request, response) => {
      void buffer(request).then((sent) => {
        const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
        receiver.exports.push({ path: request.url ?? '', headers: request.headers, body });
        for (const watcher of receiver.#watchers) watcher();
        if (receiver.mood === 'hangs') return;
        response.writeHead(receiver.mood === 'takes' ? 200 : 400, {
          'content-type': 'application/x-protobuf',
        });
        response.end();
      });
    });
    const receiver = new OtlpReceiver(server, mood);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get spans(): readonly ReceivedSpan[] {
    return this.exports.flatMap(({ body }) => spansOf(body));
  }

  /** Resolves when the spans so far pass; the time-out of the test ends the wait. */
  async until(test: (spans: readonly ReceivedSpan[]) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!test(this.spans)) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
