/** Media types that the fake knows by name. */
export const manifestTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  schemaOne: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
} as const;

export interface FakeDescriptor {
  readonly mediaType?: string;
  readonly digest: string;
  readonly size?: number;
  readonly urls?: readonly string[];
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly architecture?: string; readonly os?: string };
}

/** The fields of a manifest that a registry looks at. The fake trusts their types: its own tests wrote them. */
export interface FakeManifestBody {
  readonly schemaVersion?: number;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config?: FakeDescriptor;
  readonly layers?: readonly FakeDescriptor[] | null;
  readonly blobs?: readonly FakeDescriptor[] | null;
  readonly manifests?: readonly FakeDescriptor[] | null;
  readonly subject?: FakeDescriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The body as JSON, or null where it is none. */
export function parseManifestBody(bytes: Buffer): FakeManifestBody | null {
  try {
    const parsed: unknown = JSON.parse(bytes.toString());
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return null;
  }
}

/** What distribution takes a stored body for: its `mediaType`, else its shape. */
export function storedType(body: FakeManifestBody): string {
  if (body.mediaType !== undefined && body.mediaType !== '') return body.mediaType;
  return Array.isArray(body.manifests) ? manifestTypes.ociIndex : manifestTypes.ociManifest;
}
