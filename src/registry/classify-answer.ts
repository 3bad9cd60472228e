import type { FailureCode } from '../oci/failure-code.ts';
import { essenceOf } from '../oci/media-type.ts';
import { parseErrorBody, plainText, type RegistryErrors } from './error-body.ts';
import {
  RegistryError,
  type Absence,
  type RegistryOperation,
  type RequestContext,
} from './registry-error.ts';
import type { Answer } from './transport/http-sender.ts';

interface Verdict {
  readonly code: FailureCode;
  readonly absent?: Absence | undefined;
}

/** Turns an answer that is no success into the error that names it. */
export function errorOfAnswer(request: RequestContext, answer: Answer): RegistryError {
  const errors = parseErrorBody(answer.body);
  const verdict = classify(request.operation, answer, errors);
  const words =
    errors === undefined
      ? plainText(describeBody(answer))
      : plainText(`${errors.codes.join(', ')} ${errors.text}`);
  return new RegistryError({
    ...verdict,
    request,
    status: answer.status,
    errorCodes: errors?.codes ?? [],
    digests: errors?.digests ?? [],
    detail: `HTTP ${answer.status}${words === '' ? '' : ` ${words}`}`,
  });
}

function describeBody(answer: Answer): string {
  const type = essenceOf(answer.headers.get('content-type'));
  if (answer.body.length === 0) return '';
  return type === 'text/html'
    ? 'with an HTML page: not the answer of a registry'
    : Buffer.from(answer.body).toString('utf8');
}

const CODE_BY_STATUS: ReadonlyMap<number, FailureCode> = new Map([
  [401, 'UNAUTHORIZED'],
  [403, 'FORBIDDEN'],
  [408, 'TIMEOUT'],
  [415, 'UNSUPPORTED_MEDIA_TYPE'],
  [429, 'RATE_LIMITED'],
  [507, 'TARGET_FULL'],
]);

function classify(operation: RegistryOperation, answer: Answer, errors: RegistryErrors | undefined): Verdict {
  const byWords = classifyWords(operation, errors);
  if (byWords !== undefined) return byWords;
  const byStatus = CODE_BY_STATUS.get(answer.status);
  if (byStatus !== undefined) return { code: byStatus };
  if (answer.status === 404) return classifyNotFound(operation, errors);
  if (answer.status >= 500) return { code: classifyServerError(operation, answer, errors) };
  return { code: classifyRefusal(operation, answer.status, errors) };
}

function classifyServerError(
  operation: RegistryOperation,
  answer: Answer,
  errors: RegistryErrors | undefined,
): FailureCode {
  const isFull = isWrite(operation) && /no space|disk full|quota/i.test(errorText(answer, errors));
  return isFull ? 'TARGET_FULL' : 'SERVER_ERROR';
}

function classifyRefusal(
  operation: RegistryOperation,
  status: number,
  errors: RegistryErrors | undefined,
): FailureCode {
  if (status === 405) return classifyMethodNotAllowed(operation, errors);
  if (status === 413) return operation === 'manifest-put' ? 'MANIFEST_TOO_LARGE' : 'SERVER_ERROR';
  if (operation === 'manifest-put') return classifyRefusedManifest(status, errors);
  if (operation === 'upload-put' && errors?.codes.includes('DIGEST_INVALID')) return 'DIGEST_MISMATCH';
  if (operation === 'tag-delete' && (status === 409 || status === 412)) return 'TAG_IMMUTABLE';
  return 'MALFORMED_RESPONSE';
}

/** Answers whose meaning is in the words, whatever the status. */
function classifyWords(
  operation: RegistryOperation,
  errors: RegistryErrors | undefined,
): Verdict | undefined {
  if (errors === undefined) return undefined;
  // ECR answers ImageTagAlreadyExistsException, Quay TAG_IMMUTABLE, Harbor "configured as immutable".
  if (
    operation === 'manifest-put' &&
    /immutable|TagAlreadyExists/i.test(`${errors.codes.join()} ${errors.text}`)
  ) {
    return { code: 'TAG_IMMUTABLE' };
  }
  if (operation === 'manifest-put' && /sparse/i.test(errors.text)) return { code: 'SPARSE_REFUSED' };
  return undefined;
}

