import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Configuration } from '../../../src/config/configuration.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseRepositoryName } from '../../../src/oci/reference.ts';
import { parseSentinel, type DeletionPolicy } from '../../../src/policy/deletion-policy.ts';
import type { RepositoryKey } from '../../../src/planning/repository-memory.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import { ociImage } from '../../builders/image-content.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { jsonStatus, plainNotFound } from '../../fakes/fake-faults.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import { FakeStorage } from '../../fakes/fake-storage.ts';
import { seed } from '../execution/copy-bench.ts';
import { reconcile, stepLines } from './reconcile.ts';

const APP = parseRepositoryName('team/app');
const CANARY = ociImage('canary');
const HOUR = 3_600_000;

let primary: FakeRegistry;
let secondary: FakeRegistry;
let storage: FakeStorage;
let store: MemoryStateStore;

/** Two orphans that nothing speaks against, once a first cycle has seen both sides equal. */
beforeEach(async () => {
  storage = new FakeStorage();
  for (const tag of ['keep', 'old', 'older']) seed(storage, APP, ociImage(tag), tag);
  seed(storage, 'team/sentinel', CANARY, 'canary');
  primary = await FakeRegistry.start({ storage });
  secondary = await FakeRegistry.start({ storage: storage.snapshot() });
  store = new MemoryStateStore(new SystemClock());
  await cycle({});
  for (const tag of ['old', 'older']) storage.deleteTag(APP, tag);
});

afterEach(async () => {
  for (const registry of [primary, secondary]) {
    await registry.stop();
    expect(registry.defects).toEqual([]);
  }
});

async function cycle(deletions: Partial<DeletionPolicy>): Promise<readonly string[]> {
  const change = (configuration: Configuration): Configuration => ({
    ...configuration,
    links: configuration.links.map((link) => ({
      ...link,
      policy: {
        ...link.policy,
        deletions: {
          ...link.policy.deletions,
          ...{ orphans: 'delete', minAbsenceSeconds: 0, minObservations: 1 },
          ...deletions,
        },
      },
    })),
  });
  const options = { primary: primary.url, secondary: [secondary.url] };
  return stepLines(await reconcile({ options, store, change })).toSorted();
}

const both = (said: string): readonly string[] =>
  ['old', 'older'].map((tag) => `delete-orphan-tag ${tag} ${said}`);

describe('the sentinel', () => {
  it.each([
    ['is there', 'team/sentinel:canary', 'done'],
    ['stands for what is written down', `team/sentinel:canary@${CANARY.root.digest}`, 'done'],
    [
      'stands for something else',
      `team/sentinel:canary@${digestOf(Buffer.from('other'))}`,
      'held SENTINEL_MISSING',
    ],
    ['is not there', 'team/sentinel:gone', 'held SENTINEL_MISSING'],
    ['is in a repository that is not there', 'team/nothing:canary', 'held SENTINEL_MISSING'],
  ])('that %s: %s', async (_what, sentinel, expected) => {
    expect(await cycle({ sentinel: parseSentinel(sentinel) })).toEqual(both(expected));
  });

  it.each<[string, Fault]>([
    ['401', jsonStatus(401, 'UNAUTHORIZED')],
    ['a bare 404', plainNotFound()],
    ['MANIFEST_UNKNOWN', jsonStatus(404, 'MANIFEST_UNKNOWN')],
  ])('is not there where the primary says %s', async (_what, fault) => {
    primary.faults.add({
      operation: ['head-tag', 'get-tag'],
      when: ({ repository }) => repository === 'team/sentinel',
      fault,
    });

    // The repository of the sentinel is read as well.
    expect(await cycle({ sentinel: parseSentinel('team/sentinel:canary') })).toEqual(
      expect.arrayContaining([...both('held SENTINEL_MISSING')]),
    );
  });

  it('is asked for again before each deletion: what it says in between stops the second', async () => {
    secondary.faults.add({
      operation: 'delete-tag',
      fault: { kind: 'change', change: () => storage.deleteTag('team/sentinel', 'canary') },
    });

    expect(await cycle({ sentinel: parseSentinel('team/sentinel:canary') })).toEqual([
      'delete-orphan-tag old done',
      'delete-orphan-tag older held SENTINEL_MISSING',
    ]);
  });
});

describe('what is remembered', () => {
  /** As a state does that was written by a clock that was ahead, or as the clock stands after it was turned back. */
  async function turnBack(hours: number): Promise<void> {
    const { host } = new URL(secondary.url);
    const key: RepositoryKey = { link: 'ad-hoc', secondary: host, primaryRepository: APP };
    const memory = await store.loadRepository(key);
    expect(memory).toBeDefined();
    const lastFinishedAt = new Date(memory!.repository.lastFinishedAt.getTime() + hours * HOUR);
    const repository = { ...memory!.repository, lastFinishedAt };
    await store.saveRepository(key, { repository, changedTags: [], forgottenTags: [] });
  }

  it('holds deletions back for one cycle where it was written more than an hour later than now', async () => {
    await turnBack(1.1);

    expect(await cycle({})).toEqual(both('held TOO_FEW_OBSERVATIONS'));
    expect(await cycle({})).toEqual(both('done'));
  });

  it('counts where the clocks of two replicas differ by minutes', async () => {
    await turnBack(0.9);

    expect(await cycle({})).toEqual(both('done'));
  });
});
