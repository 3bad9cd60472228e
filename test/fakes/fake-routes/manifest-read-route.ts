import { answer, type FakeAnswer } from '../fake-answer.ts';
import { isDigest } from '../fake-digest.ts';
import { errorAnswer, goError } from '../fake-errors.ts';
import { type FakeExchange } from '../fake-exchange.ts';
import { manifestTypes, parseManifestBody, storedType } from '../fake-manifest-body.ts';
import { type FakeManifest } from '../fake-repository.ts';
import { negotiated } from './negotiate-manifest.ts';

/** GET and HEAD of a manifest; the sender leaves the body of HEAD away. */
export function readManifest(exchange: FakeExchange): FakeAnswer {
  const { storage, repository } = exchange;
  const reference = resolvedReference(exchange);
  const digest =
    storage.known(repository)?.tags.get(reference) ?? (isDigest(reference) ? reference : undefined);
  if (digest === undefined) return unknownTag(exchange);
  if (exchange.headers['if-none-match'] === `"${digest}"`) return answer(304);
  return readDigest(exchange, digest);
}

function readDigest(exchange: FakeExchange, digest: string): FakeAnswer {
  const held = exchange.storage.known(exchange.repository);
  const manifest = exchange.storage.isLost(digest) ? undefined : held?.manifests.get(digest);
  if (manifest === undefined) {
    return held?.blobs.has(digest) === true
      ? notAManifest(exchange, digest)
      : unknownRevision(exchange, digest);
  }
  const shown = negotiated(exchange, manifest);
  return 'code' in shown ? errorAnswer(exchange.profile.errors, shown) : manifestAnswer(exchange, shown);
}

/** GitLab reads a tag `sha256-<hex>` as the digest where the repository has it (oras issue 2148). */
function resolvedReference({ profile, storage, repository, reference }: FakeExchange): string {
  if (profile.manifests.referrersTag === 'tag') return reference;
  const digest = reference.replace('-', ':');
  return storage.known(repository)?.manifests.has(digest) === true ? digest : reference;
}

function manifestAnswer(exchange: FakeExchange, manifest: FakeManifest): FakeAnswer {
  const { digestHeader } = exchange.profile.manifests;
  const isSent = digestHeader === 'sent' || (digestHeader === 'absent-on-get' && exchange.method === 'HEAD');
  return answer(
    200,
    {
      'Content-Type': servedType(manifest),
      'Content-Length': String(manifest.bytes.length),
      ...(isSent ? { 'Docker-Content-Digest': manifest.digest } : {}),
      ETag: `"${manifest.digest}"`,
    },
    manifest.bytes,
  );
}

const namedTypes: ReadonlySet<string> = new Set(Object.values(manifestTypes));

/** Distribution tells the type from the body; what it would not know goes out as it was seeded. */
function servedType(manifest: FakeManifest): string {
  const body = parseManifestBody(manifest.bytes);
  if (body === null || !namedTypes.has(manifest.mediaType)) return manifest.mediaType;
  return manifest.mediaType === manifestTypes.schemaOne ? manifest.mediaType : storedType(body);
}

function unknownTag(exchange: FakeExchange): FakeAnswer {
  return errorAnswer(exchange.profile.errors, {
    code: 'MANIFEST_UNKNOWN',
    detail: { structure: { Tag: exchange.reference }, text: `unknown tag=${exchange.reference}` },
  });
}

function unknownRevision(exchange: FakeExchange, digest: string): FakeAnswer {
  return errorAnswer(exchange.profile.errors, {
    code: 'MANIFEST_UNKNOWN',
    detail: {
      structure: { Name: exchange.repository, Revision: digest },
      text: `unknown manifest name=${exchange.repository} revision=${digest}`,
    },
  });
}

/** The digest of a blob: distribution finds it, reads it, and does not know what to make of it. */
function notAManifest(exchange: FakeExchange, digest: string): FakeAnswer {
  const bytes = exchange.storage.blob(exchange.repository, digest);
  const body = bytes === undefined ? null : parseManifestBody(bytes);
  const text = `unrecognized manifest schema version ${body?.schemaVersion ?? 0}`;
  return errorAnswer(exchange.profile.errors, {
    code: 'UNKNOWN',
    detail: body === null ? { structure: { Offset: 1 }, text: 'invalid character' } : goError(text),
  });
}
