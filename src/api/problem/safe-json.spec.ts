import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { safeJson } from './safe-json.ts';

describe('JSON for whatever a browser takes it for', () => {
  it('means the same, and has nothing that ends a script or begins an element', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })), (value) => {
        const text = safeJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(/[<>&\u2028\u2029]/);
      }),
    );
  });

  it('writes what it replaces as JSON does', () => {
    expect(safeJson('</script>\u2028&')).toBe(String.raw`"\u003c/script\u003e\u2028\u0026"`);
  });
});
