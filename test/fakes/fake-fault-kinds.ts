import { type Fault } from './fake-fault.ts';
import {
  bitFlip,
  entityTooLarge,
  gzipped,
  htmlPage,
  jsonStatus,
  otherContent,
  oversize,
  plainMethodNotAllowed,
  plainNotFound,
  redirect,
  redirectLoop,
  tooManyRequests,
  unauthorized,
} from './fake-faults.ts';

/** Far above any cap on a list, so that a client which reads everything shows. */
const OVERSIZE_BYTES = 70 * 1024 * 1024;

/**
 * The fault kinds that a server can cause, by name, for matrices of fault × operation. What is missing of the forty
 * happens before a server is reached: DNS, a refused connection (`refuseConnections`), a bad certificate
 * (`makeTestCertificates`). `stale read` needs a state of its own and is not here either.
 */
export const faultKinds: ReadonlyMap<string, Fault> = new Map<string, Fault>([
  ['reset', { kind: 'reset' }],
  ['close', { kind: 'close' }],
  ['stall', { kind: 'stall' }],
  ['keep-alive race', { kind: 'reset-reused-connection' }],
  ['400', jsonStatus(400, 'UNKNOWN')],
  ['401 with a challenge', unauthorized('Basic realm="fault"')],
  ['401 without a challenge', unauthorized(null)],
  ['403', jsonStatus(403, 'DENIED')],
  ['404 JSON', jsonStatus(404, 'NAME_UNKNOWN')],
  ['404 plain', plainNotFound()],
  ['405 JSON', jsonStatus(405, 'UNSUPPORTED')],
  ['405 plain', plainMethodNotAllowed()],
  ['408', jsonStatus(408, 'UNKNOWN')],
  ['409', jsonStatus(409, 'CONFLICT')],
  ['413', entityTooLarge()],
  ['416', jsonStatus(416, 'RANGE_INVALID')],
  ['429 with seconds', tooManyRequests('1')],
  ['429 with an odd Retry-After', tooManyRequests('-1')],
  ['500', jsonStatus(500, 'UNKNOWN')],
  ['502 HTML', htmlPage(502)],
  ['503', jsonStatus(503, 'UNAVAILABLE')],
  ['504', htmlPage(504)],
  ['cut with a length', { kind: 'cut-body', framing: 'length', afterBytes: 5, end: 'close' }],
  ['cut without a length', { kind: 'cut-body', framing: 'close', afterBytes: 5, end: 'close' }],
  ['cut in chunks', { kind: 'cut-body', framing: 'chunked', afterBytes: 5, end: 'close' }],
  ['reset within the body', { kind: 'cut-body', framing: 'length', afterBytes: 5, end: 'reset' }],
  ['stall within the body', { kind: 'cut-body', framing: 'length', afterBytes: 5, end: 'stall' }],
  ['bit flip', bitFlip()],
  ['other content', otherContent('{"schemaVersion":2}')],
  ['HTML 200', htmlPage()],
  ['gzip', gzipped()],
  ['oversize', oversize(OVERSIZE_BYTES)],
  ['drip', { kind: 'drip', bytes: 1, everyMs: 1000 }],
  ['answer lost after it was applied', { kind: 'answer-lost' }],
  ['applied twice', { kind: 'applied-twice' }],
  ['redirect to another origin', redirect('http://127.0.0.1:9/elsewhere')],
  ['redirect loop', redirectLoop()],
]);
