import { Injectable, StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { ApiError, type RequestProblem } from '../problem/api-error.ts';

type Issues = Parameters<NonNullable<PipeOptions['exceptionFactory']>>[0];
type PipeOptions = NonNullable<ConstructorParameters<typeof StandardSchemaValidationPipe>[0]>;

/** A body can be wrong in as many places as it has bytes; whoever repairs these may ask again. */
const MOST_PROBLEMS = 50;
const LONGEST_MESSAGE_CHARACTERS = 300;

const ROOTS: Partial<Record<ArgumentMetadata['type'], string>> = {
  body: 'body',
  query: 'query',
  param: 'path',
};

/** Checks whatever a handler takes against the schema that its decorator names, and names everything that is wrong with it. */
@Injectable()
export class RequestValidationPipe extends StandardSchemaValidationPipe {
  override async transform<T = unknown>(value: T, metadata: ArgumentMetadata): Promise<T> {
    const { schema, type, data } = metadata;
    if (schema === undefined || type === 'custom') return value;
    const result = await this.validate(value, schema);
    if (result.issues === undefined) return result.value as T;
    const root = [ROOTS[type] ?? type, ...(data === undefined ? [] : [data])].join('.');
    throw invalidRequest(root, result.issues);
  }
}

function invalidRequest(root: string, issues: Issues): ApiError {
  const errors = issues.slice(0, MOST_PROBLEMS).map((issue): RequestProblem => {
    const steps = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
    return { path: [root, ...steps].join('.'), message: shortened(issue.message) };
  });
  const rest = issues.length - errors.length;
  const all = errors.map(({ path, message }) => `${path}: ${message}`);
  const detail = [...all.slice(0, 3), ...(all.length + rest > 3 ? [`${all.length + rest - 3} more`] : [])];
  return new ApiError('INVALID_REQUEST', detail.join('; '), { errors });
}

function shortened(text: string): string {
  return text.length <= LONGEST_MESSAGE_CHARACTERS ? text : `${text.slice(0, LONGEST_MESSAGE_CHARACTERS)}…`;
}
