/** Authorization that could not be had; `message` is for people and holds no secret. */
export class AuthorizationRefused extends Error {
  override readonly name = 'AuthorizationRefused';
  readonly code: 'UNAUTHORIZED' | 'NETWORK' | 'MALFORMED_RESPONSE';

  constructor(code: AuthorizationRefused['code'], message: string) {
    super(message);
    this.code = code;
  }
}
