import { answer } from '../../fakes/fake-answer.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import {
  bitFlip,
  foreignLink,
  gzipped,
  htmlPage,
  jsonStatus,
  linkLoop,
  otherContent,
  plainMethodNotAllowed,
  plainNotFound,
  redirect,
  redirectLoop,
  tooManyRequests,
  truncatedList,
  unauthorized,
  withoutHeader,
  withTags,
} from '../../fakes/fake-faults.ts';
import { APP } from './trap-world.ts';

/** An answer of 200 with this JSON. */
function said(body: unknown): Fault {
  const headers = { 'Content-Type': 'application/json' };
  return { kind: 'answer', answer: answer(200, headers, JSON.stringify(body)) };
}

function cut(framing: 'length' | 'close' | 'chunked', afterBytes: number): Fault {
  return { kind: 'cut-body', framing, afterBytes, end: 'close' };
}

/** Ways in which a registry does not answer a question, with what the client calls the failure. */
export const FAILURES: ReadonlyMap<string, Fault> = new Map<string, Fault>([
  ['401 with a challenge', unauthorized('Basic realm="trap"')],
  ['401 without a challenge', unauthorized(null)],
  ['403', jsonStatus(403, 'DENIED')],
  ['404 of a router', plainNotFound()],
  ['404 in HTML', htmlPage(404)],
  ['404 without a body', { kind: 'answer', answer: answer(404) }],
  ['404 with an error that nobody knows', jsonStatus(404, 'WHATEVER')],
  ['404 with DENIED', jsonStatus(404, 'DENIED')],
  ['405', jsonStatus(405, 'UNSUPPORTED')],
  ['405 of a registry in maintenance', plainMethodNotAllowed()],
  ['409', jsonStatus(409, 'CONFLICT')],
  ['410', jsonStatus(410, 'MANIFEST_UNKNOWN')],
  ['400 with MANIFEST_UNKNOWN', jsonStatus(400, 'MANIFEST_UNKNOWN')],
  ['429', tooManyRequests('1')],
  ['500', jsonStatus(500, 'UNKNOWN')],
  ['500 with MANIFEST_UNKNOWN', jsonStatus(500, 'MANIFEST_UNKNOWN')],
  ['502 in HTML', htmlPage(502)],
  ['503', jsonStatus(503, 'UNAVAILABLE')],
  ['504', htmlPage(504)],
  ['a redirect to another origin', redirect('http://127.0.0.1:9/elsewhere')],
  ['a redirect to itself', redirectLoop()],
  ['a reset connection', { kind: 'reset' }],
  ['a closed connection', { kind: 'close' }],
]);

/** What a list of tags may say instead of the truth. */
export const LIST_LIES: ReadonlyMap<string, Fault> = new Map<string, Fault>([
  ...FAILURES,
  ['404 with NAME_UNKNOWN', jsonStatus(404, 'NAME_UNKNOWN')],
  ['404 with MANIFEST_UNKNOWN', jsonStatus(404, 'MANIFEST_UNKNOWN')],
  ['404 with NAME_UNKNOWN, as zot answers any error of its storage', jsonStatus(404, 'NAME_UNKNOWN', { Server: 'zot' })],
  ['an empty list', said({ name: APP, tags: [] })],
  ['null for a list', said({ name: APP, tags: null })],
  ['no list', said({ name: APP })],
  ['a text for a list', said({ name: APP, tags: 'v1' })],
  ['an object for a list', said({ name: APP, tags: { 0: 'v1' } })],
  ['an empty object', said({})],
  ['null', said(null)],
  ['the list of another repository', said({ name: 'team/base', tags: ['canary'] })],
  ['a list without a name', said({ tags: ['v1', 'v2'] })],
  ['a short list', said({ name: APP, tags: ['v1', 'v2'] })],
  ['a list of one tag', said({ name: APP, tags: ['v1'] })],
  ['its first page as if it were all', truncatedList(1)],
  ['its first page without a link to the next', withoutHeader('Link')],
  ['a login page with 200', htmlPage()],
  ['the right JSON as text/html', { kind: 'answer', answer: answer(200, { 'Content-Type': 'text/html' }, JSON.stringify({ name: APP, tags: ['v1'] })) }],
  ['nothing with 200', { kind: 'answer', answer: answer(200, { 'Content-Type': 'application/json' }) }],
  ['no content', { kind: 'answer', answer: answer(204) }],
  ['a list cut after the first byte', cut('length', 1)],
  ['a list cut within the name', cut('length', 14)],
  ['a list cut within the first tag', cut('length', 30)],
  ['a list cut before its last byte', otherContent('{"name":"team/app","tags":["v1"]')],
  ['a list cut without a length', cut('close', 20)],
  ['a list cut in chunks', cut('chunked', 20)],
  ['a list with a wrong bit', bitFlip(3)],
  ['a compressed list', gzipped()],
  ['a link to itself', linkLoop()],
  ['a link to another origin', foreignLink('http://127.0.0.1:9')],
  ['null among the tags', withTags(null)],
  ['a digest among the tags', withTags(`sha256:${'0'.repeat(64)}`)],
  ['a number among the tags', withTags(7)],
]);

/** What a lookup of a tag that does not exist may say instead of MANIFEST_UNKNOWN. */
export const LOOKUP_LIES: ReadonlyMap<string, Fault> = new Map<string, Fault>([
  ...FAILURES,
  ['404 with NAME_UNKNOWN', jsonStatus(404, 'NAME_UNKNOWN')],
  ['404 with MANIFEST_UNKNOWN whose message speaks of the Accept header', { kind: 'answer', answer: answer(404, { 'Content-Type': 'application/json' }, JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'OCI index found, but accept header does not support OCI indexes' }] })) }],
  ['404 with MANIFEST_UNKNOWN as text/html', { kind: 'answer', answer: answer(404, { 'Content-Type': 'text/html' }, JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN' }] })) }],
  ['404 with a list of no errors', { kind: 'answer', answer: answer(404, { 'Content-Type': 'application/json' }, '{"errors":[]}') }],
  ['404 with half of MANIFEST_UNKNOWN', { kind: 'answer', answer: answer(404, { 'Content-Type': 'application/json' }, '{"errors":[{"code":"MANIFEST_UNK') }],
  ['404 with two errors, of which one is DENIED', { kind: 'answer', answer: answer(404, { 'Content-Type': 'application/json' }, JSON.stringify({ errors: [{ code: 'DENIED' }, { code: 'MANIFEST_UNKNOWN' }] })) }],
  ['a login page with 200', htmlPage()],
  ['nothing with 200', { kind: 'answer', answer: answer(200, { 'Content-Type': 'application/json' }) }],
  ['no content', { kind: 'answer', answer: answer(204) }],
  ['an image after all', { kind: 'answer', answer: answer(200, { 'Content-Type': 'application/vnd.oci.image.manifest.v1+json', 'Docker-Content-Digest': `sha256:${'1'.repeat(64)}` }) }],
]);
