/** What can be wrong with a name, a digest or a manifest, independent of any registry. */
export type OciErrorCode =
  'NAME_INVALID' | 'DIGEST_INVALID' | 'MANIFEST_INVALID' | 'AMBIGUOUS_MANIFEST' | 'UNSUPPORTED_MEDIA_TYPE';

/** Bytes or text that are not what the OCI specifications allow; callers branch on `code`. */
export class OciError extends Error {
  override readonly name = 'OciError';
  readonly code: OciErrorCode;

  constructor(code: OciErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
