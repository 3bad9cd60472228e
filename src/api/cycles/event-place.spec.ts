import { describe, expect, it } from '@jest/globals';
import type { EndPlace } from '../../state/views/cycle-view.store.ts';
import { eventIdOf, FIRST_PLACE, isBefore, placeOfEventId, withOverlap } from './event-place.ts';

const PLACE = { place: '1795652100000000', repository: 'team/app', secondary: 'us' };

describe('the id of an event', () => {
  it.each([FIRST_PLACE, PLACE, { place: '7', repository: 'a_b.c-d/e', secondary: 'asia-1' }])(
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
    '1 team/app',
    '1 team/app us asia',
    `1 ${'a'.repeat(256)}`,
    '1\n2',
  ])('is the beginning where nobody ever said it: %j', (id) => {
    expect(placeOfEventId(id)).toEqual(FIRST_PLACE);
  });
});

function placeAt(place: string, repository: string, secondary = 'us'): EndPlace {
  return { place, repository, secondary };
}

describe('places', () => {
  it.each([
    [placeAt('9', 'z'), placeAt('10', 'a'), true],
    [placeAt('10', 'a'), placeAt('9', 'z'), false],
    [placeAt('9', 'a'), placeAt('9', 'b'), true],
    [placeAt('9', 'a'), placeAt('9', 'a', 'zurich'), true],
    [PLACE, PLACE, false],
  ])('are in the order of time, then of names: %j before %j is %s', (one, other, expected) => {
    expect(isBefore(one, other)).toBe(expected);
  });

  it('overlap by ten seconds, and never lie before the beginning', () => {
    expect(withOverlap(PLACE)).toEqual(placeAt('1795652090000000', 'team/app'));
    expect(withOverlap(placeAt('9999999', 'a'))).toEqual(FIRST_PLACE);
  });
});
