import { type FakeError, goError, sameDetail } from '../fake-errors.ts';
import { type FakeExchange } from '../fake-exchange.ts';
import {
  type FakeDescriptor,
  type FakeManifestBody,
  manifestTypes,
  parseManifestBody,
} from '../fake-manifest-body.ts';

/** A PUT body that passed the first checks. */
export interface ReceivedManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly body: FakeManifestBody;
}

const invalid = (text: string): FakeError => ({ code: 'MANIFEST_INVALID', detail: goError(text) });
const isPresent = (value: unknown): boolean => value !== undefined && value !== null;
const bareType = (header: string | undefined): string => (header ?? '').split(';')[0]?.trim() ?? '';

/**
 * What `UnmarshalManifest` of distribution makes of Content-Type and bytes: 400 MANIFEST_INVALID for an unknown or
 * missing type, for a body of another type, and for one that is both index and image (CVE-2021-41190).
 */
export function receiveManifest(exchange: FakeExchange, bytes: Buffer): ReceivedManifest | FakeError {
  const mediaType = bareType(exchange.headers['content-type']);
  if (exchange.profile.manifests.types === 'four' && !checks.has(mediaType)) {
    return invalid(`unsupported manifest media type and no default available: ${mediaType}`);
  }
  const body = parseManifestBody(bytes);
  if (body === null) {
    const detail = { structure: { Offset: bytes.length }, text: 'unexpected end of JSON input' };
    return { code: 'MANIFEST_INVALID', detail };
  }
  const problem = checks.get(mediaType)?.(body) ?? null;
  return problem === null ? { bytes, mediaType, body } : invalid(problem);
}

const checks: ReadonlyMap<string, (body: FakeManifestBody) => string | null> = new Map([
  [manifestTypes.ociManifest, imageProblem],
  [manifestTypes.ociIndex, indexProblem],
  [manifestTypes.dockerManifest, (body) => typeProblem(body, manifestTypes.dockerManifest, 'manifest')],
  [manifestTypes.dockerList, (body) => typeProblem(body, manifestTypes.dockerList, 'manifest list')],
]);

function typeProblem(body: FakeManifestBody, expected: string, kind: string): string | null {
  if (body.mediaType === expected) return null;
  return `mediaType in ${kind} should be '${expected}' not '${body.mediaType ?? ''}'`;
}

function imageProblem(body: FakeManifestBody): string | null {
  if (isPresent(body.manifests)) return 'ocimanifest: expected manifest but found index';
  return optionalTypeProblem(body, manifestTypes.ociManifest, 'manifest');
}

function indexProblem(body: FakeManifestBody): string | null {
  if (isPresent(body.config) || isPresent(body.layers)) return 'index: expected index but found manifest';
  return optionalTypeProblem(body, manifestTypes.ociIndex, 'image index');
}

function optionalTypeProblem(body: FakeManifestBody, expected: string, kind: string): string | null {
  if ((body.mediaType ?? '') === '' || body.mediaType === expected) return null;
  return `if present, mediaType in ${kind} should be '${expected}' not '${body.mediaType ?? ''}'`;
}

/** What is missing or wrong behind the manifest; an empty list is a manifest that may be stored. */
export function verifyManifest(exchange: FakeExchange, received: ReceivedManifest): readonly FakeError[] {
  const { body } = received;
  if (exchange.profile.manifests.types === 'four' && body.schemaVersion !== 2) {
    return [
      {
        code: 'UNKNOWN',
        detail: goError(`unrecognized manifest schema version ${body.schemaVersion ?? 0}`),
      },
    ];
  }
  if (Array.isArray(body.manifests)) return childProblems(exchange, body.manifests);
  return [
    ...(body.config === undefined ? [] : [body.config]),
    ...(body.layers ?? []),
    ...(body.blobs ?? []),
  ].flatMap((descriptor) => blobProblems(exchange, descriptor));
}

const missing = (digest: string): FakeError => ({
  code: 'MANIFEST_BLOB_UNKNOWN',
  detail: sameDetail(digest),
});

function childProblems(exchange: FakeExchange, children: readonly FakeDescriptor[]): readonly FakeError[] {
  if (exchange.profile.manifests.children === 'unchecked') return [];
  const held = exchange.storage.known(exchange.repository);
  // A child may be a blob: 2.8 looks for links of both kinds, 3.1 finds it in the cache that both kinds share.
  return children
    .filter(({ digest }) => held?.manifests.has(digest) !== true && held?.blobs.has(digest) !== true)
    .map(({ digest }) => missing(digest));
}

function blobProblems(exchange: FakeExchange, descriptor: FakeDescriptor): readonly FakeError[] {
  const { digest, urls = [] } = descriptor;
  // manifests.urls.allow is empty by default, so that every URL is refused, in this odd way.
  if (urls.length > 0) {
    return [
      { code: 'UNKNOWN' },
      { code: 'UNKNOWN', detail: goError('invalid URL on layer') },
      missing(digest),
    ];
  }
  return exchange.storage.contentOf(exchange.repository, digest) === undefined ? [missing(digest)] : [];
}
