import { describe, expect, it } from '@jest/globals';
import { eventIdOf, FIRST_PLACE, isBefore, placeOfEventId, withOverlap } from './event-place.ts';

const PLACE = { place: '1795652100000000', repository: 'team/app' };

describe('the id of an event', () => {
  it.each([FIRST_PLACE, PLACE, { place: '7', repository: 'a_b.c-d/e' }])(
    'comes back as the place %j',
    (place) => {
      expect(placeOfEventId(eventIdOf(place))).toEqual(place);
    },
  );

  it.each([
    undefined,
    '',
    'x',
    '-1',
    '1.5',
    '9'.repeat(18),
    '1  a',
    '1 team app',
    `1 ${'a'.repeat(256)}`,
    '1\n2',
  ])('is the beginning where nobody ever said it: %j', (id) => {
    expect(placeOfEventId(id)).toEqual(FIRST_PLACE);
  });
});

describe('places', () => {
  it.each([
    [{ place: '9', repository: 'z' }, { place: '10', repository: 'a' }, true],
    [{ place: '10', repository: 'a' }, { place: '9', repository: 'z' }, false],
    [{ place: '9', repository: 'a' }, { place: '9', repository: 'b' }, true],
    [PLACE, PLACE, false],
  ])('are in the order of time, then of names: %j before %j is %s', (one, other, expected) => {
    expect(isBefore(one, other)).toBe(expected);
  });

  it('overlap by ten seconds, and never lie before the beginning', () => {
    expect(withOverlap(PLACE)).toEqual({ place: '1795652090000000', repository: 'team/app' });
    expect(withOverlap({ place: '9999999', repository: 'a' })).toEqual(FIRST_PLACE);
  });
});
