import { answer } from '../../fakes/fake-answer.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { htmlPage, jsonStatus, plainNotFound, truncatedList } from '../../fakes/fake-faults.ts';
import { FakeStorage } from '../../fakes/fake-storage.ts';
import { seed } from '../../integration/execution/copy-bench.ts';
import { parseRepositoryName, parseTag } from '../../../src/oci/reference.ts';
import { parseDigest } from '../../../src/oci/digest.ts';
import type { CycleTrap } from './cycle-trap.ts';
import { at, lookupIs, MOMENTS } from './moments.ts';
import { APP, BASE, ORPHAN, stranger, type TrapWorld, type WorldSetting } from './trap-world.ts';

const sentinel = { repository: parseRepositoryName(BASE), tag: parseTag('canary') };
const withSentinel: WorldSetting = { deletions: { sentinel } };

function sentinelIs(fault: Fault): (world: TrapWorld) => void {
  return ({ primary }) =>
    void primary.faults.add({
      operation: ['head-tag', 'get-tag'],
      repository: BASE,
      reference: 'canary',
      fault,
    });
}

const sentinelRows: readonly (readonly [trap: string, lie: (world: TrapWorld) => unknown])[] = [
  ['is not there', ({ primary }) => primary.storage.deleteTag(BASE, 'canary')],
  ['went with its repository', ({ primary }) => primary.storage.deleteRepository(BASE)],
  ['has no manifest', ({ primary }) => primary.storage.deleteManifestKeepingTag(BASE, 'canary')],
  ['answers 401', sentinelIs(jsonStatus(401, 'UNAUTHORIZED'))],
  ['answers 403', sentinelIs(jsonStatus(403, 'DENIED'))],
  ['answers 404 of a router', sentinelIs(plainNotFound())],
  ['answers 500', sentinelIs(jsonStatus(500, 'UNKNOWN'))],
  ['answers a login page', sentinelIs(htmlPage())],
  ['answers nothing', sentinelIs({ kind: 'reset' })],
  [
    'goes right before the last lookup of the tag',
    (world) =>
      MOMENTS.get('while the digests are resolved')?.(
        world,
        at(() => world.primary.storage.deleteTag(BASE, 'canary')),
      ),
  ],
];

/** What answers under the address of the primary is not the primary any more. */
function becomes(storage: (before: FakeStorage) => FakeStorage): (world: TrapWorld) => void {
  return ({ primary }) => {
    const next = storage(primary.storage.snapshot());
    for (const name of primary.storage.repositories()) primary.storage.deleteRepository(name);
    for (const name of next.repositories()) {
      for (const digest of next.blobDigests(name))
        primary.storage.putBlob(name, next.blob(name, digest) ?? '');
      for (const [tag, digest] of next.tags(name)) {
        const manifest = next.manifest(name, digest);
        if (manifest !== undefined) primary.storage.putManifestAs(name, tag, manifest);
      }
    }
  };
}

function onlyTag(tag: string): (before: FakeStorage) => FakeStorage {
  return (before) => {
    for (const each of before.tags(APP).keys()) if (each !== tag) before.deleteTag(APP, each);
    return before;
  };
}

function other(): FakeStorage {
  const storage = new FakeStorage();
  seed(storage, 'library/nginx', stranger, 'latest');
  return storage;
}

function otherTags(): FakeStorage {
  const storage = new FakeStorage();
  for (const tag of ['w1', 'w2', 'w3']) seed(storage, APP, stranger, tag);
  seed(storage, BASE, stranger, 'canary');
  return storage;
}

function catalogIs(fault: Fault): (world: TrapWorld) => void {
  return ({ primary }) => void primary.faults.add({ operation: 'list-catalog', fault });
}

const json = { 'Content-Type': 'application/json' };

