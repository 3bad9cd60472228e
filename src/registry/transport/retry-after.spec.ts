import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { MAX_RETRY_AFTER_SECONDS, parseRetryAfterSeconds } from './retry-after.ts';

/** A Sunday. */
const NOW = new Date('1994-11-06T08:49:07Z');
const NOW_EPOCH_SECONDS = NOW.getTime() / 1000;
/** Beyond 2001, where seconds since 1970 are told apart from a delay. */
const LATER = new Date('2026-07-01T00:00:00Z');
const LATER_EPOCH_SECONDS = LATER.getTime() / 1000;

describe('parseRetryAfterSeconds', () => {
  it.each<[string, string, number]>([
    ['seconds', '7', 7],
    ['seconds between spaces', ' 7 ', 7],
    ['a fraction', '0.5', 0.5],
    ['leading zeros', '007', 7],
    ['the largest wait', '60', 60],
    ['more than the largest wait', '61', 60],
    ['almost a number of seconds since 1970', '999999999', 60],
    ['an IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT', 30],
    ['an RFC 850 date', 'Sunday, 06-Nov-94 08:49:37 GMT', 30],
    ['an asctime date, which is in GMT', 'Sun Nov  6 08:49:37 1994', 30],
    ['a date next year', 'Mon, 06 Nov 1995 08:49:37 GMT', 60],
  ])('reads %s', (_name, header, seconds) => {
    expect(parseRetryAfterSeconds(header, NOW)).toBe(seconds);
  });

  it.each<[string, string | undefined]>([
    ['no header', undefined],
    ['an empty header', ''],
    ['zero', '0'],
    ['a fraction of zero', '0.0'],
    ['a negative number', '-5'],
    ['words', 'soon'],
    ['a number with a unit', '5s'],
    ['hexadecimal', '0x10'],
    ['an exponent', '1e1'],
    ['infinity', 'Infinity'],
    ['two values', '5, 7'],
    ['a number as long as a book', '9'.repeat(100_000)],
    ['a date in the past', 'Sun, 06 Nov 1994 08:48:37 GMT'],
    ['this very second', 'Sun, 06 Nov 1994 08:49:07 GMT'],
    ['a date in ISO form', '1994-11-06T08:49:37Z'],
    ['a date that does not exist', 'Sun, 99 Nov 1994 08:49:37 GMT'],
    ['a date in another zone', 'Sun, 06 Nov 1994 08:49:37 +0000'],
  ])('asks for nothing with %s', (_name, header) => {
    expect(parseRetryAfterSeconds(header, NOW)).toBeUndefined();
  });

  it.each<[string, number, number | undefined]>([
    ['in 20 seconds', LATER_EPOCH_SECONDS + 20, 20],
    ['in ten years', LATER_EPOCH_SECONDS + 315_000_000, 60],
    ['in milliseconds, by mistake', LATER_EPOCH_SECONDS * 1000, 60],
    ['now', LATER_EPOCH_SECONDS, undefined],
    ['a minute ago', LATER_EPOCH_SECONDS - 60, undefined],
    ['at 10^9, which was in 2001', 1e9, undefined],
  ])('reads an instant in seconds since 1970 %s', (_name, epochSeconds, seconds) => {
    expect(parseRetryAfterSeconds(String(epochSeconds), LATER)).toBe(seconds);
  });

  it('gives a wait above 0 and at most 60 s, or nothing, for any text', () => {
    const header = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.double().map(String),
      fc.bigInt().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      fc
        .array(fc.constantFrom('Sun', ',', ' ', '06', '-', 'Nov', '1994', '08:49:37', 'GMT'))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(header, fc.date({ noInvalidDate: true }), (text, now) => {
        expect(isUsableWait(parseRetryAfterSeconds(text, now))).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });

  it('reads the date that lies a number of seconds ahead as that number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (seconds) => {
        const date = new Date((NOW_EPOCH_SECONDS + seconds) * 1000).toUTCString();
        expect(parseRetryAfterSeconds(date, NOW)).toBe(seconds);
      }),
    );
  });
});

function isUsableWait(seconds: number | undefined): boolean {
  return seconds === undefined || (seconds > 0 && seconds <= MAX_RETRY_AFTER_SECONDS);
}
