import axios, { AxiosHeaders, type AxiosResponse } from 'axios';
import { Readable, Transform } from 'node:stream';
import { USER_AGENT } from '../../config/user-agent.ts';
import { sendHead } from './head-sender.ts';
import type { HttpAgents } from './http-agents.ts';
import { toTransportFailure, TransportFailure } from './transport-failure.ts';
import { Watchdog, type Patience } from './watchdog.ts';

/** One HTTP exchange: no retry, no redirect, no credentials of its own. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable | undefined;
  /** `stream` leaves the body of a 2xx answer to the caller, who must read it to its end or destroy it. */
  readonly answer: 'buffered' | 'stream';
  /** Most bytes of a body that is read into memory. */
  readonly limitBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly patience?: Patience | undefined;
  /** What the reader of a streamed body is to see when it breaks. */
  readonly nameFailure?: ((failure: TransportFailure) => Error) | undefined;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Empty when `stream` is set. */
  readonly body: Uint8Array;
  readonly stream?: Readable | undefined;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
}

/** Error bodies are for people: more is not read. */
const ERROR_BODY_BYTES = 64 * 1024;

/**
 * The adapter without the layers above it (merged defaults, interceptors, transformations), none of which is used here: they cost
 * twice what the adapter does, and a cycle in which nothing changed is nothing but small requests.
 */
const send = axios.getAdapter('http');

const SETTINGS = {
  // follow-redirects would buffer a whole upload and carry headers along: redirects are followed by policy, not here.
  maxRedirects: 0,
  maxBodyLength: Infinity,
  // -1, not Infinity: any limit wraps each body in a second stream (axios 1.21, lib/adapters/http.js). `readBody` has its own.
  maxContentLength: -1,
  // A layer with Content-Encoding gzip must keep its bytes.
  decompress: false,
  // Proxies of the environment are not trusted with credentials unless configured.
  proxy: false,
  responseType: 'stream',
  validateStatus: () => true,
} as const;

/**
 * Sends one request over the agents of its origin.
 *
 * @throws {TransportFailure}
 */
export async function sendHttp(request: HttpRequest, agents: HttpAgents): Promise<Answer> {
  const watchdog = new Watchdog(request.signal, request.patience);
  try {
    // axios (1.21) rejects where the signal has aborted before, and sends the request all the same.
    if (watchdog.failure !== undefined) throw watchdog.failure;
    const response = await respond(request, agents, watchdog);
    const answer = await readAnswer(request, response, watchdog);
    // A registry may answer before it has read all of an upload (401): the rest is not sent.
    if (request.body instanceof Readable && !request.body.readableEnded) request.body.destroy();
    return answer;
  } catch (error) {
    watchdog.stop();
    if (request.body instanceof Readable) request.body.destroy();
    throw watchdog.failure ?? toTransportFailure(error);
  }
}

/** The head of an answer, and its body as it comes. */
interface Response {
  readonly status: number;
  readonly headers: object;
  readonly data: Readable;
}

async function respond(request: HttpRequest, agents: HttpAgents, watchdog: Watchdog): Promise<Response> {
  const { url, method, body } = request;
  const headers = { 'Accept-Encoding': 'identity', 'User-Agent': USER_AGENT, ...request.headers };
  const { signal } = watchdog;
  if (method === 'HEAD') {
    const data = await sendHead({ url, headers, signal }, agents);
    return { status: data.statusCode ?? 0, headers: data.headers, data };
  }
  return (await send({
    ...SETTINGS,
    method,
    url: url.href,
    headers: new AxiosHeaders(headers),
    data: body instanceof Readable ? watched(body, watchdog, { position: 'on-its-way' }) : toBuffer(body),
    httpAgent: agents.http,
    httpsAgent: agents.https,
    signal,
  })) as AxiosResponse<Readable>;
}

