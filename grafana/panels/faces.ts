import { PROMETHEUS } from '../data-sources.ts';

/** Nothing is not 0. */
export const NOT_SCRAPED = 'no data: the service is not scraped, or cannot read its database';

/** Of a panel about links that takes half of the width. */
export const HALF_OF_LINKS = {
  unit: 'short',
  noValue: NOT_SCRAPED,
  width: 12,
  height: 9,
  datasource: PROMETHEUS,
} as const;