/** What each code of the specification says is not there. */
const ABSENCES: readonly (readonly [code: string, absent: Absence])[] = [
  ['MANIFEST_UNKNOWN', 'manifest'],
  ['NAME_UNKNOWN', 'repository'],
  ['BLOB_UNKNOWN', 'blob'],
];

function classifyNotFound(operation: RegistryOperation, errors: RegistryErrors | undefined): Verdict {
  const codes = errors?.codes ?? [];
  if (isWrite(operation)) {
    if (codes.includes('NAME_UNKNOWN')) return { code: 'REPOSITORY_MISSING', absent: 'repository' };
    if (operation === 'manifest-put' && codes.length > 0) return { code: 'MISSING_CONTENT' };
  }
  // distribution hides a manifest whose type was not asked for behind the same code; it is there all the same.
  if (/accept header/i.test(errors?.text ?? '')) return { code: 'ACCEPT_MISMATCH' };
  return { code: 'NOT_FOUND', absent: absenceOf(codes) };
}

/** Whoever names two reasons for a 404 has not said that a thing is not there. */
function absenceOf(codes: readonly string[]): Absence | undefined {
  if (new Set(codes).size !== 1) return undefined;
  return ABSENCES.find(([code]) => code === codes[0])?.[1];
}

/**
 * 405 has many meanings: JSON UNSUPPORTED to a delete means that this registry does not delete; to a write it is a
 * pull-through cache; the plain text of distribution's maintenance mode is a registry that is read-only for now.
 */
function classifyMethodNotAllowed(
  operation: RegistryOperation,
  errors: RegistryErrors | undefined,
): FailureCode {
  const isDelete = operation === 'tag-delete' || operation === 'manifest-delete';
  if (isDelete && errors !== undefined)
    return errors.codes.includes('DENIED') ? 'FORBIDDEN' : 'TAG_DELETE_UNSUPPORTED';
  return isWrite(operation) ? 'TARGET_READ_ONLY' : 'MALFORMED_RESPONSE';
}

function classifyRefusedManifest(status: number, errors: RegistryErrors | undefined): FailureCode {
  const codes = errors?.codes ?? [];
  if (
    codes.some(
      (code) => code === 'MANIFEST_BLOB_UNKNOWN' || code === 'BLOB_UNKNOWN' || code === 'MANIFEST_UNKNOWN',
    )
  ) {
    return 'MISSING_CONTENT';
  }
  if (codes.includes('DIGEST_INVALID')) return 'DIGEST_MISMATCH';
  if (codes.includes('NAME_INVALID') || codes.includes('TAG_INVALID')) return 'NAME_INVALID';
  if (codes.includes('UNSUPPORTED')) return 'UNSUPPORTED_MEDIA_TYPE';
  if (codes.includes('MANIFEST_INVALID') || codes.includes('SIZE_INVALID')) return 'MANIFEST_INVALID';
  return status === 409 || status === 412 ? 'TAG_IMMUTABLE' : 'MANIFEST_INVALID';
}

const WRITES: ReadonlySet<RegistryOperation> = new Set<RegistryOperation>([
  'manifest-put',
  'manifest-delete',
  'tag-delete',
  'blob-mount',
  'upload-start',
  'upload-put',
  'upload-cancel',
]);

function isWrite(operation: RegistryOperation): boolean {
  return WRITES.has(operation);
}

function errorText(answer: Answer, errors: RegistryErrors | undefined): string {
  return errors?.text ?? Buffer.from(answer.body.subarray(0, 4096)).toString('utf8');
}