function toBuffer(bytes: Uint8Array | undefined): Buffer | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function readAnswer(request: HttpRequest, response: Response, watchdog: Watchdog): Promise<Answer> {
  // From here on it is the answer that is waited for, whatever of the request is still on its way.
  watchdog.excuseWhile(() => false);
  watchdog.progressed(0);
  const { status } = response;
  const headers = readHeaders(response);
  const encoding = headers.get('content-encoding') ?? 'identity';
  const answer = { status, headers, url: request.url };
  const succeeded = status >= 200 && status < 300;
  if (request.answer === 'stream' && succeeded && request.method !== 'HEAD') {
    refuseEncoding(encoding, response.data);
    const stream = watched(response.data, watchdog, { position: 'last', nameFailure: request.nameFailure });
    return { ...answer, body: new Uint8Array(), stream };
  }
  const limit = succeeded ? request.limitBytes : ERROR_BODY_BYTES;
  const body = await readBody(response.data, limit, { watchdog, onOverflow: succeeded ? 'fail' : 'cut' });
  watchdog.stop();
  if (succeeded && body.length > 0) refuseEncoding(encoding, response.data);
  return { ...answer, body };
}

function readHeaders(response: Response): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(response.headers)) {
    if (typeof value === 'string') headers.set(name.toLowerCase(), value);
    else if (Array.isArray(value)) headers.set(name.toLowerCase(), value.join(', '));
  }
  return headers;
}

function refuseEncoding(encoding: string, stream: Readable): void {
  if (encoding.trim().toLowerCase() === 'identity') return;
  stream.destroy();
  throw new TransportFailure('MALFORMED_RESPONSE', 'the body is encoded although identity was asked for');
}

interface BodyReading {
  readonly watchdog: Watchdog;
  readonly onOverflow: 'fail' | 'cut';
}

function readBody(
  stream: Readable,
  limitBytes: number,
  { watchdog, onOverflow }: BodyReading,
): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    stream.on('data', (piece: Buffer) => {
      watchdog.progressed(piece.length);
      length += piece.length;
      pieces.push(piece);
      if (length <= limitBytes) return;
      if (onOverflow === 'cut') resolve(Buffer.concat(pieces));
      else reject(new TransportFailure('TOO_LARGE', `the body is larger than ${limitBytes} bytes`));
      stream.destroy();
    });
    stream.once('end', () => resolve(Buffer.concat(pieces)));
    stream.once('error', reject);
    stream.once('close', () => {
      if (!stream.readableEnded) reject(cutOff());
    });
  });
}

function cutOff(): TransportFailure {
  return new TransportFailure('NETWORK', 'the body was cut off', 'ERR_STREAM_PREMATURE_CLOSE');
}

interface Watching extends Pick<HttpRequest, 'nameFailure'> {
  readonly position: 'on-its-way' | 'last';
}

/**
 * Passes a body through, telling the watchdog of every piece; the watchdog ends a stream that has stopped. After the body
 * of an answer (`last`) nothing is left to watch; after that of a request (`on-its-way`) the answer is.
 */
function watched(
  stream: Readable,
  watchdog: Watchdog,
  { position, nameFailure = (failure) => failure }: Watching,
): Readable {
  let bytes = 0;
  const tap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      watchdog.progressed(chunk.length);
      bytes += chunk.length;
      done(null, chunk);
    },
    flush(done) {
      if (position === 'on-its-way') watchdog.sent(bytes);
      done();
    },
  });
  // What nobody has taken yet was sent by a side that is faster than the other one.
  watchdog.excuseWhile(
    position === 'last' ? () => tap.readableLength > 0 : () => tap.readableLength === 0 && !tap.writableEnded,
  );
  // axios ends the stream as well, and first: why it was ended only the watchdog knows.
  const fail = (failure: TransportFailure): void => {
    tap.destroy(nameFailure(watchdog.failure ?? failure));
  };
  const abort = (): void => fail(new TransportFailure('CANCELLED', 'cancelled'));
  watchdog.signal.addEventListener('abort', abort, { once: true });
  stream.once('error', (error) => fail(toTransportFailure(error)));
  // A socket that closes in mid-body ends an IncomingMessage without 'end' and, at times, without 'error'.
  stream.once('close', () => {
    if (!stream.readableEnded && !tap.destroyed) fail(cutOff());
  });
  // A reader that has not come yet must not end the process; whoever reads sees the error all the same.
  tap.on('error', () => undefined);
  tap.once('close', () => {
    watchdog.signal.removeEventListener('abort', abort);
    if (position === 'last') watchdog.stop();
    if (!stream.destroyed) stream.destroy();
  });
  return stream.pipe(tap);
}
