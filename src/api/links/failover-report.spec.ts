import { describe, expect, it } from '@jest/globals';
import type { RiskView } from '../../state/views/risk-view.store.ts';
import { failoverReport, whyNotSafe } from './failover-report.ts';

const SEEN: RiskView = {
  secondary: 'us',
  failure: null,
  unreachableSince: null,
  repositories: 3,
  tagsInSync: 9,
  lostTags: 0,
  doubtedTags: 0,
  oldestDifferenceAt: null,
  newestDifferenceAt: null,
  unknownRepositories: 0,
  neverRead: 0,
  unreadable: 0,
  listedAt: new Date(0),
  listingAgeSeconds: 60,
  observedSince: new Date(0),
  observationAgeSeconds: 60,
  tags: [],
  unknown: [],
};

const FACTS = { link: 'eu-to-us', primary: 'eu', objectiveLagSeconds: 900, pausedAt: null } as const;

const failure = (side: 'primary' | 'secondary') => ({ side, reason: 'NETWORK', message: 'refused' }) as const;

describe('a secondary is not safe', () => {
  it.each([
    [{}, []],
    [{ lostTags: 1 }, ['TAGS_MISSING']],
    [{ doubtedTags: 1 }, ['CONTENT_IN_DOUBT']],
    [{ failure: failure('primary') }, ['PRIMARY_UNREACHABLE']],
    [{ failure: failure('secondary') }, ['SECONDARY_UNREACHABLE']],
    [{ listedAt: null, listingAgeSeconds: null }, ['NEVER_LISTED']],
    [{ listingAgeSeconds: 901 }, ['LISTING_OUTDATED']],
    [{ unknownRepositories: 2, neverRead: 2 }, ['REPOSITORIES_NEVER_READ']],
    [{ unknownRepositories: 2, unreadable: 2 }, ['REPOSITORIES_UNREADABLE']],
    [{ unknownRepositories: 1 }, ['OBSERVATION_OUTDATED']],
    [
      { unknownRepositories: 3, neverRead: 1, unreadable: 1 },
      ['REPOSITORIES_NEVER_READ', 'REPOSITORIES_UNREADABLE', 'OBSERVATION_OUTDATED'],
    ],
  ] satisfies [Partial<RiskView>, string[]][])('where %j: %j', (change, expected) => {
    expect(whyNotSafe({ ...SEEN, ...change }, FACTS)).toEqual(expected);
  });

  it('while its link is paused', () => {
    expect(whyNotSafe(SEEN, { ...FACTS, pausedAt: new Date(0) })).toEqual(['LINK_PAUSED']);
  });
});

describe('the verdict on a link', () => {
  it.each([
    ['safe', [{}, {}]],
    ['unknown', [{}, { unknownRepositories: 1 }]],
    ['unknown', [{}, { doubtedTags: 1 }]],
    ['lossy', [{ lostTags: 1 }, { unknownRepositories: 1 }]],
    ['lossy', [{ lostTags: 1, unknownRepositories: 1 }]],
  ] satisfies [string, Partial<RiskView>[]][])('is %s where its secondaries are %j', (verdict, changes) => {
    const risks = changes.map((change) => ({ ...SEEN, ...change }));

    expect(failoverReport({ ...FACTS, risks }).verdict).toBe(verdict);
  });
});
