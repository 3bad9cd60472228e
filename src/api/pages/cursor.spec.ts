import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { ApiError } from '../problem/api-error.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

const POSITION = z.strictObject({ name: z.string(), at: z.number() });

describe('a cursor', () => {
  it('comes back as what it was made of, and goes into an address as it is', () => {
    fc.assert(
      fc.property(fc.record({ name: fc.string({ unit: 'grapheme' }), at: fc.integer() }), (position) => {
        const cursor = encodeCursor(position);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(decodeCursor(cursor, POSITION)).toEqual(position);
      }),
    );
  });

  it('that is any other text is an invalid request, and no other failure', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.json().map((text) => encodeCursor(text)),
        ),
        (text) => {
          expect(() => decodeCursor(text, POSITION)).toThrow(ApiError);
        },
      ),
    );
  });
});
