import type { Digest } from '../oci/digest.ts';
import type { ManifestDocument } from '../oci/manifest.ts';

/** What a platform filter puts in the place of the primary's own content below one tag. */
export interface PreparedContent {
  /** Manifests that the primary does not have, by digest. */
  readonly documents: ReadonlyMap<Digest, ManifestDocument>;
  /** Children that stay away although their index lists them. */
  readonly leftOut: ReadonlySet<Digest>;
}

/** Everything is copied as it is. */
export const NOTHING_PREPARED: PreparedContent = { documents: new Map(), leftOut: new Set() };
