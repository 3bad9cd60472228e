import { describe, expect, it } from '@jest/globals';

import { digestOf } from '../oci/digest.ts';
import { parseRepositoryName, parseTag } from '../oci/reference.ts';
import type { TagDifference } from './diff-tag-maps.ts';
import { rememberDifferences } from './remember-differences.ts';
import type { RepositoryMemory, TagRecord } from './repository-memory.ts';

const tag = parseTag('v1');
const one = digestOf(Buffer.from('one'));
const two = digestOf(Buffer.from('two'));
const before = new Date(Date.UTC(2030, 0, 1, 0, 0));
const now = new Date(Date.UTC(2030, 0, 1, 0, 5));

const IN_SYNC: TagRecord = {
  tag,
  state: 'in_sync',
  primaryDigest: one,
  secondaryDigest: one,
  lastAppliedDigest: one,
  reason: null,
  message: null,
  firstSeenDifferentAt: null,
  orphanSince: null,
  orphanObservations: 0,
  inSyncSince: before,
  lastVerifiedAt: before,
  lastVerifiedDepth: 'content',
  doubtedAt: null,
};

function memoryOf(...records: readonly TagRecord[]): RepositoryMemory {
  return {
    repository: {
      secondaryRepository: parseRepositoryName('team/app'),
      outcome: 'in-sync',
      reason: null,
      message: null,
      policyHash: 'policy',
      primaryOrigin: 'https://primary',
      completedCycles: 3,
      lastCycleId: 'cycle',
      lastFinishedAt: before,
      lastSuccessAt: before,
    },
    tags: new Map(records.map((record) => [record.tag, record])),
  };
}

const MISSING: TagDifference = { kind: 'missing', tag, primaryDigest: one, secondaryDigest: null };
const MOVED: TagDifference = { kind: 'moved', tag, primaryDigest: two, secondaryDigest: one };

describe('what is written down of a difference before it is mended', () => {
  it('is since when it is there, and what the secondary was given last', () => {
    const memory = memoryOf(IN_SYNC);

    expect(rememberDifferences(memory, [MOVED], now)).toEqual({
      repository: memory.repository,
      changedTags: [
        { ...IN_SYNC, state: 'moved', primaryDigest: two, firstSeenDifferentAt: now, inSyncSince: null },
      ],
      forgottenTags: [],
    });
  });

  it('is all there is to know of a new tag', () => {
    const [record] = rememberDifferences(memoryOf(), [MISSING], now)?.changedTags ?? [];

    expect(record).toMatchObject({ state: 'missing', firstSeenDifferentAt: now, lastAppliedDigest: null });
  });

  it('takes nothing for verified that the secondary has no longer', () => {
    const [record] = rememberDifferences(memoryOf(IN_SYNC), [MISSING], now)?.changedTags ?? [];

    expect(record).toMatchObject({ lastVerifiedAt: null, lastVerifiedDepth: null, lastAppliedDigest: one });
  });

  it('ends the absence of an orphan that the primary has again', () => {
    const orphan: TagRecord = {
      ...IN_SYNC,
      ...{ state: 'orphan', firstSeenDifferentAt: before, orphanSince: before, orphanObservations: 2 },
    };
    const [record] = rememberDifferences(memoryOf(orphan), [MOVED], now)?.changedTags ?? [];

    expect(record).toMatchObject({
      ...{ state: 'moved', firstSeenDifferentAt: now, orphanSince: null, orphanObservations: 0 },
    });
  });

  it.each<[string, RepositoryMemory | undefined, TagDifference]>([
    ['of a repository that is not known yet', undefined, MISSING],
    [
      'that was there before',
      memoryOf({ ...IN_SYNC, state: 'failed', reason: 'TIMEOUT', firstSeenDifferentAt: before }),
      MOVED,
    ],
    ['that is none', memoryOf(), { kind: 'in-sync', tag, primaryDigest: one, secondaryDigest: one }],
    ['that is an orphan', memoryOf(), { kind: 'orphan', tag, primaryDigest: null, secondaryDigest: one }],
    [
      'that nobody could read',
      memoryOf(IN_SYNC),
      {
        kind: 'unreadable',
        tag,
        side: 'secondary',
        code: 'TIMEOUT',
        message: '',
        primaryDigest: one,
        secondaryDigest: null,
      },
    ],
  ])('is nothing of one %s', (_what, memory, difference) => {
    expect(rememberDifferences(memory, [difference], now)).toBeUndefined();
  });
});
