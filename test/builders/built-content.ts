import { createHash } from 'node:crypto';

/** Bytes with the digest under which a registry holds them. */
export interface BuiltBlob {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

export interface BuiltManifest {
  /** The Content-Type to push it with; the body may say nothing. */
  readonly mediaType: string;
  /** The hash of the bytes, but for schema 1 the hash of the payload without its signatures. */
  readonly digest: string;
  readonly bytes: Buffer;
}

/** A tag that belongs to the content whatever tag its root gets, such as a signature's. */
interface BuiltTag {
  readonly tag: string;
  readonly manifest: BuiltManifest;
}

export interface BuiltContent {
  readonly blobs: readonly BuiltBlob[];
  /** In the order in which a registry takes them: children first, the root last. */
  readonly manifests: readonly BuiltManifest[];
  readonly root: BuiltManifest;
  readonly tags: readonly BuiltTag[];
}

/** A descriptor as JSON; fields beyond the three stand in the order in which they were given. */
export interface BuiltDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly [field: string]: unknown;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function digestOf(bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function blobOf(mediaType: string, bytes: Buffer): BuiltBlob {
  return { mediaType, digest: digestOf(bytes), bytes };
}

/** A manifest from a document, serialised as `JSON.stringify` does, or from bytes, taken as they are. */
export function manifestOf(mediaType: string, body: JsonObject | Buffer): BuiltManifest {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  return { mediaType, digest: digestOf(bytes), bytes };
}

export function descriptorOf(of: BuiltBlob | BuiltManifest, fields: JsonObject = {}): BuiltDescriptor {
  return { mediaType: of.mediaType, digest: of.digest, size: of.bytes.length, ...fields };
}

/** Content with the given root, and with everything of the parts before it, each digest once. */
export function contentOf(
  root: BuiltManifest,
  blobs: readonly BuiltBlob[],
  parts: readonly BuiltContent[] = [],
): BuiltContent {
  return {
    blobs: once([...parts.flatMap((part) => part.blobs), ...blobs]),
    manifests: [
      ...once(parts.flatMap((part) => part.manifests)).filter((each) => each.digest !== root.digest),
      root,
    ],
    root,
    tags: parts.flatMap((part) => part.tags),
  };
}

function once<Item extends { readonly digest: string }>(items: readonly Item[]): Item[] {
  return [...new Map(items.map((item) => [item.digest, item])).values()];
}
