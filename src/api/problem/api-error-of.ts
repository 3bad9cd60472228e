import { StateError } from '../../state/state-error.ts';
import { ApiError } from './api-error.ts';
import { codeOfStatus, type ProblemCode } from './problem-code.ts';

/** What any error is for a caller; of one that is not meant for callers, nothing is said. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof StateError) return ofState(error);
  const status = statusOf(error);
  const code = status === undefined ? 'INTERNAL' : codeOfStatus(status);
  return new ApiError(code, DETAIL[code] ?? 'the log of the service says more', { cause: error });
}

/** Texts of the framework and of its parsers repeat what was sent, so they are replaced. */
const DETAIL: Partial<Record<ProblemCode, string>> = {
  INVALID_REQUEST:
    'the path, the query or the body is malformed: JSON is UTF-8, and percent signs come with two digits',
  NOT_FOUND: 'nothing is at this path: GET /openapi.json lists what there is',
  TOO_LARGE: 'the body is larger than 256 KB',
  UNSUPPORTED_MEDIA_TYPE: 'send the body as application/json in UTF-8, and not compressed',
};

function ofState(error: StateError): ApiError {
  if (error.code === 'UNAVAILABLE')
    return new ApiError(
      'UNAVAILABLE',
      'the state database does not answer: try again, and check that it runs',
      {
        cause: error,
        headers: { 'Retry-After': '5' },
      },
    );
  return new ApiError(
    'INTERNAL',
    'the state database gave no usable answer: the log of the service says more',
    {
      cause: error,
    },
  );
}

/** Errors of Nest and of Express's parsers carry the status that they are worth. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('getStatus' in error && typeof error.getStatus === 'function') {
    const status: unknown = (error as { getStatus(): unknown }).getStatus();
    return typeof status === 'number' ? status : undefined;
  }
  return 'status' in error && typeof error.status === 'number' ? error.status : undefined;
}
