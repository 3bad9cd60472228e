import type { z } from 'zod';
import { ApiError } from '../problem/api-error.ts';

/** Says where a list goes on, in a form that nobody should look into; keep in it what orders the list, never an offset. */
export function encodeCursor(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/**
 * Where a list goes on.
 *
 * @param schema what {@link encodeCursor} was given: a cursor comes back from the outside, and another list may have given it.
 * @throws {ApiError} `INVALID_REQUEST`.
 */
export function decodeCursor<Position>(text: string, schema: z.ZodType<Position>): Position {
  const read = schema.safeParse(parsed(text));
  if (read.success) return read.data;
  throw new ApiError(
    'INVALID_REQUEST',
    'this is no cursor of this list: take nextCursor of the page before',
    {
      errors: [{ path: 'query.cursor', message: 'no cursor of this list' }],
    },
  );
}

function parsed(text: string): unknown {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
