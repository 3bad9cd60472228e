import { answer, type FakeAnswer, withHeader } from '../fake-answer.ts';
import { digestOf, isDigest } from '../fake-digest.ts';
import { errorAnswer, refusalAnswer, sameDetail } from '../fake-errors.ts';
import { type FakeExchange, readBody } from '../fake-exchange.ts';
import { type ReceivedManifest, receiveManifest, verifyManifest } from './check-manifest.ts';

/** PUT of a manifest by tag or digest, with the checks of distribution in their order. */
export async function putManifest(exchange: FakeExchange): Promise<FakeAnswer> {
  const { errors, manifests } = exchange.profile;
  const isKnown = exchange.storage.known(exchange.repository) !== undefined;
  if (manifests.unknownRepository !== 'created' && !isKnown) {
    return refusalAnswer(errors, manifests.unknownRepository);
  }
  const bytes = await readBody(exchange, manifests.maxBytes);
  if (bytes === null) return tooLarge(exchange);
  const received = receiveManifest(exchange, bytes);
  if ('code' in received) return errorAnswer(errors, received);
  const digest = digestToStore(exchange, bytes);
  if (digest === null) return errorAnswer(errors, { code: 'DIGEST_INVALID' });
  const problems = verifyManifest(exchange, received);
  if (problems.length > 0) return errorAnswer(errors, ...problems);
  return stored(exchange, received, digest);
}

function tooLarge(exchange: FakeExchange): FakeAnswer {
  const { errors, manifests } = exchange.profile;
  if (manifests.tooLarge !== 'MANIFEST_INVALID') return refusalAnswer(errors, manifests.tooLarge);
  return errorAnswer(errors, {
    code: 'MANIFEST_INVALID',
    detail: sameDetail('http: request body too large'),
  });
}

/** The digest to file the manifest under, or null where the path names another one. */
function digestToStore({ reference, profile }: FakeExchange, bytes: Buffer): string | null {
  if (!isDigest(reference)) return digestOf(bytes);
  const isSha512 = reference.startsWith('sha512:');
  if (isSha512 && profile.manifests.sha512 === 'refused') return null;
  return digestOf(bytes, isSha512 ? 'sha512' : 'sha256') === reference ? reference : null;
}

function stored(exchange: FakeExchange, received: ReceivedManifest, digest: string): FakeAnswer {
  const { profile, reference, repository, storage } = exchange;
  const held = storage.repository(repository);
  const tagged = held.tags.get(reference);
  const isMove = tagged !== undefined && tagged !== digest;
  if (isMove && profile.manifests.movedTag !== 'moved') {
    return refusalAnswer(profile.errors, profile.manifests.movedTag);
  }
  held.addManifest({ digest, bytes: received.bytes, mediaType: received.mediaType });
  if (!isDigest(reference)) held.setTag(reference, digest);
  const created = answer(201, {
    Location: `${exchange.origin}/v2/${repository}/manifests/${digest}`,
    'Docker-Content-Digest': digest,
  });
  const subject = received.body.subject?.digest;
  const isAcknowledged = subject !== undefined && profile.manifests.subject === 'acknowledged';
  return isAcknowledged ? withHeader(created, 'OCI-Subject', subject) : created;
}
