import { type FakeAnswer, withHeader } from '../fake-answer.ts';
import { errorAnswer, refusalAnswer } from '../fake-errors.ts';
import { type FakeExchange } from '../fake-exchange.ts';
import { blobCreated, committed, sessionAnswer } from './upload-session-route.ts';

/** POST: a mount, an upload in one request, or a new session. */
export async function openUpload(exchange: FakeExchange): Promise<FakeAnswer> {
  const { profile, query, repository, storage } = exchange;
  const { unknownRepository } = profile.manifests;
  if (unknownRepository !== 'created' && storage.known(repository) === undefined) {
    return refusalAnswer(profile.errors, unknownRepository);
  }
  const digest = query.get('mount') ?? '';
  if (digest !== '') {
    const mounted = mountAnswer(exchange, digest);
    if (mounted !== null) return mounted;
  }
  return openedOrWritten(exchange);
}

async function openedOrWritten(exchange: FakeExchange): Promise<FakeAnswer> {
  const { errors, uploads } = exchange.profile;
  const session = exchange.storage.openUpload(exchange.repository);
  const digest = exchange.query.get('digest') ?? '';
  const isSingle = uploads.singleRequest === 'accepted' && digest !== '';
  // Distribution reads nothing of the body; draining it keeps the connection usable.
  for await (const chunk of exchange.body) if (isSingle) session.append(chunk);
  if (isSingle) {
    const isRight = session.digest('sha256') === digest;
    return isRight ? committed(exchange, session, digest) : errorAnswer(errors, { code: 'DIGEST_INVALID' });
  }
  const opened = sessionAnswer(exchange, session, 202);
  const { minChunkBytes } = uploads;
  return minChunkBytes === null ? opened : withHeader(opened, 'OCI-Chunk-Min-Length', String(minChunkBytes));
}

/** 201 where the blob could be mounted, a refusal, or null where a session is opened instead. */
function mountAnswer(exchange: FakeExchange, digest: string): FakeAnswer | null {
  const { errors, uploads } = exchange.profile;
  const from = exchange.query.get('from') ?? '';
  if (from === '' && uploads.mountWithoutFrom !== 'opened') {
    return refusalAnswer(errors, uploads.mountWithoutFrom);
  }
  const content = exchange.storage.contentOf(from, digest);
  if (uploads.mount === 'never' || content === undefined) return null;
  exchange.storage.repository(exchange.repository).linkBlob(digest, content.digest);
  return blobCreated(exchange, content.digest);
}
