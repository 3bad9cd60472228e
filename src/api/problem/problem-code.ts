/** What can be wrong with a request, and the status that says so; clients branch on the code. */
export const PROBLEM_STATUS = {
  INVALID_REQUEST: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  CONFLICT: 409,
  TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  TOO_MANY_REQUESTS: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  TIMEOUT: 504,
} as const;

export type ProblemCode = keyof typeof PROBLEM_STATUS;

export const PROBLEM_TITLE: Readonly<Record<ProblemCode, string>> = {
  INVALID_REQUEST: 'The request cannot be understood',
  UNAUTHENTICATED: 'Who sends this is not known',
  FORBIDDEN: 'This is not allowed',
  NOT_FOUND: 'There is no such thing',
  METHOD_NOT_ALLOWED: 'The method does not fit the path',
  NOT_ACCEPTABLE: 'No such form of the answer',
  CONFLICT: 'The state of the thing does not allow it',
  TOO_LARGE: 'The request is too large',
  UNSUPPORTED_MEDIA_TYPE: 'The form of the body is not understood',
  TOO_MANY_REQUESTS: 'Too many requests',
  INTERNAL: 'Something is wrong inside',
  UNAVAILABLE: 'This cannot be done at the moment',
  TIMEOUT: 'It did not come true in time',
};

/** The code for a status that somebody else chose. */
export function codeOfStatus(status: number): ProblemCode {
  const codes = Object.keys(PROBLEM_STATUS) as ProblemCode[];
  const known = codes.find((code) => PROBLEM_STATUS[code] === status);
  return known ?? (status >= 400 && status < 500 ? 'INVALID_REQUEST' : 'INTERNAL');
}
