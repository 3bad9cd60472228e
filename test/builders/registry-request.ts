import { Agent as HttpAgent, request as requestHttp, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

/** How to reach a registry: its URL, or more where it wants credentials or has a certificate of its own. */
export type RegistryEndpoint =
  | string
  | {
      readonly url: string;
      readonly authorization?: string | undefined;
      readonly certificate?: string | undefined;
    };

export interface WitnessRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Path with query, or a whole URL whose path and query are used. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface WitnessResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A registry's answer that the caller did not expect. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';
  readonly status: number;
  /** First error code of the JSON body, such as `MANIFEST_INVALID`; '' where there is none. */
  readonly code: string;

  constructor(request: WitnessRequest, response: WitnessResponse) {
    const text = response.body.toString('utf8');
    super(`${request.method} ${request.path}: ${response.status} ${text.slice(0, 500)}`);
    this.status = response.status;
    this.code = errorCodeOf(response.body);
  }
}

/** A test registry answers within milliseconds; a minute is one that hangs. */
const TIMEOUT_SECONDS = 60;

// Connections are kept, because a corpus is tens of thousands of requests; idle ones do not hold the process.
const agents = {
  http: new HttpAgent({ keepAlive: true, maxSockets: 64 }),
  https: new HttpsAgent({ keepAlive: true, maxSockets: 64 }),
};

/** Sends one request with plain Node, so that tests have a witness that shares no code with the product. */
export async function sendRequest(
  endpoint: RegistryEndpoint,
  request: WitnessRequest,
): Promise<WitnessResponse> {
  for (;;) {
    const result = await attempt(endpoint, request);
    if (result !== 'stale connection') return result;
  }
}

/** Sends a request and throws `UnexpectedAnswerError` unless the status is one of the given ones. */
export async function expectStatus(
  endpoint: RegistryEndpoint,
  request: WitnessRequest,
  ...statuses: readonly number[]
): Promise<WitnessResponse> {
  const response = await sendRequest(endpoint, request);
  if (statuses.includes(response.status)) return response;
  throw new UnexpectedAnswerError(request, response);
}

/** The first error code of a registry's JSON error body; '' where the body is something else. */
export function errorCodeOf(body: Buffer): string {
  return /"code"\s*:\s*"([A-Z_]+)"/.exec(body.toString('utf8'))?.[1] ?? '';
}

function attempt(
  endpoint: RegistryEndpoint,
  request: WitnessRequest,
): Promise<WitnessResponse | 'stale connection'> {
  const {
    url: base,
    authorization,
    certificate,
  } = typeof endpoint === 'string' ? { url: endpoint } : endpoint;
  const asked = new URL(request.path, base);
  const url = new URL(asked.pathname + asked.search, base);
  const isTls = url.protocol === 'https:';
  const options = {
    method: request.method,
    agent: isTls ? agents.https : agents.http,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(request.method === 'POST' || request.method === 'PUT'
        ? { 'content-length': String(request.body?.length ?? 0) }
        : {}),
      ...request.headers,
    },
    ...(certificate === undefined ? {} : { ca: certificate }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = isTls ? requestHttps(url, options) : requestHttp(url, options);
    outgoing.setTimeout(TIMEOUT_SECONDS * 1000, () =>
      outgoing.destroy(new Error(`${request.method} ${request.path}: no answer within ${TIMEOUT_SECONDS} s`)),
    );
    outgoing.once('error', (error: NodeJS.ErrnoException) => {
      // A kept connection that a restarted registry had closed says nothing about the request.
      const isStale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      if (isStale) resolve('stale connection');
      else reject(error);
    });
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    outgoing.end(request.body);
  });
}
