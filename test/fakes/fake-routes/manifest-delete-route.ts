import { answer, type FakeAnswer } from '../fake-answer.ts';
import { isDigest } from '../fake-digest.ts';
import { errorAnswer, type Refusal, refusalAnswer } from '../fake-errors.ts';
import { type FakeExchange } from '../fake-exchange.ts';
import { parseManifestBody } from '../fake-manifest-body.ts';
import { type FakeRepository } from '../fake-repository.ts';

/** DELETE by tag name. Only the tag goes; the manifest stays reachable by its digest. */
export function deleteTag(exchange: FakeExchange): FakeAnswer {
  const { deletes, errors } = exchange.profile;
  // The name is parsed as a digest, and none is the empty digest.
  if (deletes.tag === 'by-digest-only') return errorAnswer(errors, { code: 'DIGEST_INVALID' });
  const held = exchange.storage.known(exchange.repository);
  if (held === undefined) return absent(exchange, deletes.unknownRepository);
  if (!held.tags.has(exchange.reference)) return absent(exchange, deletes.absentTag);
  if (deletes.tag !== 'untagged') return refusalAnswer(errors, deletes.tag);
  held.tags.delete(exchange.reference);
  return answer(202);
}

function absent(exchange: FakeExchange, how: 'MANIFEST_UNKNOWN' | Refusal): FakeAnswer {
  const { errors } = exchange.profile;
  if (how !== 'MANIFEST_UNKNOWN') return refusalAnswer(errors, how);
  const path = `/docker/registry/v2/repositories/${exchange.repository}/_manifests/tags/${exchange.reference}`;
  // A digest of an unknown algorithm counts as a tag, and no path may have a colon.
  if (exchange.reference.includes(':')) {
    const text = `filesystem: invalid path: ${path}`;
    return errorAnswer(errors, { code: 'UNKNOWN', detail: { structure: {}, text } });
  }
  const text = `filesystem: Path not found: ${path}`;
  return errorAnswer(errors, { code: 'MANIFEST_UNKNOWN', detail: { structure: {}, text } });
}

/** DELETE by digest, which on most registries takes every tag of that digest along. */
export function deleteManifest(exchange: FakeExchange): FakeAnswer {
  const { errors } = exchange.profile;
  const held = exchange.storage.known(exchange.repository);
  const refusal = refusalOf(exchange, held);
  if (refusal !== null) return refusalAnswer(errors, refusal);
  const { reference } = exchange;
  const isUnknown =
    exchange.profile.deletes.untaggedManifest === 'MANIFEST_UNKNOWN' && held?.tagsOf(reference).length === 0;
  if (!isDigest(reference) || isUnknown || held?.manifests.has(reference) !== true) {
    return errorAnswer(errors, { code: 'MANIFEST_UNKNOWN' });
  }
  exchange.storage.deleteManifest(exchange.repository, reference);
  return answer(202);
}

function refusalOf(exchange: FakeExchange, held: FakeRepository | undefined): Refusal | null {
  const { manifest, taggedManifest, childOfIndex } = exchange.profile.deletes;
  if (manifest !== 'with-tags') return manifest;
  if (held === undefined) return null;
  if (taggedManifest !== 'with-tags' && held.tagsOf(exchange.reference).length > 0) return taggedManifest;
  return childOfIndex !== 'deleted' && isChild(held, exchange.reference) ? childOfIndex : null;
}

function isChild(held: FakeRepository, digest: string): boolean {
  return [...held.manifests.values()].some((manifest) =>
    (parseManifestBody(manifest.bytes)?.manifests ?? []).some((child) => child.digest === digest),
  );
}