export const primaryTraps: readonly CycleTrap[] = [
  ...sentinelRows.map(([trap, lie]): CycleTrap => ({
    mode: 'DS-01',
    trap: `the sentinel ${trap}`,
    setting: withSentinel,
    lie,
    says: 'held SENTINEL_MISSING',
  })),
  {
    mode: 'DS-01',
    trap: 'the primary was restored empty',
    lie: becomes(() => new FakeStorage()),
    says: 'held PRIMARY_EMPTY',
  },
  {
    mode: 'DS-01',
    trap: 'the primary was restored empty, and there is a sentinel',
    setting: withSentinel,
    lie: becomes(() => new FakeStorage()),
    says: 'held PRIMARY_EMPTY',
  },
  {
    mode: 'DS-01',
    trap: 'another registry answers, with other repositories',
    lie: becomes(other),
    says: 'held PRIMARY_EMPTY',
  },
  {
    mode: 'DS-01',
    trap: 'another registry answers, with other tags of the same repositories',
    lie: becomes(otherTags),
    says: 'done',
    then: 'gone',
  },
  {
    mode: 'DS-08',
    trap: 'the repository lost all its tags',
    lie: ({ primary }) => {
      for (const tag of primary.storage.tags(APP).keys()) primary.storage.deleteTag(APP, tag);
    },
    says: 'held PRIMARY_EMPTY',
  },
  {
    mode: 'DS-08',
    trap: 'the repository is gone',
    lie: ({ primary }) => primary.storage.deleteRepository(APP),
    says: 'held PRIMARY_EMPTY',
  },
  {
    mode: 'DS-08',
    trap: 'the repository was renamed',
    lie: (world) => {
      becomes((before) => before)(world);
      for (const [tag] of world.primary.storage.tags(APP))
        seed(world.primary.storage, 'team/renamed', stranger, tag);
      world.primary.storage.deleteRepository(APP);
    },
    says: 'held PRIMARY_EMPTY',
  },
  {
    mode: 'DS-08',
    trap: 'the other repository is gone: half of the catalog',
    lie: ({ primary }) => primary.storage.deleteRepository(BASE),
    says: 'held OVER_BUDGET',
  },
  {
    mode: 'DS-08',
    trap: 'the other repository lost its only tag',
    lie: ({ primary }) => primary.storage.deleteTag(BASE, 'canary'),
    says: 'held OVER_BUDGET',
  },
  {
    mode: 'DS-08',
    trap: 'all tags but one are gone',
    lie: becomes(onlyTag('v1')),
    says: 'done',
    then: 'gone',
  },
  {
    mode: 'DS-08',
    trap: 'the catalog is empty',
    lie: catalogIs({ kind: 'answer', answer: answer(200, json, '{"repositories":[]}') }),
    says: 'done',
    then: 'gone',
  },
  {
    mode: 'DS-08',
    trap: 'the catalog is cut short',
    lie: catalogIs(truncatedList(0)),
    says: 'done',
    then: 'gone',
  },
  {
    mode: 'DS-08',
    trap: 'the catalog is null',
    lie: catalogIs({ kind: 'answer', answer: answer(200, json, '{"repositories":null}') }),
    says: 'done',
    then: 'gone',
  },
  {
    mode: 'DS-08',
    trap: 'the catalog is a login page',
    lie: catalogIs(htmlPage()),
    says: 'unread MALFORMED_RESPONSE',
  },
  {
    mode: 'DS-08',
    trap: 'the catalog answers 404 of a router',
    lie: catalogIs(plainNotFound()),
    says: 'unread NOT_FOUND',
  },
  {
    mode: 'DS-08',
    trap: 'the catalog answers 500',
    lie: catalogIs(jsonStatus(500, 'UNKNOWN')),
    says: 'unread SERVER_ERROR',
  },
  {
    mode: 'DS-09',
    trap: 'the primary has another address',
    lie: async (world) => await world.movePrimary(world.primary.storage.snapshot()),
    says: 'held CONFIG_CHANGED',
  },
  {
    mode: 'DS-09',
    trap: 'the primary has another address and is empty',
    lie: async (world) => await world.movePrimary(new FakeStorage()),
    says: 'held PRIMARY_EMPTY',
  },
  {
    mode: 'DS-09',
    trap: 'the primary has another address and other tags',
    lie: async (world) => await world.movePrimary(otherTags()),
    says: 'held CONFIG_CHANGED',
  },
  {
    mode: 'DS-03',
    trap: 'everything that is not listed, and everything else, is unknown to the primary',
    lie: ({ primary }) =>
      void primary.faults.add({
        operation: ['head-tag', 'get-tag'],
        repository: APP,
        fault: jsonStatus(404, 'MANIFEST_UNKNOWN'),
      }),
    says: 'held COPY_FAILED',
  },
  {
    mode: 'DS-02',
    trap: 'the tag is back with its manifest lost',
    orphan: 'lives',
    from: 'first-absence',
    lie: ({ primary }) => primary.storage.deleteManifestKeepingTag(APP, ORPHAN),
    says: 'no orphan',
  },
  {
    mode: 'DS-02',
    trap: 'the primary lists the tag no more, and its manifest answers to the name',
    orphan: 'lives',
    from: 'first-absence',
    lie: (world) => {
      const stale = world.primary.storage.snapshot();
      stale.deleteTag(APP, ORPHAN);
      world.primary.faults.add({
        operation: ['list-tags', 'list-tags-next'],
        fault: { kind: 'stale-read', storage: stale },
      });
      lookupIs(world.primary, { kind: 'edit', edit: (given) => given });
    },
    says: 'held PRIMARY_STILL_HAS_TAG',
  },
  {
    mode: 'DS-01',
    trap: 'the sentinel stands for another digest than the one that is written down',
    setting: { deletions: { sentinel: { ...sentinel, digest: parseDigest(`sha256:${'2'.repeat(64)}`) } } },
    lie: () => undefined,
    says: 'held SENTINEL_MISSING',
  },
];
