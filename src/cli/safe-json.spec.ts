import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { safeJsonDocument, safeJsonLine } from './safe-json.ts';

describe('safe JSON', () => {
  it('escapes what JSON allows raw and a terminal acts on', () => {
    expect(safeJsonLine({ tag: '\u001b\u009b\u202e\u2028\u{e0041}' })).toBe(
      '{"tag":"\\u001b\\u009b\\u202e\\u2028\\udb40\\udc41"}',
    );
  });

  it('loses nothing and shows nothing that a terminal acts on, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const line = safeJsonLine(value);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(safeJsonDocument(value).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
