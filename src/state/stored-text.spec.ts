import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LONGEST_TEXT_BYTES, storedText, storedTextOrNull } from './stored-text.ts';

const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
});

describe('a text as it is stored', () => {
  it.each([
    {
      title: 'keeps an ordinary one',
      text: 'TIMEOUT: no answer within 30 s',
      stored: 'TIMEOUT: no answer within 30 s',
    },
    { title: 'drops NUL characters', text: 'a\0b\0', stored: 'ab' },
    { title: 'replaces half a surrogate pair', text: 'a\ud83d', stored: 'a\ufffd' },
    { title: 'keeps one of exactly 8 KiB', text: 'x'.repeat(8192), stored: 'x'.repeat(8192) },
    { title: 'cuts one that is a byte longer', text: 'x'.repeat(8193), stored: `${'x'.repeat(8189)}…` },
    { title: 'never cuts a character apart', text: '😀'.repeat(3000), stored: `${'😀'.repeat(2047)}…` },
  ])('$title', ({ text, stored }) => {
    expect(storedText(text)).toBe(stored);
  });

  it('is the same when it is stored again, fits, and has nothing that PostgreSQL refuses', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 3, max: 40 }), (text, limitBytes) => {
        const stored = storedText(text, limitBytes);

        expect(storedText(stored, limitBytes)).toBe(stored);
        expect(Buffer.byteLength(stored)).toBeLessThanOrEqual(limitBytes);
        expect(stored).not.toContain('\0');
        expect(Buffer.from(stored).toString()).toBe(stored);
      }),
    );
  });

  it('costs no more for a text that is far too long', () => {
    expect(Buffer.byteLength(storedText('é'.repeat(10_000_000)))).toBeLessThanOrEqual(LONGEST_TEXT_BYTES);
  });

  it.each([
    ['null', null, null],
    ['undefined', undefined, null],
    ['an empty text', '', ''],
    ['a lone NUL', '\0', ''],
  ])('takes %s', (_, text, stored) => {
    expect(storedTextOrNull(text)).toBe(stored);
  });
});
