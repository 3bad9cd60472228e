import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { storedJson, type JsonValue } from './stored-json.ts';

function parse(text: string): JsonValue {
  return JSON.parse(text) as JsonValue;
}

describe('a JSON value as it is stored', () => {
  it('drops NUL characters in texts and keys, at any depth', () => {
    expect(storedJson({ 'a\0': [{ b: 'c\0' }, null, 1, true] })).toEqual({ a: [{ b: 'c' }, null, 1, true] });
  });

  it('keeps a key that means something to JavaScript', () => {
    expect(JSON.stringify(storedJson(parse('{"__proto__":"x"}')))).toBe('{"__proto__":"x"}');
  });

  it('is replaced by its beginning where it is too large', () => {
    const stored = storedJson(Array.from({ length: 20_000 }, (_, index) => index));

    expect(stored).toEqual({ truncated: expect.stringMatching(/^\[0,1,2,.*…$/) });
  });

  it('is any small value without NUL characters as it was', () => {
    const clean = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('\\u'));
    fc.assert(
      fc.property(clean, (value) => {
        const parsed = parse(JSON.stringify(value));

        expect(storedJson(parsed)).toEqual(parsed);
      }),
    );
  });
});
