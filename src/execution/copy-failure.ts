import type { Digest } from '../oci/digest.ts';
import type { FailureCode } from '../oci/failure-code.ts';
import { OciError } from '../oci/oci-error.ts';
import { RegistryError } from '../registry/registry-error.ts';

/** Content that cannot be copied as it is, found by us rather than said by a registry. */
export class CopyError extends Error {
  override readonly name = 'CopyError';
  readonly code: FailureCode;
  /** The content it is about, where it is about one piece. */
  readonly digest: Digest | undefined;

  constructor(code: FailureCode, message: string, options: ErrorOptions & { readonly digest?: Digest } = {}) {
    super(message, options);
    this.code = code;
    this.digest = options.digest;
  }
}

export interface CopyFailure {
  readonly code: FailureCode;
  readonly message: string;
}

/** Names the failure of one tag. An error that is none of ours is a defect of this program and flies on. */
export function copyFailureOf(error: unknown): CopyFailure {
  if (error instanceof RegistryError || error instanceof CopyError)
    return { code: error.code, message: error.message };
  if (error instanceof OciError) {
    return {
      code: error.code === 'DIGEST_INVALID' ? 'MANIFEST_INVALID' : error.code,
      message: error.message,
    };
  }
  throw error;
}
