export type DockerCredentialErrorCode =
  | 'FILE_UNREADABLE'
  | 'FILE_MALFORMED'
  | 'HELPER_NAME_INVALID'
  | 'HELPER_MISSING'
  | 'HELPER_FAILED'
  | 'HELPER_TIMED_OUT'
  | 'HELPER_OUTPUT_TOO_LARGE'
  | 'HELPER_OUTPUT_MALFORMED';

/**
 * A `docker login` credential that was configured and cannot be had. It is not the same as none: an anonymous request in its place
 * would list a public subset, and the rest would look deleted.
 * The message names files, hosts and helpers, and never carries a helper's output or a file's text; for the same reason there
 * is no `cause`: `JSON.parse` quotes what it cannot read.
 */
export class DockerCredentialError extends Error {
  override readonly name = 'DockerCredentialError';
  readonly code: DockerCredentialErrorCode;

  constructor(code: DockerCredentialErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
