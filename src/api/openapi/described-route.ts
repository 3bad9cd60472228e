import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { PROBLEM_STATUS, PROBLEM_TITLE, type ProblemCode } from '../problem/problem-code.ts';
import { PROBLEM_REFERENCE } from './problem-schema.ts';

export interface RouteDescription {
  /** One sentence without a full stop. */
  readonly summary: string;
  /** What else a caller needs to know. */
  readonly description?: string;
  readonly answer: {
    readonly status: number;
    readonly description: string;
    /** Of a JSON answer; what does not fit in JSON Schema is in the description. */
    readonly schema?: z.ZodType;
    /** Other forms: media types, like `text/event-stream`. */
    readonly mediaTypes?: readonly string[];
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** Besides those that every route can answer. */
  readonly problems?: readonly ProblemCode[];
}

/** Describes a route in the OpenAPI document; a route without it fails the tests. */
export function DescribedRoute({
  summary,
  description,
  answer,
  problems = [],
}: RouteDescription): MethodDecorator {
  const { status, schema, mediaTypes, headers = {} } = answer;
  const text = { type: 'string' as const };
  return applyDecorators(
    ApiOperation({ summary, ...(description === undefined ? {} : { description }) }),
    ApiResponse({
      status,
      description: answer.description,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, what]) => [name, { description: what, schema: text }]),
      ),
      ...(schema === undefined ? {} : { standardSchema: schema }),
      ...(mediaTypes === undefined
        ? {}
        : { content: Object.fromEntries(mediaTypes.map((type) => [type, { schema: text }])) }),
    }),
    ...problems.map(problemResponse),
  );
}

function problemResponse(code: ProblemCode): MethodDecorator {
  return ApiResponse({
    status: PROBLEM_STATUS[code],
    description: `${code}: ${PROBLEM_TITLE[code]}`,
    content: { 'application/problem+json': { schema: PROBLEM_REFERENCE } },
  });
}
