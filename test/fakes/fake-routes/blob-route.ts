import { answer, type FakeAnswer } from '../fake-answer.ts';
import { bufferContent, type FakeContent } from '../fake-content.ts';
import { digestProblem, isDigest } from '../fake-digest.ts';
import { errorAnswer, goError, plainAnswer, refusalAnswer, sameDetail } from '../fake-errors.ts';
import { type FakeExchange } from '../fake-exchange.ts';

/** GET and HEAD of a blob; the sender leaves the body of HEAD away. */
export function readBlob(exchange: FakeExchange): FakeAnswer {
  const { errors } = exchange.profile;
  if (!isDigest(exchange.reference)) {
    return errorAnswer(errors, {
      code: 'DIGEST_INVALID',
      detail: goError(digestProblem(exchange.reference)),
    });
  }
  const content = contentAsked(exchange);
  if (content === undefined) {
    return errorAnswer(errors, { code: 'BLOB_UNKNOWN', detail: sameDetail(exchange.reference) });
  }
  return blobAnswer(exchange, content);
}

function contentAsked({ storage, repository, reference, profile }: FakeExchange): FakeContent | undefined {
  const linked = storage.contentOf(repository, reference);
  if (linked !== undefined || profile.manifests.asBlob === 'hidden') return linked;
  const manifest = storage.known(repository)?.manifests.get(reference);
  return manifest === undefined ? undefined : { ...bufferContent(manifest.bytes), digest: manifest.digest };
}

/** What Go's `http.ServeContent` makes of a blob: entity tags, ranges, and the cache header of distribution. */
export function blobAnswer(
  exchange: Pick<FakeExchange, 'headers' | 'storage' | 'profile'>,
  content: FakeContent,
): FakeAnswer {
  const tag = `"${content.digest}"`;
  const always = {
    ETag: tag,
    // blobserver.go: blobCacheControlMaxAge, one year.
    'Cache-Control': 'max-age=31536000',
    'Docker-Content-Digest': content.digest,
  };
  if (exchange.headers['if-none-match'] === tag) return answer(304, always);
  const served = { ...always, 'Accept-Ranges': 'bytes', 'Content-Type': 'application/octet-stream' };
  const range = rangeOf(exchange.headers.range, content.sizeBytes);
  if (range === 'unsatisfiable') return badRange(exchange, content, always);
  const whole = answer(200, { ...served, 'Content-Length': String(content.sizeBytes) }, content);
  if (exchange.storage.isLost(content.digest)) return { ...whole, cutAfterBytes: 0 };
  return range === null ? whole : partOf(content, range, served);
}

function partOf(
  content: FakeContent,
  { start, end }: ByteRange,
  headers: Record<string, string>,
): FakeAnswer {
  const part: FakeContent = {
    sizeBytes: end - start,
    digest: content.digest,
    read: (from, to) => content.read(start + from, start + to),
  };
  const contentRange = `bytes ${start}-${end - 1}/${content.sizeBytes}`;
  return answer(
    206,
    { ...headers, 'Content-Length': String(part.sizeBytes), 'Content-Range': contentRange },
    part,
  );
}

/**
 * Distribution 2.8.2 promises the blob's length for the short text of the error, so that the connection breaks
 * instead; 3.1.1 is built with a Go that takes the header back (net/http, Error, since Go 1.23).
 */
function badRange(
  exchange: Pick<FakeExchange, 'profile'>,
  content: FakeContent,
  headers: Record<string, string>,
): FakeAnswer {
  const page = plainAnswer(416, 'invalid range: failed to overlap');
  const range: [string, string] = ['Content-Range', `bytes */${content.sizeBytes}`];
  if (exchange.profile.errors.detail === 'text') {
    const digest: [string, string] = ['Docker-Content-Digest', content.digest];
    return { ...page, headers: new Map([...page.headers, range, digest]) };
  }
  return {
    ...page,
    headers: new Map([
      ...Object.entries(headers),
      ...page.headers,
      range,
      ['Content-Length', String(content.sizeBytes)],
    ]),
    cutAfterBytes: 0,
  };
}

interface ByteRange {
  readonly start: number;
  /** Not included. */
  readonly end: number;
}

/** The one range of a Range header; several ranges and other units are answered with the whole, as RFC 9110 14.2 lets. */
function rangeOf(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (found === null) return null;
  const [, first = '', last = ''] = found;
  if (first === '' && last === '') return null;
  if (first === '') return { start: Math.max(0, size - Number(last)), end: size };
  const start = Number(first);
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) };
}

export function deleteBlob(exchange: FakeExchange): FakeAnswer {
  const { deletes, errors } = exchange.profile;
  if (deletes.blob !== 'unlinked') return refusalAnswer(errors, deletes.blob);
  const isLinked = exchange.storage.known(exchange.repository)?.blobs.delete(exchange.reference) ?? false;
  return isLinked ? answer(202, { 'Content-Length': '0' }) : errorAnswer(errors, { code: 'BLOB_UNKNOWN' });
}
