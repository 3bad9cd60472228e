import { algorithmOf, hexOf, parseDigest, quote, type Digest } from './digest.ts';
import { OciError } from './oci-error.ts';

/** Repository name below a registry, for example `team/app`. */
export type RepositoryName = string & { readonly __repositoryName: unique symbol };

/** Tag name; case matters, and `__proto__` is a legal one: keep tags in a `Map`. */
export type Tag = string & { readonly __tag: unique symbol };

const REPOSITORY_PATTERN =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG_PATTERN = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Many registries refuse a name above 255 characters, the host included (distribution-spec, "Pulling manifests"). */
const LONGEST_REPOSITORY_NAME = 255;

export function isRepositoryName(text: unknown): text is RepositoryName {
  return typeof text === 'string' && text.length <= LONGEST_REPOSITORY_NAME && REPOSITORY_PATTERN.test(text);
}

export function isTag(text: unknown): text is Tag {
  return typeof text === 'string' && TAG_PATTERN.test(text);
}

/**
 * @throws {OciError} `NAME_INVALID`.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 */
export function parseRepositoryName(text: string): RepositoryName {
  if (!isRepositoryName(text)) throw new OciError('NAME_INVALID', `not a repository name: ${quote(text)}`);
  return text;
}

/** @throws {OciError} `NAME_INVALID`. */
export function parseTag(text: string): Tag {
  if (!isTag(text)) throw new OciError('NAME_INVALID', `not a tag: ${quote(text)}`);
  return text;
}

/**
 * The tag under which a registry without the referrers API keeps the referrers of a subject.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema
 */
export function referrersTag(subject: Digest): Tag {
  // The schema truncates the algorithm to 32 and the encoded part to 64 characters.
  return parseTag(`${algorithmOf(subject).slice(0, 32)}-${hexOf(subject).slice(0, 64)}`);
}

const DIGEST_TAG_PATTERN = /^(sha256|sha512)-([a-f0-9]{64})(?:\.[a-zA-Z0-9._-]+)?$/;

/** Whether a tag belongs to an image by name: the referrers tag, or cosign's `.sig`, `.att` and `.sbom` tags. */
export function isDigestTag(tag: Tag): boolean {
  return DIGEST_TAG_PATTERN.test(tag);
}

/**
 * The image that a digest tag belongs to; `unknown` for sha512, which the schema cuts to half its length, and `undefined` for
 * a tag that belongs to none by its name.
 */
export function subjectOfDigestTag(tag: Tag): Digest | 'unknown' | undefined {
  const [, algorithm, hex] = DIGEST_TAG_PATTERN.exec(tag) ?? [];
  if (hex === undefined) return undefined;
  return algorithm === 'sha256' ? parseDigest(`sha256:${hex}`) : 'unknown';
}
