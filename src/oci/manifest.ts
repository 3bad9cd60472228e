import { z } from 'zod';
import { Descriptor } from './descriptor.ts';
import { algorithmOf, digestOf, quote, type Digest, type DigestAlgorithm } from './digest.ts';
import {
  essenceOf,
  manifestKindOf,
  OCI_ARTIFACT,
  OCI_INDEX,
  OCI_MANIFEST,
  SCHEMA1,
  SCHEMA1_SIGNED,
  type ManifestKind,
} from './media-type.ts';
import { OciError } from './oci-error.ts';
import { schema1Payload } from './schema1-payload.ts';

const descriptors = z.array(Descriptor).nullish();

/** The fields that are followed; everything else of a manifest passes unseen, in its raw bytes. */
const ManifestView = z.object({
  mediaType: z.string().nullish(),
  artifactType: z.string().nullish(),
  config: Descriptor.nullish(),
  layers: descriptors,
  manifests: descriptors,
  blobs: descriptors,
  fsLayers: z.array(z.object({ blobSum: Descriptor.shape.digest })).nullish(),
  signatures: z.unknown().optional(),
  subject: Descriptor.nullish(),
  annotations: z.record(z.string(), z.unknown()).nullish(),
});
type ManifestView = z.infer<typeof ManifestView>;

/** A manifest as it was read: the bytes that are pushed, and a parsed view that is only ever looked at. */
export interface ManifestDocument {
  readonly raw: Uint8Array;
  readonly digest: Digest;
  /** What a PUT of `raw` must name as its Content-Type. */
  readonly mediaType: string;
  readonly kind: ManifestKind;
  readonly view: ManifestView;
}

/** What is known of a manifest besides its body. */
export interface ManifestHints {
  /** The response's Content-Type, for a manifest read by tag or as the root of a walk. */
  readonly contentType?: string | undefined;
  /** The `mediaType` of the descriptor in the parent index, for a child. */
  readonly descriptorMediaType?: string | undefined;
  /** The algorithm that its digest is to be stated in. */
  readonly algorithm?: DigestAlgorithm | undefined;
}

/**
 * Reads a manifest's bytes without changing them.
 *
 * The media type is the body's `mediaType`, else the parent's descriptor's, else the response's Content-Type, else what
 * the shape says (`manifests`: index, `config` or `layers`: image, `fsLayers`: schema 1): an index without a media type is
 * an index (GitLab's registry took one for schema 1).
 *
 * @throws {OciError} `MANIFEST_INVALID`, `AMBIGUOUS_MANIFEST` (both index and image, CVE-2021-41190), `UNSUPPORTED_MEDIA_TYPE`.
 */
export function parseManifest(raw: Uint8Array, hints: ManifestHints = {}): ManifestDocument {
  const json = parseJson(raw);
  const parsed = ManifestView.safeParse(json);
  if (!parsed.success) throw new OciError('MANIFEST_INVALID', describeIssue(parsed.error));
  const view = parsed.data;
  const shape = shapeOf(view);
  const mediaType = resolveMediaType(view, hints, shape);
  const kind = manifestKindOf(mediaType) ?? shape;
  if (kind === undefined) throw unsupported(mediaType);
  refuseContradiction({ mediaType, kind }, shape);
  const payload = kind === 'schema1' ? schema1Payload(raw, json) : raw;
  return { raw, digest: digestOf(payload, hints.algorithm), mediaType, kind, view };
}

/** Whether these bytes are the content that `digest` addresses, the signatures of a schema 1 manifest left out. */
export function hasDigest(document: ManifestDocument, digest: Digest): boolean {
  if (document.digest === digest) return true;
  const payload =
    document.kind === 'schema1' ? schema1Payload(document.raw, parseJson(document.raw)) : document.raw;
  return digestOf(payload, algorithmOf(digest)) === digest;
}

function parseJson(raw: Uint8Array): unknown {
  try {
    // `fatal`: a body that is no UTF-8 would otherwise be read as something it is not.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw));
  } catch (cause) {
    throw new OciError('MANIFEST_INVALID', 'the manifest is not JSON', { cause });
  }
}

/** The first problem, in words. */
function describeIssue({ issues }: z.ZodError): string {
  const [problem] = issues.map(({ path, message }) => `at ${['$', ...path].join('.')}: ${message}`);
  return `the manifest is not valid ${problem}`;
}

function shapeOf(view: ManifestView): ManifestKind | undefined {
  const isIndex = isPresent(view.manifests);
  const isImage = isPresent(view.config) || isPresent(view.layers);
  const isSchema1 = isPresent(view.fsLayers);
  if ([isIndex, isImage, isSchema1].filter(Boolean).length > 1) {
    throw new OciError(
      'AMBIGUOUS_MANIFEST',
      'the manifest has more than one reading: an index has manifests, an image config and layers, schema 1 fsLayers',
    );
  }
  if (isIndex) return 'index';
  if (isImage) return 'image';
  if (isSchema1) return 'schema1';
  if (isPresent(view.blobs)) return 'artifact';
  return undefined;
}

function resolveMediaType(view: ManifestView, hints: ManifestHints, shape: ManifestKind | undefined): string {
  const declared = essenceOf(view.mediaType ?? undefined);
  const contentType = essenceOf(hints.contentType);
  if (declared !== undefined) {
    refuseMisleadingType(declared, contentType);
    return declared;
  }
  // Nothing but its own shape makes a body schema 1: registries call an index without a media type so (gitlab#301398).
  const known = [hints.descriptorMediaType, contentType].find((type) => {
    const kind = manifestKindOf(type);
    return kind !== undefined && (kind !== 'schema1' || shape === 'schema1');
  });
  if (known !== undefined) return known;
  if (shape === undefined) throw unsupported(hints.descriptorMediaType ?? contentType ?? '');
  return mediaTypeOfShape(shape, view);
}

function unsupported(mediaType: string): OciError {
  return new OciError(
    'UNSUPPORTED_MEDIA_TYPE',
    `neither the media type ${quote(mediaType)} nor the shape of the body is that of a manifest`,
  );
}

/** A response that calls an index an image, or the reverse, has two readings: CVE-2021-41190. */
function refuseMisleadingType(declared: string, contentType = ''): void {
  const [body, response] = [manifestKindOf(declared), manifestKindOf(contentType)];
  if (body === undefined || response === undefined || body === response) return;
  throw new OciError(
    'AMBIGUOUS_MANIFEST',
    `the manifest calls itself ${declared}, the registry calls it ${contentType}`,
  );
}

function mediaTypeOfShape(shape: ManifestKind, view: ManifestView): string {
  switch (shape) {
    case 'index':
      return OCI_INDEX; // of the two index types only OCI's may leave the field out
    case 'image':
      return OCI_MANIFEST;
    case 'artifact':
      return OCI_ARTIFACT;
    case 'schema1':
      return isPresent(view.signatures) ? SCHEMA1_SIGNED : SCHEMA1;
  }
}

/** A body that is walked as something else than it is shaped like would leave behind what only its shape points at. */
function refuseContradiction(
  { mediaType, kind }: Pick<ManifestDocument, 'mediaType' | 'kind'>,
  shape: ManifestKind | undefined,
): void {
  if (shape === undefined || shape === kind) return;
  throw new OciError(
    'AMBIGUOUS_MANIFEST',
    `the media type ${quote(mediaType)} says ${kind}, the body is shaped like ${shape}`,
  );
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}
