import { answer, type FakeAnswer } from './fake-answer.ts';

/** Status and message of each code, as distribution registers them (registry/api/errcode, registry/api/v2/errors.go). */
const table = {
  UNKNOWN: [500, 'unknown error'],
  UNSUPPORTED: [405, 'The operation is unsupported.'],
  UNAUTHORIZED: [401, 'authentication required'],
  DENIED: [403, 'requested access to the resource is denied'],
  UNAVAILABLE: [503, 'service unavailable'],
  TOOMANYREQUESTS: [429, 'too many requests'],
  DIGEST_INVALID: [400, 'provided digest did not match uploaded content'],
  SIZE_INVALID: [400, 'provided length did not match content length'],
  RANGE_INVALID: [416, 'invalid content range'],
  NAME_INVALID: [400, 'invalid repository name'],
  NAME_UNKNOWN: [404, 'repository name not known to registry'],
  MANIFEST_UNKNOWN: [404, 'manifest unknown'],
  MANIFEST_INVALID: [400, 'manifest invalid'],
  MANIFEST_BLOB_UNKNOWN: [400, 'blob unknown to registry'],
  BLOB_UNKNOWN: [404, 'blob unknown to registry'],
  BLOB_UPLOAD_UNKNOWN: [404, 'blob upload unknown to registry'],
  BLOB_UPLOAD_INVALID: [404, 'blob upload invalid'],
  PAGINATION_NUMBER_INVALID: [400, 'invalid number of results requested'],
} as const satisfies Record<string, readonly [number, string]>;

type FakeErrorCode = keyof typeof table;

/** How a product writes its errors. */
export interface ErrorStyle {
  readonly contentType: string;
  /** Distribution 2.x encodes Go errors as objects, mostly `{}`; 3.x writes their text. */
  readonly detail: 'structure' | 'text';
}

/** The detail of an error in both styles; what is not a Go error looks the same in both. */
export interface ErrorDetail {
  readonly structure: unknown;
  readonly text: unknown;
}

export interface FakeError {
  readonly code: FakeErrorCode;
  readonly message?: string;
  readonly detail?: ErrorDetail;
}

export const sameDetail = (detail: unknown): ErrorDetail => ({ structure: detail, text: detail });

/** The detail of a Go error without exported fields: `{}` on 2.x, its text on 3.x. */
export const goError = (text: string): ErrorDetail => ({ structure: {}, text });

/** The JSON of `errors`; the status is that of the first. */
export function errorAnswer(style: ErrorStyle, ...errors: readonly FakeError[]): FakeAnswer {
  const first = errors[0]?.code ?? 'UNKNOWN';
  const entries = errors.map((error) => ({
    code: error.code,
    message: error.message ?? table[error.code][1],
    ...(error.detail === undefined ? {} : { detail: error.detail[style.detail] }),
  }));
  return answer(
    table[first][0],
    { 'Content-Type': style.contentType },
    `${JSON.stringify({ errors: entries })}\n`,
  );
}

/** A refusal that a profile describes as data. */
export interface Refusal {
  readonly status: number;
  readonly form: 'json' | 'plain';
  /** The code in JSON, the whole text otherwise. */
  readonly code: string;
  readonly message?: string;
}

export function refusalAnswer(style: ErrorStyle, refusal: Refusal): FakeAnswer {
  if (refusal.form === 'plain') return plainAnswer(refusal.status, refusal.code);
  const errors = [{ code: refusal.code, message: refusal.message ?? 'The operation is unsupported.' }];
  return answer(refusal.status, { 'Content-Type': style.contentType }, `${JSON.stringify({ errors })}\n`);
}

/** What Go's `http.Error` writes. */
export function plainAnswer(status: number, text: string): FakeAnswer {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' };
  return answer(status, headers, `${text}\n`);
}

export const notFoundPage = (): FakeAnswer => plainAnswer(404, '404 page not found');

export function methodNotAllowed(allowed: readonly string[]): FakeAnswer {
  const page = plainAnswer(405, 'Method not allowed');
  return { ...page, headers: new Map([...page.headers, ['Allow', [...allowed].sort().join(', ')]]) };
}
