import { z } from 'zod';
import { isDigest, type Digest } from './digest.ts';

/** A platform as descriptors and image configurations state it. */
export const Platform = z.object({
  os: z.string().optional(),
  architecture: z.string().optional(),
  variant: z.string().optional(),
});
export type Platform = z.infer<typeof Platform>;

/**
 * A reference from one piece of content to another, as far as it is followed: unknown fields pass, a bad digest or
 * size does not. `mediaType` and `size` are required by the specification and yet missing in the wild.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md
 */
export const Descriptor = z.object({
  mediaType: z.string().optional(),
  digest: z.custom<Digest>(isDigest, 'not a sha256 or sha512 digest'),
  /** Bytes. */
  size: z.int().nonnegative().optional(),
  urls: z.array(z.string()).nullish(),
  platform: Platform.nullish(),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.unknown()).nullish(),
});
export type Descriptor = z.infer<typeof Descriptor>;

/**
 * Whether a layer may be kept outside of registries (Windows base layers): it is copied when the primary has it and
 * is not missed when it has not.
 */
export function isForeignLayer(descriptor: Descriptor): boolean {
  const type = descriptor.mediaType ?? '';
  return type.includes('.foreign.') || type.includes('.nondistributable.');
}
