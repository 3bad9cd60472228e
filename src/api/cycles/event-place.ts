import type { EndPlace } from '../../state/views/cycle-view.store.ts';

/** The beginning of every cycle. */
export const FIRST_PLACE: EndPlace = { place: '0', repository: '', secondary: '' };

/** Where a stream is, for `id:`; names have no space. */
export function eventIdOf({ place, repository, secondary }: EndPlace): string {
  return repository === '' ? place : `${place} ${repository} ${secondary}`;
}

const EVENT_ID = /^(?<place>\d{1,17})(?: (?<repository>[\w./-]{1,255}) (?<secondary>[\w.-]{1,255}))?$/;

/** What `Last-Event-ID` says; the beginning where it says nothing that was ever said. */
export function placeOfEventId(id: string | undefined): EndPlace {
  const groups = EVENT_ID.exec(id ?? '')?.groups;
  return groups?.place === undefined
    ? FIRST_PLACE
    : { place: groups.place, repository: groups.repository ?? '', secondary: groups.secondary ?? '' };
}

/** A transaction that writes an end takes milliseconds; one that took this long would have lost its lease nearly. */
const OVERLAP_MICROSECONDS = 10_000_000n;

/**
 * A place from which nothing is missed that was written down late: the ends of transactions come in any order, and one of them
 * may carry an earlier time than what was seen already.
 */
export function withOverlap({ place, repository, secondary }: EndPlace): EndPlace {
  const earlier = BigInt(place) - OVERLAP_MICROSECONDS;
  return earlier > 0n ? { place: String(earlier), repository, secondary } : FIRST_PLACE;
}

/** Whether a place lies before another one. */
export function isBefore(one: EndPlace, other: EndPlace): boolean {
  const [a, b] = [BigInt(one.place), BigInt(other.place)];
  if (a !== b) return a < b;
  if (one.repository !== other.repository) return one.repository < other.repository;
  return one.secondary < other.secondary;
}
