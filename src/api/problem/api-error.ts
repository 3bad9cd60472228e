import type { ProblemCode } from './problem-code.ts';

/** One of several things that are wrong with a request. */
export interface RequestProblem {
  /** Where, from `body`, `query` or `path` on, like `body.repositories.0`. */
  readonly path: string;
  readonly message: string;
}

export interface ApiErrorOptions extends ErrorOptions {
  /** Headers that the answer needs, like `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Everything that is wrong, where there is more to say than one sentence. */
  readonly errors?: readonly RequestProblem[];
}

/** An answer that is no success; `detail` goes to the caller as it is, so it has no secret in it, and says what to do. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly errors: readonly RequestProblem[];

  constructor(code: ProblemCode, detail: string, options: ApiErrorOptions = {}) {
    super(detail, options);
    this.code = code;
    this.headers = options.headers ?? {};
    this.errors = options.errors ?? [];
  }
}
