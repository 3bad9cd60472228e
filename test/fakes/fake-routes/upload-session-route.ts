import { answer, type FakeAnswer } from '../fake-answer.ts';
import { isDigest } from '../fake-digest.ts';
import { errorAnswer, type FakeError, goError, sameDetail } from '../fake-errors.ts';
import { type FakeExchange } from '../fake-exchange.ts';
import { type FakeUploadSession } from '../fake-upload-session.ts';
import { uploadLocation, uploadStateOf } from './upload-state.ts';

/** 202 or 204 with the session's next location and how far it got; `Range: 0-0` means nothing or one byte. */
export function sessionAnswer(
  exchange: FakeExchange,
  session: FakeUploadSession,
  status: number,
): FakeAnswer {
  const end = session.sizeBytes > 0 ? session.sizeBytes - 1 : 0;
  const headers = {
    'Docker-Upload-UUID': session.id,
    Location: uploadLocation(exchange, session),
    Range: `0-${end}`,
  };
  return answer(status, status === 204 ? headers : { ...headers, 'Content-Length': '0' });
}

/** The session that a request goes on with, or the answer that ends the attempt. */
function resumed(exchange: FakeExchange): FakeUploadSession | FakeAnswer {
  const { errors, uploads } = exchange.profile;
  const state = uploadStateOf(exchange);
  if (state?.repository !== exchange.repository || state.id !== exchange.reference) {
    return errorAnswer(errors, { code: 'BLOB_UPLOAD_INVALID', detail: goError('invalid secret') });
  }
  const session = exchange.storage.known(exchange.repository)?.uploads.get(state.id);
  if (session === undefined) return unknownUpload(exchange);
  if (session.sizeBytes !== state.offset) return errorAnswer(errors, { code: uploads.staleLocation });
  return session;
}

const isSession = (value: FakeUploadSession | FakeAnswer): value is FakeUploadSession => 'append' in value;

function unknownUpload(exchange: FakeExchange): FakeAnswer {
  const detail = goError('blob upload unknown');
  return errorAnswer(exchange.profile.errors, { code: 'BLOB_UPLOAD_UNKNOWN', detail });
}

export function uploadStatus(exchange: FakeExchange): FakeAnswer {
  if (exchange.profile.uploads.status === 'by-id') {
    const session = exchange.storage.known(exchange.repository)?.uploads.get(exchange.reference);
    return session === undefined ? unknownUpload(exchange) : sessionAnswer(exchange, session, 204);
  }
  const session = resumed(exchange);
  return isSession(session) ? sessionAnswer(exchange, session, 204) : session;
}

export function cancelUpload(exchange: FakeExchange): FakeAnswer {
  const session = resumed(exchange);
  if (!isSession(session)) return session;
  exchange.storage.repository(exchange.repository).uploads.delete(session.id);
  return answer(204, { 'Docker-Upload-UUID': session.id });
}

export async function patchUpload(exchange: FakeExchange): Promise<FakeAnswer> {
  const { errors, uploads } = exchange.profile;
  const session = resumed(exchange);
  if (!isSession(session)) return session;
  const problem = chunkProblem(exchange, session);
  if (problem !== null) return errorAnswer(errors, problem);
  session.patches += 1;
  const isDropped = uploads.laterChunks === 'dropped' && session.patches > 1;
  for await (const chunk of exchange.body) if (!isDropped) session.append(chunk);
  return sessionAnswer(exchange, session, uploads.laterChunks === 'dropped' ? 201 : 202);
}

function chunkProblem(exchange: FakeExchange, session: FakeUploadSession): FakeError | null {
  const { uploads } = exchange.profile;
  const type = exchange.headers['content-type'];
  if (type !== undefined && type !== 'application/octet-stream') {
    return { code: 'UNKNOWN', detail: goError('bad Content-Type') };
  }
  const range = exchange.headers['content-range'];
  const length = exchange.headers['content-length'];
  if (uploads.contentRange === 'ignored' || range === undefined || length === undefined) return null;
  return rangeProblem(exchange, session, { range, length: Number(length) });
}

function rangeProblem(
  exchange: FakeExchange,
  session: FakeUploadSession,
  { range, length }: { range: string; length: number },
): FakeError | null {
  const found = /^(\d+)-(\d+)$/.exec(range);
  if (found === null) return { code: 'UNKNOWN', detail: sameDetail(goParseProblem(range)) };
  const [start, end] = [Number(found[1]), Number(found[2])];
  if (start > end || start !== session.sizeBytes) return { code: 'RANGE_INVALID' };
  if (length !== end - start + 1) return { code: 'SIZE_INVALID' };
  const { maxChunkBytes } = exchange.profile.uploads;
  return maxChunkBytes !== null && length > maxChunkBytes ? { code: 'RANGE_INVALID' } : null;
}

function goParseProblem(range: string): string {
  const first = range.split('-')[0] ?? '';
  if (!range.includes('-')) return `invalid content range format, ${range}`;
  const bad = /^\d+$/.test(first) ? range.slice(first.length + 1) : first;
  return `strconv.ParseInt: parsing ${JSON.stringify(bad)}: invalid syntax`;
}

export async function commitUpload(exchange: FakeExchange): Promise<FakeAnswer> {
  const { errors } = exchange.profile;
  const session = resumed(exchange);
  if (!isSession(session)) return session;
  const digest = exchange.query.get('digest') ?? '';
  const problem = digest === '' ? 'digest missing' : isDigest(digest) ? null : 'digest parsing failed';
  if (problem !== null) return errorAnswer(errors, { code: 'DIGEST_INVALID', detail: sameDetail(problem) });
  for await (const chunk of exchange.body) session.append(chunk);
  if (session.digest(digest.startsWith('sha512:') ? 'sha512' : 'sha256') !== digest) {
    return errorAnswer(errors, { code: 'DIGEST_INVALID', detail: mismatch(digest) });
  }
  return committed(exchange, session, digest);
}

function mismatch(digest: string): { structure: unknown; text: unknown } {
  const text = `invalid digest for referenced layer: ${digest}, content does not match digest`;
  return { structure: { Digest: digest, Reason: {} }, text };
}

/** Links the session's bytes and answers 201. Distribution links a sha512 too, but names the blob by sha256. */
export function committed(exchange: FakeExchange, session: FakeUploadSession, digest: string): FakeAnswer {
  const repository = exchange.storage.repository(exchange.repository);
  const canonical = exchange.storage.linkContent(exchange.repository, session.content(), digest);
  repository.linkBlob(canonical);
  repository.uploads.delete(session.id);
  return blobCreated(exchange, exchange.profile.manifests.sha512 === 'accepted' ? digest : canonical);
}

export function blobCreated(exchange: FakeExchange, digest: string): FakeAnswer {
  return answer(201, {
    Location: `${exchange.origin}/v2/${exchange.repository}/blobs/${digest}`,
    'Content-Length': '0',
    'Docker-Content-Digest': digest,
  });
}
