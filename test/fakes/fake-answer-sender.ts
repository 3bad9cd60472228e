import { type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { bytesOf } from './fake-content.ts';
import { type FakeAnswer, headerOf } from './fake-answer.ts';
import { type CutBodyFault, type DripFault } from './fake-fault.ts';
import { resetConnection } from './fake-sockets.ts';

/** Below this, Go's server knows the length of a body before it sends the headers, and says it (net/http, bufferBeforeChunkingSize). */
const GO_BUFFER_BYTES = 2048;

/** Sends an answer to its end. The body of HEAD is left away, its length is not. */
export async function sendAnswer(response: ServerResponse, answer: FakeAnswer): Promise<void> {
  writeHead(response, answer, hasLength(answer) ? 'given' : 'computed');
  if (isBodiless(response, answer)) {
    response.end();
    return;
  }
  const until = answer.cutAfterBytes ?? answer.body.sizeBytes;
  for (const chunk of answer.body.read(0, until)) await write(response, chunk);
  if (answer.cutAfterBytes === undefined) response.end();
  else finishBroken(response, 'close');
}

/** Sends the headers of the whole answer and a part of its body. */
export async function sendCut(
  response: ServerResponse,
  answer: FakeAnswer,
  cut: CutBodyFault,
): Promise<void> {
  const bytes = bytesOf(answer.body).subarray(0, cut.afterBytes);
  switch (cut.framing) {
    case 'length':
      writeHead(response, answer, 'computed-always');
      break;
    case 'close':
      // Node closes the connection itself where there is neither a length nor chunks.
      response.useChunkedEncodingByDefault = false;
      response.shouldKeepAlive = false;
      writeHead(response, answer, 'none');
      break;
    case 'chunked':
      writeHead(response, answer, 'none');
      break;
  }
  await write(response, bytes);
  if (cut.framing === 'close' && cut.end === 'close') response.end();
  else finishBroken(response, cut.end);
}

/** Sends the body a few bytes at a time, until it is done or the client leaves. */
export async function sendDrip(response: ServerResponse, answer: FakeAnswer, drip: DripFault): Promise<void> {
  writeHead(response, answer, 'computed-always');
  const bytes = bytesOf(answer.body);
  for (let at = 0; at < bytes.length && !response.destroyed; at += drip.bytes) {
    await write(response, bytes.subarray(at, at + drip.bytes));
    await wait(drip.everyMs, undefined, { ref: false });
  }
  response.end();
}

const hasLength = (answer: FakeAnswer): boolean => headerOf(answer, 'Content-Length') !== undefined;

function isBodiless(response: ServerResponse, answer: FakeAnswer): boolean {
  return response.req.method === 'HEAD' || answer.status === 204 || answer.status === 304;
}

/** Where Content-Length comes from; `computed` leaves a long body to chunks. */
type LengthHeader = 'given' | 'computed' | 'computed-always' | 'none';

function writeHead(response: ServerResponse, answer: FakeAnswer, length: LengthHeader): void {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) {
    if (length === 'none' && name.toLowerCase() === 'content-length') continue;
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
  if (isLengthComputed(response, answer, length)) {
    response.setHeader('Content-Length', String(answer.body.sizeBytes));
  }
  response.flushHeaders();
}

function isLengthComputed(response: ServerResponse, answer: FakeAnswer, length: LengthHeader): boolean {
  if (hasLength(answer) || answer.status === 204 || answer.status === 304) return false;
  const isShort = answer.body.sizeBytes <= GO_BUFFER_BYTES || response.req.method === 'HEAD';
  return length === 'computed-always' || (length === 'computed' && isShort);
}

/** Writes and waits until there is room for more, or nobody left to read it. */
async function write(response: ServerResponse, chunk: Buffer): Promise<void> {
  if (response.destroyed || response.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

/** Ends the connection in the middle of a body, after what was written has left. */
function finishBroken(response: ServerResponse, end: CutBodyFault['end']): void {
  const { socket } = response;
  if (socket === null || end === 'stall') return;
  if (end === 'reset') resetConnection(socket);
  else socket.end();
}
