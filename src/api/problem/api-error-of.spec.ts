import { describe, expect, it } from '@jest/globals';
import { NotFoundException, PayloadTooLargeException } from '@nestjs/common';
import { StateError } from '../../state/state-error.ts';
import { ApiError } from './api-error.ts';
import { apiErrorOf } from './api-error-of.ts';
import type { PROBLEM_STATUS } from './problem-code.ts';

const SECRET = 'hunter2';

describe('an error, for a caller', () => {
  it.each<[string, unknown, keyof typeof PROBLEM_STATUS]>([
    ['of the API', new ApiError('CONFLICT', 'it has ended'), 'CONFLICT'],
    ['of a database that is away', new StateError('UNAVAILABLE', SECRET), 'UNAVAILABLE'],
    ['of a row that cannot be read', new StateError('CORRUPT', SECRET), 'INTERNAL'],
    ['of the framework', new NotFoundException(SECRET), 'NOT_FOUND'],
    ['of the framework, about size', new PayloadTooLargeException(SECRET), 'TOO_LARGE'],
    ['of a parser', Object.assign(new Error(SECRET), { status: 400 }), 'INVALID_REQUEST'],
    [
      'of a parser, about encodings',
      Object.assign(new Error(SECRET), { status: 415 }),
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['of a status without a code', Object.assign(new Error(SECRET), { status: 418 }), 'INVALID_REQUEST'],
    ['that nobody thought of', new TypeError(SECRET), 'INTERNAL'],
    ['that is none', SECRET, 'INTERNAL'],
    ['that is nothing', undefined, 'INTERNAL'],
  ])('%s', (_what, error, code) => {
    const answer = apiErrorOf(error);
    expect(answer.code).toBe(code);
    expect(answer.message).not.toContain(SECRET);
    expect(answer.message).not.toBe('');
  });
});
