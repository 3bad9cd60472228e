import type { Fault } from '../../fakes/fake-fault.ts';
import type { CycleTrap } from './cycle-trap.ts';
import { LIST_LIES, LOOKUP_LIES, OTHER_IMAGE } from './lies.ts';
import { controlIs, lookupIs, ownLookupIs, tagListIs } from './moments.ts';

type Row = readonly [lie: string, says: string, then?: CycleTrap['then']];

const INCOMPLETE = 'unread LISTING_INCOMPLETE';
const MALFORMED = 'unread MALFORMED_RESPONSE';

/** Where a page is short or empty, the point lookup alone decides: the orphan is gone indeed, and the rest is not. */
const laterPages: readonly Row[] = [
  ['401 without a challenge', 'unread UNAUTHORIZED'],
  ['404 of a router', INCOMPLETE],
  ['404 with NAME_UNKNOWN', INCOMPLETE],
  ['405', INCOMPLETE],
  ['429', 'unread RATE_LIMITED'],
  ['500', 'unread SERVER_ERROR'],
  ['a reset connection', 'unread NETWORK'],
  ['a login page with 200', MALFORMED],
  ['the list of another repository', MALFORMED],
  ['a list cut within the first tag', 'unread NETWORK'],
  ['a list cut before its last byte', MALFORMED],
  ['a link to itself', INCOMPLETE],
  ['a number among the tags', 'held COPY_FAILED'],
  ['an empty list', 'done', 'gone'],
  ['null for a list', 'done', 'gone'],
  ['its first page without a link to the next', 'done', 'gone'],
];

const ofTheSecondary: readonly Row[] = [
  ['401 with a challenge', 'unread UNAUTHORIZED'],
  ['403', 'unread FORBIDDEN'],
  ['404 of a router', 'unread NOT_FOUND'],
  ['404 with MANIFEST_UNKNOWN', 'unread NOT_FOUND'],
  ['404 with NAME_UNKNOWN', 'no orphan'],
  ['500', 'unread SERVER_ERROR'],
  ['a closed connection', 'unread NETWORK'],
  ['an empty list', 'no orphan'],
  ['null for a list', 'no orphan'],
  ['no list', MALFORMED],
  ['the list of another repository', MALFORMED],
  ['a short list', 'no orphan'],
  ['a login page with 200', MALFORMED],
  ['a list cut within the name', 'unread NETWORK'],
  ['a list cut without a length', MALFORMED],
  ['a link to another origin', INCOMPLETE],
];

const lookups = [
  '401 with a challenge',
  '403',
  '404 of a router',
  '404 with MANIFEST_UNKNOWN beside DENIED',
  '404 with MANIFEST_UNKNOWN whose message speaks of the Accept header',
  '404 with NAME_UNKNOWN',
  '429',
  '500 with MANIFEST_UNKNOWN',
  'a reset connection',
  'a login page with 200',
  'nothing with 200',
];

function listLie(name: string): Fault {
  const fault = LIST_LIES.find(([lie]) => lie === name)?.[1];
  if (fault === undefined) throw new Error(`no lie ${name}`);
  return fault;
}

function lookupLie(name: string): Fault {
  const fault = LOOKUP_LIES.get(name);
  if (fault === undefined) throw new Error(`no lie ${name}`);
  return fault;
}

export const listingTraps: readonly CycleTrap[] = [
  ...LIST_LIES.map(([lie, fault, says]): CycleTrap => ({
    mode: 'DS-04',
    trap: `the tag is alive, and the list of the primary is ${lie}`,
    orphan: 'lives',
    from: 'first-absence',
    lie: ({ primary }) => tagListIs(primary, fault),
    says,
  })),
  ...laterPages.map(([lie, says, then]): CycleTrap => ({
    mode: 'DS-04',
    trap: `a later page of the list of the primary is ${lie}`,
    lie: ({ primary }) => tagListIs(primary, listLie(lie), 'next'),
    says,
    then,
  })),
  ...ofTheSecondary.map(([lie, says]): CycleTrap => ({
    mode: 'DS-04',
    trap: `the list of the secondary is ${lie}`,
    lie: ({ secondary }) => tagListIs(secondary, listLie(lie)),
    says,
  })),
];

export const lookupTraps: readonly CycleTrap[] = [
  ...[...LOOKUP_LIES].map(([lie, fault]): CycleTrap => ({
    mode: 'DS-02',
    trap: `the primary is asked for the tag and answers ${lie}`,
    lie: ({ primary }) => lookupIs(primary, fault),
    says: 'held PRIMARY_UNREADABLE',
  })),
  {
    mode: 'DS-02',
    trap: 'the primary is asked for the tag and answers another image',
    lie: ({ primary }) => lookupIs(primary, OTHER_IMAGE),
    says: 'held PRIMARY_STILL_HAS_TAG',
  },
  ...lookups.map((lie): CycleTrap => ({
    mode: 'DS-03',
    trap: `the primary is asked for a tag that it has and answers ${lie}`,
    lie: (world) => controlIs(world, lookupLie(lie)),
    says: 'held PRIMARY_UNREADABLE',
  })),
  ...lookups.map((lie): CycleTrap => ({
    mode: 'DS-12',
    trap: `the secondary is asked for the tag for the last time and answers ${lie}`,
    lie: (world) => ownLookupIs(world, lookupLie(lie)),
    says: 'held SECONDARY_CHANGED',
  })),
  {
    mode: 'DS-12',
    trap: 'the secondary is asked for the tag for the last time and answers another image',
    lie: (world) => ownLookupIs(world, OTHER_IMAGE),
    says: 'held SECONDARY_CHANGED',
  },
];
