import { gzipSync } from 'node:zlib';
import { answer, type FakeAnswer, headerOf, withBody, withHeader } from './fake-answer.ts';
import { bytesOf } from './fake-content.ts';
import { digestOf } from './fake-digest.ts';
import { errorAnswer, methodNotAllowed, notFoundPage, plainAnswer } from './fake-errors.ts';
import { type Fault } from './fake-fault.ts';

/** Constructors of the faults that need more than a literal. */

const html = '<!doctype html><html><title>Sign in</title><body><form>…</form></body></html>';

/** A status with a JSON error, as a registry writes it. */
export function jsonStatus(status: number, code: string, headers: Record<string, string> = {}): Fault {
  const body = JSON.stringify({ errors: [{ code, message: `fault ${status}` }] });
  return { kind: 'answer', answer: answer(status, { 'Content-Type': 'application/json', ...headers }, body) };
}

/** A status with an HTML page, as a proxy or a captive portal writes it; 200 by default. */
export function htmlPage(status = 200): Fault {
  return { kind: 'answer', answer: answer(status, { 'Content-Type': 'text/html; charset=utf-8' }, html) };
}

/** 404 without JSON: a router, not a registry, has answered. */
export const plainNotFound = (): Fault => ({ kind: 'answer', answer: notFoundPage() });

/** 405 in plain text with Allow: read-only maintenance of distribution. */
export const plainMethodNotAllowed = (): Fault => ({
  kind: 'answer',
  answer: methodNotAllowed(['GET', 'HEAD']),
});

/** 401 with or without a challenge. */
export function unauthorized(challenge: string | null): Fault {
  const style = { contentType: 'application/json', detail: 'text' } as const;
  const refused = errorAnswer(style, { code: 'UNAUTHORIZED' });
  return {
    kind: 'answer',
    answer: challenge === null ? refused : withHeader(refused, 'WWW-Authenticate', challenge),
  };
}

/** 429 with this Retry-After, be it seconds, a date or nonsense; null sends none. */
export function tooManyRequests(retryAfter: string | null): Fault {
  return jsonStatus(429, 'TOOMANYREQUESTS', retryAfter === null ? {} : { 'Retry-After': retryAfter });
}

/** 413 of a proxy in front of the registry. */
export const entityTooLarge = (): Fault => ({
  kind: 'answer',
  answer: plainAnswer(413, 'Request Entity Too Large'),
});

export function redirect(location: string, status = 307): Fault {
  return { kind: 'answer', answer: answer(status, { Location: location, 'Content-Length': '0' }) };
}

/** A redirect of each request to itself. */
export const redirectLoop = (): Fault => ({
  kind: 'edit',
  edit: (_answer, request) => answer(307, { Location: request.target, 'Content-Length': '0' }),
});

const edit = (change: (answer: FakeAnswer) => FakeAnswer): Fault => ({ kind: 'edit', edit: change });

export const withoutHeader = (name: string): Fault => edit((given) => withHeader(given, name, null));

export const replacedHeader = (name: string, value: string | readonly string[]): Fault =>
  edit((given) => withHeader(given, name, value));

/** Docker-Content-Digest by another algorithm than the one that was asked for. */
export const otherDigestAlgorithm = (): Fault =>
  edit((given) => withHeader(given, 'Docker-Content-Digest', digestOf(bytesOf(given.body), 'sha512')));

/** One bit of the body differs; length and headers do not. */
export function bitFlip(offset = 0): Fault {
  return edit((given) => {
    const bytes = bytesOf(given.body);
    if (bytes.length > 0) bytes.writeUInt8(bytes.readUInt8(offset % bytes.length) ^ 1, offset % bytes.length);
    return { ...withBody(given, bytes) };
  });
}

/** Another body with the headers of the right one, but for its length. */
export const otherContent = (bytes: Buffer | string): Fault => edit((given) => withBody(given, bytes));

/** The body as a proxy compresses it, unasked. */
export const gzipped = (): Fault =>
  edit((given) => withHeader(withBody(given, gzipSync(bytesOf(given.body))), 'Content-Encoding', 'gzip'));

/** `extraBytes` of white space behind the body: JSON stays JSON, and a digest does not stay. */
export const oversize = (extraBytes: number): Fault =>
  edit((given) => withBody(given, Buffer.concat([bytesOf(given.body), Buffer.alloc(extraBytes, ' ')])));

const nextLink = (target: string): Fault => replacedHeader('Link', `<${target}>; rel="next"`);

/** A Link to the page that carries it. */
export const linkLoop = (): Fault => ({
  kind: 'edit',
  edit: (given, request) => withHeader(given, 'Link', `<${request.target}>; rel="next"`),
});

/** A Link to another origin. */
export const foreignLink = (origin: string): Fault => nextLink(`${origin}/v2/_catalog?last=x&n=1`);

/** The page's own Link with nothing escaped. */
export const unescapedLink = (): Fault =>
  edit((given) => withHeader(given, 'Link', decodeURIComponent(headerOf(given, 'Link') ?? '')));

/** The page's own Link behind others, in one header. */
export const severalLinks = (): Fault =>
  edit((given) =>
    withHeader(
      given,
      'Link',
      `</v2/>; rel="first", <https://docs.example.com/>; rel="help"; title="a, \\"b\\"", ${headerOf(given, 'Link') ?? ''}`,
    ),
  );

/** The page's own Link with the registry's origin in it. */
export const absoluteLink = (origin: string): Fault =>
  edit((given) => withHeader(given, 'Link', (headerOf(given, 'Link') ?? '').replace('</', `<${origin}/`)));

/** A header above the 16 KiB that Node reads by default. */
export const oversizeHeader = (): Fault => replacedHeader('X-Large', 'x'.repeat(20 * 1024));

/** A list of tags with entries that no registry should give: null, digests, names that are none. */
export const withTags = (...extra: readonly unknown[]): Fault =>
  edit((given) => {
    const list = JSON.parse(bytesOf(given.body).toString()) as { tags: readonly unknown[] | null };
    return withBody(given, JSON.stringify({ ...list, tags: [...(list.tags ?? []), ...extra] }));
  });

/** The first entries of a list as if they were all: 200 and no Link, as distribution's catalog does under load. */
export const truncatedList = (keep: number): Fault =>
  edit((given) => {
    const list = new Map(
      Object.entries(JSON.parse(bytesOf(given.body).toString()) as Record<string, unknown>),
    );
    const shown = [...list].map(([key, value]) => [key, Array.isArray(value) ? value.slice(0, keep) : value]);
    return withBody(withHeader(given, 'Link', null), JSON.stringify(Object.fromEntries(shown)));
  });

/** Upload locations without an origin, as the specification allows. */
export const relativeLocation = (): Fault =>
  edit((given) =>
    withHeader(given, 'Location', (headerOf(given, 'Location') ?? '').replace(/^https?:\/\/[^/]+/, '')),
  );

/** Upload locations on another origin, as behind a proxy that believes X-Forwarded-Host. */
export const foreignLocation = (origin: string): Fault =>
  edit((given) =>
    withHeader(given, 'Location', (headerOf(given, 'Location') ?? '').replace(/^https?:\/\/[^/]+/, origin)),
  );
