import { z } from 'zod';
import { PROBLEM_STATUS, type ProblemCode } from '../problem/problem-code.ts';

/** RFC 9457. */
export const PROBLEM = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  code: z
    .enum(Object.keys(PROBLEM_STATUS) as [ProblemCode, ...ProblemCode[]])
    .describe('What a program branches on'),
  detail: z.string().describe('For people: what is wrong, and what to do'),
  requestId: z
    .string()
    .optional()
    .describe(
      'The name of the request, as in X-Request-Id: the log of the service has it in every line about it',
    ),
  errors: z
    .array(
      z.object({ path: z.string().describe('Like body.repositories.0 or query.limit'), message: z.string() }),
    )
    .optional()
    .describe('Everything that is wrong with the request'),
});

export const PROBLEM_REFERENCE = { $ref: '#/components/schemas/Problem' } as const;
