import type { FailureCode } from '../../oci/failure-code.ts';

/** Authorization that could not be had; `message` is for people and holds no secret. */
export class AuthorizationRefused extends Error {
  override readonly name = 'AuthorizationRefused';
  readonly code: Extract<
    FailureCode,
    | 'UNAUTHORIZED'
    | 'RATE_LIMITED'
    | 'SERVER_ERROR'
    | 'NETWORK'
    | 'TIMEOUT'
    | 'TLS'
    | 'MALFORMED_RESPONSE'
    | 'CANCELLED'
  >;

  constructor(code: AuthorizationRefused['code'], message: string) {
    super(message);
    this.code = code;
  }
}
