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

/** An answer with these errors, as a registry writes them. */
function errors(status: number, ...codes: readonly string[]): Fault {
  const body = JSON.stringify({ errors: codes.map((code) => ({ code, message: 'trap' })) });
  return { kind: 'answer', answer: answer(status, { 'Content-Type': 'application/json' }, body) };
}

function cut(framing: 'length' | 'close' | 'chunked', afterBytes: number): Fault {
  return { kind: 'cut-body', framing, afterBytes, end: 'close' };
}

/** A lie, and what a cycle says of the list that it was the answer for. */
type Lie = readonly [lie: string, fault: Fault, says: string];

/** Ways in which a registry does not answer a question. */
const FAILURES: readonly Lie[] = [
  ['401 with a challenge', unauthorized('Basic realm="trap"'), 'unread UNAUTHORIZED'],
  ['401 without a challenge', unauthorized(null), 'unread UNAUTHORIZED'],
  ['403', jsonStatus(403, 'DENIED'), 'unread FORBIDDEN'],
  ['404 of a router', plainNotFound(), 'unread NOT_FOUND'],
  ['404 in HTML', htmlPage(404), 'unread NOT_FOUND'],
  ['404 without a body', { kind: 'answer', answer: answer(404) }, 'unread NOT_FOUND'],
  ['404 with an error that nobody knows', jsonStatus(404, 'WHATEVER'), 'unread NOT_FOUND'],
  ['404 with DENIED', jsonStatus(404, 'DENIED'), 'unread NOT_FOUND'],
  ['404 with NAME_UNKNOWN beside DENIED', errors(404, 'NAME_UNKNOWN', 'DENIED'), 'unread NOT_FOUND'],
  ['404 with MANIFEST_UNKNOWN beside DENIED', errors(404, 'DENIED', 'MANIFEST_UNKNOWN'), 'unread NOT_FOUND'],
  [
    '404 with MANIFEST_UNKNOWN beside NAME_UNKNOWN',
    errors(404, 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN'),
    'unread NOT_FOUND',
  ],
  ['404 with a list of no errors', errors(404), 'unread NOT_FOUND'],
  ['405', jsonStatus(405, 'UNSUPPORTED'), 'unread MALFORMED_RESPONSE'],
  ['405 of a registry in maintenance', plainMethodNotAllowed(), 'unread MALFORMED_RESPONSE'],
  ['409', jsonStatus(409, 'CONFLICT'), 'unread MALFORMED_RESPONSE'],
  ['410 with MANIFEST_UNKNOWN', jsonStatus(410, 'MANIFEST_UNKNOWN'), 'unread MALFORMED_RESPONSE'],
  ['400 with MANIFEST_UNKNOWN', jsonStatus(400, 'MANIFEST_UNKNOWN'), 'unread MALFORMED_RESPONSE'],
  ['429', tooManyRequests('1'), 'unread RATE_LIMITED'],
  ['500', jsonStatus(500, 'UNKNOWN'), 'unread SERVER_ERROR'],
  ['500 with MANIFEST_UNKNOWN', jsonStatus(500, 'MANIFEST_UNKNOWN'), 'unread SERVER_ERROR'],
  ['502 in HTML', htmlPage(502), 'unread SERVER_ERROR'],
  ['503', jsonStatus(503, 'UNAVAILABLE'), 'unread SERVER_ERROR'],
  ['504', htmlPage(504), 'unread SERVER_ERROR'],
  ['a redirect to another origin', redirect('http://127.0.0.1:9/elsewhere'), 'unread NETWORK'],
  ['a redirect to itself', redirectLoop(), 'unread MALFORMED_RESPONSE'],
  ['a reset connection', { kind: 'reset' }, 'unread NETWORK'],
  ['a closed connection', { kind: 'close' }, 'unread NETWORK'],
];

/** What a list of tags may say instead of the truth, that the orphan is there and alive. */
export const LIST_LIES: readonly Lie[] = [
  ...FAILURES,
  ['404 with NAME_UNKNOWN', jsonStatus(404, 'NAME_UNKNOWN'), 'held PRIMARY_EMPTY'],
  ['404 with MANIFEST_UNKNOWN', jsonStatus(404, 'MANIFEST_UNKNOWN'), 'unread NOT_FOUND'],
  [
    '404 with NAME_UNKNOWN, as zot answers any error of its storage',
    jsonStatus(404, 'NAME_UNKNOWN', { Server: 'zot' }),
    'held PRIMARY_EMPTY',
  ],
  ['an empty list', said({ name: APP, tags: [] }), 'held PRIMARY_EMPTY'],
  ['null for a list', said({ name: APP, tags: null }), 'held PRIMARY_EMPTY'],
  ['no list', said({ name: APP }), 'unread MALFORMED_RESPONSE'],
  ['a text for a list', said({ name: APP, tags: 'v1' }), 'unread MALFORMED_RESPONSE'],
  ['an object for a list', said({ name: APP, tags: { 0: 'v1' } }), 'unread MALFORMED_RESPONSE'],
  ['an empty object', said({}), 'unread MALFORMED_RESPONSE'],
  ['null', said(null), 'unread MALFORMED_RESPONSE'],
  [
    'the list of another repository',
    said({ name: 'team/base', tags: ['canary'] }),
    'unread MALFORMED_RESPONSE',
  ],
  ['a list without a name', said({ tags: ['v1', 'v2'] }), 'unread MALFORMED_RESPONSE'],
  ['a short list', said({ name: APP, tags: ['v1', 'v2'] }), 'held PRIMARY_STILL_HAS_TAG'],
  ['a list of one tag', said({ name: APP, tags: ['v1'] }), 'held PRIMARY_STILL_HAS_TAG'],
  ['its first page as if it were all', truncatedList(1), 'no orphan'],
  ['its first page without a link to the next', withoutHeader('Link'), 'no orphan'],
  ['a login page with 200', htmlPage(), 'unread MALFORMED_RESPONSE'],
  [
    'the right JSON as text/html',
    {
      kind: 'answer',
      answer: answer(200, { 'Content-Type': 'text/html' }, JSON.stringify({ name: APP, tags: ['v1'] })),
    },
    'unread MALFORMED_RESPONSE',
  ],
  [
    'nothing with 200',
    { kind: 'answer', answer: answer(200, { 'Content-Type': 'application/json' }) },
    'unread MALFORMED_RESPONSE',
  ],
  ['no content', { kind: 'answer', answer: answer(204) }, 'unread LISTING_INCOMPLETE'],
  ['a list cut after the first byte', cut('length', 1), 'unread NETWORK'],
  ['a list cut within the name', cut('length', 14), 'unread NETWORK'],
  ['a list cut within the first tag', cut('length', 30), 'unread NETWORK'],
  [
    'a list cut before its last byte',
    otherContent('{"name":"team/app","tags":["v1"]'),
    'unread MALFORMED_RESPONSE',
  ],
  ['a list cut without a length', cut('close', 20), 'unread MALFORMED_RESPONSE'],
  ['a list cut in chunks', cut('chunked', 20), 'unread NETWORK'],
  ['a list with a wrong bit', bitFlip(3), 'unread MALFORMED_RESPONSE'],
  ['a compressed list', gzipped(), 'unread MALFORMED_RESPONSE'],
  ['a link to itself', linkLoop(), 'unread LISTING_INCOMPLETE'],
  ['a link to another origin', foreignLink('http://127.0.0.1:9'), 'unread LISTING_INCOMPLETE'],
  ['null among the tags', withTags(null), 'no orphan'],
  ['a digest among the tags', withTags(`sha256:${'0'.repeat(64)}`), 'no orphan'],
  ['a number among the tags', withTags(7), 'no orphan'],
];

/** What a lookup of a tag may say that is neither yes nor no. */
export const LOOKUP_LIES: ReadonlyMap<string, Fault> = new Map<string, Fault>([
  ...FAILURES.map(([lie, fault]) => [lie, fault] as const),
  ['404 with NAME_UNKNOWN', jsonStatus(404, 'NAME_UNKNOWN')],
  [
    '404 with MANIFEST_UNKNOWN whose message speaks of the Accept header',
    {
      kind: 'answer',
      answer: answer(
        404,
        { 'Content-Type': 'application/json' },
        JSON.stringify({
          errors: [
            {
              code: 'MANIFEST_UNKNOWN',
              message: 'OCI index found, but accept header does not support OCI indexes',
            },
          ],
        }),
      ),
    },
  ],
  [
    '404 with half of MANIFEST_UNKNOWN',
    {
      kind: 'answer',
      answer: answer(404, { 'Content-Type': 'application/json' }, '{"errors":[{"code":"MANIFEST_UNK'),
    },
  ],
  ['a login page with 200', htmlPage()],
  ['nothing with 200', { kind: 'answer', answer: answer(200, { 'Content-Type': 'application/json' }) }],
  ['no content', { kind: 'answer', answer: answer(204) }],
]);

/** An image of another digest. */
export const OTHER_IMAGE: Fault = {
  kind: 'answer',
  answer: answer(200, {
    'Content-Type': 'application/vnd.oci.image.manifest.v1+json',
    'Docker-Content-Digest': `sha256:${'1'.repeat(64)}`,
  }),
};
