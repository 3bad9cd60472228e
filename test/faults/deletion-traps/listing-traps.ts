import type { CycleTrap } from './cycle-trap.ts';
import { LIST_LIES, LOOKUP_LIES } from './lies.ts';
import { controlIs, lookupIs, ownLookupIs, tagListIs } from './moments.ts';

const SAYS = '?';

export const listingTraps: readonly CycleTrap[] = [
  ...[...LIST_LIES].map(([lie, fault]): CycleTrap => ({ mode: 'DS-04', trap: `the tag is alive, and the primary's list is ${lie}`, orphan: 'lives', from: 'first-absence', lie: ({ primary }) => tagListIs(primary, fault), says: SAYS })),
  ...[...LIST_LIES].map(([lie, fault]): CycleTrap => ({ mode: 'DS-04', trap: `a later page of the primary's list is ${lie}`, lie: ({ primary }) => tagListIs(primary, fault, 'next'), says: SAYS })),
  ...[...LIST_LIES].map(([lie, fault]): CycleTrap => ({ mode: 'DS-04', trap: `the secondary's list is ${lie}`, lie: ({ secondary }) => tagListIs(secondary, fault), says: SAYS })),
  ...[...LOOKUP_LIES].map(([lie, fault]): CycleTrap => ({ mode: 'DS-02', trap: `the lookup of the tag on the primary ends with ${lie}`, lie: ({ primary }) => lookupIs(primary, fault), says: SAYS })),
  ...[...LOOKUP_LIES].map(([lie, fault]): CycleTrap => ({ mode: 'DS-03', trap: `the lookup of the control tag ends with ${lie}`, lie: (world) => controlIs(world, fault), says: SAYS })),
  ...[...LOOKUP_LIES].map(([lie, fault]): CycleTrap => ({ mode: 'DS-12', trap: `the last lookup of the tag on the secondary ends with ${lie}`, lie: (world) => ownLookupIs(world, fault), says: SAYS })),
];
