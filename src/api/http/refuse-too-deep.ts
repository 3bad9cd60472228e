import { ApiError } from '../problem/api-error.ts';

/** Deeper than anything that a route takes, and shallow enough for whoever walks it. */
const DEEPEST = 20;

/** @throws {ApiError} `INVALID_REQUEST` for values nested deeper than 20 levels. */
export function refuseTooDeep(value: unknown): void {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST)
      throw new ApiError('INVALID_REQUEST', `the body is nested deeper than ${DEEPEST} levels`);
    level = level.flatMap((member) =>
      typeof member === 'object' && member !== null ? (Object.values(member) as unknown[]) : [],
    );
  }
}
