import type { OpenAPIObject } from '@nestjs/swagger';
import { ROLE_EXTENSION } from '../auth/route-access.ts';
import { PROBLEM_STATUS, PROBLEM_TITLE, type ProblemCode } from '../problem/problem-code.ts';
import { PROBLEM_REFERENCE } from './problem-schema.ts';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** What every route can answer. */
const ALWAYS: readonly ProblemCode[] = ['INVALID_REQUEST', 'INTERNAL', 'UNAVAILABLE'];

/** What a route answers besides that needs a role. */
const WITH_ROLE: readonly ProblemCode[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'TOO_MANY_REQUESTS'];

const WITH_BODY: readonly ProblemCode[] = ['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

/** The document with what the guard and the readers of requests add to every route: who may use it, and what they refuse. */
export function describeAccess(document: OpenAPIObject): OpenAPIObject {
  const paths = Object.fromEntries(
    Object.entries(document.paths).map(([path, item]) => [path, describeItem(item)]),
  );
  return { ...document, paths };
}

function describeItem(item: PathItem): PathItem {
  const operations = METHODS.flatMap((method) => {
    const operation = item[method];
    return operation === undefined ? [] : [[method, describeOperation(operation)] as const];
  });
  return { ...item, ...Object.fromEntries(operations) };
}

function describeOperation(operation: Operation): Operation {
  const role = (operation as unknown as Record<string, unknown>)[ROLE_EXTENSION];
  const codes = [
    ...ALWAYS,
    ...(role === undefined ? [] : WITH_ROLE),
    ...(operation.requestBody === undefined ? [] : WITH_BODY),
  ];
  return {
    ...operation,
    ...bodyOf(operation),
    security: role === undefined ? [] : [{ token: [] }],
    responses: {
      ...Object.fromEntries(codes.map((code) => [String(PROBLEM_STATUS[code]), problemResponse(code)])),
      ...operation.responses,
    },
  };
}

/** Every body may be left out: it is an empty object then. */
function bodyOf({ requestBody }: Operation): Pick<Operation, 'requestBody'> {
  return requestBody === undefined ? {} : { requestBody: { ...requestBody, required: false } };
}

function problemResponse(code: ProblemCode): Operation['responses'][string] {
  return {
    description: `${code}: ${PROBLEM_TITLE[code]}`,
    content: { 'application/problem+json': { schema: PROBLEM_REFERENCE } },
  };
}
