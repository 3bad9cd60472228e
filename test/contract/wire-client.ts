import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';

/** One request as it goes on the wire. `path` is sent as it stands: nothing is normalised or encoded. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** `chunked` sends the body without a Content-Length. */
  readonly framing?: 'length' | 'chunked';
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** False when the connection broke before the end of the body. */
  readonly complete: boolean;
}

/** The answer to one request, with as much of its body as arrived. Rejects when no answer arrived at all. */
export function sendWire(origin: string, wire: WireRequest, agent?: Agent): Promise<WireAnswer> {
  const { hostname, port } = new URL(origin);
  const headers: Record<string, string> = { ...wire.headers };
  if (wire.body !== undefined && wire.framing !== 'chunked')
    headers['Content-Length'] = String(wire.body.length);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { hostname, port, path: wire.path, method: wire.method, headers, agent: agent ?? false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => undefined);
        response.on('close', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
            complete: response.complete,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(wire.body);
  });
}

/** Path and query of the Location header; '' where there is none. */
export function locationPath(answer: WireAnswer): string {
  return (answer.headers.location ?? '').replace(/^https?:\/\/[^/]+/, '');
}
