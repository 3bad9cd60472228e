import type { Digest } from '../oci/digest.ts';
import type { FailureCode } from '../oci/failure-code.ts';

/** What was asked of a registry; the closed set of the `operation` label in metrics. */
export type RegistryOperation =
  | 'ping'
  | 'token'
  | 'catalog'
  | 'tags'
  | 'manifest-head'
  | 'manifest-get'
  | 'manifest-put'
  | 'manifest-delete'
  | 'tag-delete'
  | 'blob-head'
  | 'blob-get'
  | 'blob-mount'
  | 'upload-start'
  | 'upload-put'
  | 'upload-cancel'
  | 'referrers';

/** What a 404 said is not there, when it said so in the words of the specification; a bare 404 says nothing. */
export type Absence = 'manifest' | 'repository' | 'blob';

/** Which request it was; carries nothing secret: no query, no header. */
export interface RequestContext {
  /** Name of the registry in the configuration. */
  readonly registry: string;
  readonly operation: RegistryOperation;
  readonly repository?: string | undefined;
  /** Tag or digest. */
  readonly reference?: string | undefined;
}

export interface RegistryErrorDetails {
  readonly code: FailureCode;
  readonly request: RequestContext;
  /** What happened, for people; already free of control characters and bounded. */
  readonly detail: string;
  readonly status?: number | undefined;
  /** The `code`s of the errors in the body, as the registry spelled them. */
  readonly errorCodes?: readonly string[] | undefined;
  readonly absent?: Absence | undefined;
  readonly digests?: readonly Digest[] | undefined;
  readonly cause?: unknown;
}

/** A request to a registry that did not give what was asked for. Callers branch on `code` and `absent`, never on text. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: FailureCode;
  readonly request: RequestContext;
  readonly status: number | undefined;
  readonly errorCodes: readonly string[];
  readonly absent: Absence | undefined;
  /** Content that the registry's answer names, such as what it misses of a manifest. */
  readonly digests: readonly Digest[];
  readonly detail: string;

  constructor(details: RegistryErrorDetails) {
    const { code, request, detail, status, errorCodes = [], absent, digests = [], cause } = details;
    super(`${describeRequest(request)}: ${detail}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.request = request;
    this.status = status;
    this.errorCodes = errorCodes;
    this.absent = absent;
    this.digests = digests;
    this.detail = detail;
  }
}

/** `eu: manifest-get team/app:v1`. */
function describeRequest({ registry, operation, repository, reference }: RequestContext): string {
  const separator = reference?.includes(':') ? '@' : ':';
  const what =
    repository === undefined ? '' : ` ${repository}${reference === undefined ? '' : separator + reference}`;
  return `${registry}: ${operation}${what}`;
}
