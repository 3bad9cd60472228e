/** What can be wrong with a policy as somebody wrote it. */
export type PolicyErrorCode =
  | 'PATTERN_INVALID'
  | 'RENAME_INVALID'
  | 'NAME_INVALID'
  | 'PLATFORM_INVALID'
  | 'BUDGET_INVALID'
  | 'SENTINEL_INVALID';

/** A value that no policy can be made of; the message says how to write it and leaves out where it stands. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code: PolicyErrorCode;

  constructor(code: PolicyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
