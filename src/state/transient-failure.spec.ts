import { describe, expect, it } from '@jest/globals';
import { StateError } from './state-error.ts';
import { isTransient } from './transient-failure.ts';

function failure(code?: string): Error {
  return Object.assign(new Error('Connection terminated unexpectedly'), code === undefined ? {} : { code });
}

describe('a failure of the database', () => {
  it.each(['08006', '08P01', '25006', '40001', '40P01', '53300', '57P01', '57P02', '57P03'])(
    'with SQLSTATE %s may pass',
    (code) => {
      expect(isTransient(failure(code))).toBe(true);
    },
  );

  it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', undefined])(
    'on the way to it, with code %s, may pass',
    (code) => {
      expect(isTransient(failure(code))).toBe(true);
    },
  );

  it.each(['23505', '42601', '42P01', '53100', '22P05', '28P01', '3D000', 'XX000'])(
    'with SQLSTATE %s stays',
    (code) => {
      expect(isTransient(failure(code))).toBe(false);
    },
  );

  it.each([
    { error: new TypeError('x is not a function') },
    { error: new RangeError('Invalid time value') },
    { error: new StateError('CORRUPT', 'a row') },
  ])('that is a $error.name stays', ({ error }) => {
    expect(isTransient(error)).toBe(false);
  });
});
