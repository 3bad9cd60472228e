import { createHash } from 'node:crypto';
import { OciError } from './oci-error.ts';

/** Content address `algorithm:hex`, lower case, of an algorithm this project trusts. */
export type Digest = string & { readonly __digest: unique symbol };

/** The registered algorithms of the OCI image specification; weaker ones (md5, sha1) are refused. */
export type DigestAlgorithm = 'sha256' | 'sha512';

const DIGEST_PATTERN = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && DIGEST_PATTERN.test(text);
}

/**
 * @throws {OciError} `DIGEST_INVALID`.
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
 */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new OciError('DIGEST_INVALID', `not a sha256 or sha512 digest: ${quote(text)}`);
  return text;
}

export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The hexadecimal part of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The digest of exactly these bytes. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`);
}

/** Hashes content that arrives in pieces. */
export class Digester {
  readonly #algorithm: DigestAlgorithm;
  readonly #hash;

  constructor(algorithm: DigestAlgorithm) {
    this.#algorithm = algorithm;
    this.#hash = createHash(algorithm);
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** May be called once, after the last piece. */
  digest(): Digest {
    return parseDigest(`${this.#algorithm}:${this.#hash.digest('hex')}`);
  }
}

/** DEL and the C1 controls, which some terminals obey (U+009B begins an escape sequence) and JSON leaves as they are. */
const CONTROLS_BEYOND_JSON = /[\u007f-\u009f]/g;

/** Shows untrusted text in a message: bounded, and with control characters escaped. */
export function quote(text: string): string {
  const quoted = JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
  return quoted.replace(
    CONTROLS_BEYOND_JSON,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
