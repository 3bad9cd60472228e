import { digestOf, isDigest } from '../fake-digest.ts';
import { type FakeError } from '../fake-errors.ts';
import { type FakeExchange } from '../fake-exchange.ts';
import {
  type FakeDescriptor,
  type FakeManifestBody,
  manifestTypes,
  parseManifestBody,
  storedType,
} from '../fake-manifest-body.ts';
import { type FakeManifest } from '../fake-repository.ts';

/** Types that a client must accept to be shown them; schema 1 and artifact manifests go to everybody. */
const negotiable: ReadonlySet<string> = new Set([
  manifestTypes.ociManifest,
  manifestTypes.ociIndex,
  manifestTypes.dockerManifest,
  manifestTypes.dockerList,
]);

/** The media types of an Accept header; distribution ignores q-values and knows no wildcard. */
function accepted(header: string | undefined): ReadonlySet<string> {
  return new Set((header ?? '').split(',').map((part) => (part.split(';')[0] ?? '').trim()));
}

/**
 * What a client with this Accept header is shown of `manifest` (registry/handlers/manifests.go, GetManifest): the
 * manifest, another one in its place, or an error that only its message tells from an absent manifest.
 */
export function negotiated(exchange: FakeExchange, manifest: FakeManifest): FakeManifest | FakeError {
  const isNegotiable = negotiable.has(manifest.mediaType) && exchange.profile.manifests.accept !== 'unheeded';
  if (!isNegotiable) return manifest;
  const types = accepted(exchange.headers.accept);
  const body = parseManifestBody(manifest.bytes) ?? {};
  const refusal = ociRefusal(exchange, body, types);
  if (refusal !== null) return refusal;
  // What is asked for by digest cannot be rewritten: it would not have that digest.
  if (isDigest(exchange.reference)) return manifest;
  const isHiddenList = storedType(body) === manifestTypes.dockerList && !types.has(manifestTypes.dockerList);
  return isHiddenList ? defaultChild(exchange, body.manifests ?? []) : inSchemaOne(exchange, manifest);
}

function ociRefusal(
  exchange: FakeExchange,
  body: FakeManifestBody,
  types: ReadonlySet<string>,
): FakeError | null {
  const type = storedType(body);
  if (types.has(type)) return null;
  if (type === manifestTypes.ociManifest) return hidden('manifest', 'manifests');
  // 3.x reads an OCI index as another Go type than the one this check asks for, and shows it to everyone. So does
  // 2.8 where the index names no media type.
  const isChecked = exchange.profile.manifests.accept === 'distribution-2';
  return isChecked && body.mediaType === manifestTypes.ociIndex ? hidden('index', 'indexes') : null;
}

function hidden(kind: string, plural: string): FakeError {
  const message = `OCI ${kind} found, but accept header does not support OCI ${plural}`;
  return { code: 'MANIFEST_UNKNOWN', message };
}

/** The linux/amd64 child, which a client that reads no lists is given in place of the list. */
function defaultChild(exchange: FakeExchange, children: readonly FakeDescriptor[]): FakeManifest | FakeError {
  const child = children.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64',
  );
  const held = exchange.storage.known(exchange.repository)?.manifests.get(child?.digest ?? '');
  return held === undefined ? { code: 'MANIFEST_UNKNOWN' } : inSchemaOne(exchange, held);
}

/** 2.8 rewrites a Docker image as schema 1 for a client that does not read schema 2; 3.x serves it, or refuses a child. */
function inSchemaOne(exchange: FakeExchange, manifest: FakeManifest): FakeManifest | FakeError {
  const isDockerImage = storedType(parseManifestBody(manifest.bytes) ?? {}) === manifestTypes.dockerManifest;
  if (!isDockerImage || accepted(exchange.headers.accept).has(manifestTypes.dockerManifest)) return manifest;
  if (exchange.profile.manifests.accept === 'distribution-3') return manifest;
  const payload = Buffer.from(
    JSON.stringify({ schemaVersion: 1, name: exchange.repository, tag: exchange.reference, fsLayers: [] }),
  );
  const signed = Buffer.concat([
    payload.subarray(0, -1),
    Buffer.from(',"signatures":[{"signature":"fake"}]}'),
  ]);
  // The digest is that of the payload, so it is not the hash of the bytes that are served.
  return { digest: digestOf(payload), bytes: signed, mediaType: manifestTypes.schemaOne };
}
