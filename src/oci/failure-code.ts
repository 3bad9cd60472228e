/**
 * Every way in which reading, copying or verifying can fail, as operators see it in reports, metrics and the API.
 * The deletion gate adds its own reasons in `planning/reason-code.ts`.
 */
export const FAILURE_CODES = [
  'UNAUTHORIZED',
  'FORBIDDEN',
  'NOT_FOUND',
  'RATE_LIMITED',
  'TIMEOUT',
  'NETWORK',
  'TLS',
  'SERVER_ERROR',
  'MALFORMED_RESPONSE',
  'LISTING_INCOMPLETE',
  'ACCEPT_MISMATCH',
  'DIGEST_MISMATCH',
  'MANIFEST_INVALID',
  'MANIFEST_TOO_LARGE',
  'AMBIGUOUS_MANIFEST',
  'UNSUPPORTED_MEDIA_TYPE',
  'MISSING_CONTENT',
  'SOURCE_CORRUPT',
  'SPARSE_REFUSED',
  'TAG_IMMUTABLE',
  'TARGET_READ_ONLY',
  'TARGET_FULL',
  'REPOSITORY_MISSING',
  'NAME_INVALID',
  'NAME_COLLISION',
  'TAG_DELETE_UNSUPPORTED',
  'ACKED_NOT_READABLE',
  'VERIFY_FAILED',
  'TAG_MOVED',
  'CANCELLED',
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];
