import { describe, expect, it } from '@jest/globals';
import type { TagState } from './repository-memory.ts';
import { parseTag } from '../oci/reference.ts';
import type { Digest } from '../oci/digest.ts';
import type { TagDifference } from './diff-tag-maps.ts';
import { countChanges, findForeignWrites } from './foreign-writes.ts';
import { rememberSettled } from './remember-repository.ts';
import type { RepositoryMemory, TagRecord } from './repository-memory.ts';
import { parseRepositoryName } from '../oci/reference.ts';

const tag = parseTag('v1');
const [one, two, three] = ['1', '2', '3'].map((digit) => `sha256:${digit.repeat(64)}` as Digest) as [
  Digest,
  Digest,
  Digest,
];

const { repository, changedTags } = rememberSettled(
  undefined,
  {
    outcome: 'in-sync',
    expected: new Map([[tag, { kind: 'resolved', digest: one }]]),
    actual: new Map([[tag, { kind: 'resolved', digest: one }]]),
    steps: [],
  },
  {
    now: new Date(0),
    cycleId: 'cycle-1',
    secondaryRepository: parseRepositoryName('team/app'),
    policyHash: 'policy',
    primaryOrigin: 'https://eu.example.com',
  },
);

function memory(change: Partial<TagRecord> = {}): RepositoryMemory {
  return { repository, tags: new Map(changedTags.map((record) => [record.tag, { ...record, ...change }])) };
}

const inSync: TagDifference = { kind: 'in-sync', tag, primaryDigest: one, secondaryDigest: one };
const moved: TagDifference = { kind: 'moved', tag, primaryDigest: one, secondaryDigest: two };
const missing: TagDifference = { kind: 'missing', tag, primaryDigest: one, secondaryDigest: null };
const primaryMoved: TagDifference = { kind: 'moved', tag, primaryDigest: three, secondaryDigest: one };
const bothMoved: TagDifference = { kind: 'moved', tag, primaryDigest: three, secondaryDigest: two };
const orphan: TagDifference = { kind: 'orphan', tag, primaryDigest: null, secondaryDigest: one };

describe('a write of somebody else', () => {
  it.each<[string, TagDifference, Digest | null]>([
    ['moved the tag of the secondary', moved, two],
    ['took it away', missing, null],
    ['moved it while the primary moved as well', bothMoved, two],
  ])('is seen where it %s', (_, difference, foundDigest) => {
    expect(findForeignWrites(memory(), [difference])).toEqual([{ tag, lastAppliedDigest: one, foundDigest }]);
  });

  it.each<[string, RepositoryMemory | undefined, TagDifference]>([
    ['in the first cycle', undefined, moved],
    ['where both are equal', memory(), inSync],
    ['where the primary alone moved', memory(), primaryMoved],
    ['where the tag is an orphan', memory(), orphan],
    ...(['failed', 'missing', 'moved', 'held', 'orphan'] satisfies TagState[]).map(
      (state): [string, RepositoryMemory, TagDifference] => [
        `where the tag was ${state} before, so that half a copy or deletion of our own may be it`,
        memory({ state }),
        moved,
      ],
    ),
  ])('is not seen %s', (_, remembered, difference) => {
    expect(findForeignWrites(remembered, [difference])).toEqual([]);
  });
});

describe('changes of the primary since the last look', () => {
  it.each<[string, RepositoryMemory | undefined, TagDifference, number]>([
    ['none where nothing changed', memory(), inSync, 0],
    ['none where somebody changed the secondary', memory(), moved, 0],
    ['one where a tag moved', memory(), primaryMoved, 1],
    ['one where a tag is new', { ...memory(), tags: new Map() }, missing, 1],
    ['one where a tag went', memory(), orphan, 1],
    ['none where it went long ago', memory({ primaryDigest: null }), orphan, 0],
    ['none in the first cycle', undefined, missing, 0],
  ])('are %s', (_, remembered, difference, count) => {
    expect(countChanges(remembered, [difference], 'policy')).toBe(count);
  });

  it('are not known where the filters changed', () => {
    expect(countChanges(memory(), [primaryMoved], 'another policy')).toBe(0);
  });
});
