import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Capability, CapabilityState } from '../../../src/oci/capability.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import { ociImage } from '../../builders/image-content.ts';
import type { FakeProfileName } from '../../fakes/fake-profile.ts';
import type { FakeRegistry } from '../../fakes/fake-registry.ts';
import { seed } from '../execution/copy-bench.ts';
import { RegistryBench } from '../registry/registry-bench.ts';
import { VirtualClock } from '../registry/virtual-clock.ts';
import { reconcile, stepLines } from './reconcile.ts';

const HOUR_SECONDS = 3600;
const KEPT = ociImage('kept');
const REFUSED = 'delete-orphan-tag gone skipped TAG_DELETE_UNSUPPORTED';

let bench: RegistryBench;
let clock: VirtualClock;
let store: MemoryStateStore;
let primary: FakeRegistry;

beforeEach(async () => {
  bench = new RegistryBench();
  clock = new VirtualClock();
  store = new MemoryStateStore(clock);
  primary = await bench.start();
  seed(primary.storage, 'team/app', KEPT, 'kept');
});

afterEach(async () => {
  expect(await bench.close()).toEqual([]);
});

/** A secondary with one orphan. */
async function startSecondary(profile: FakeProfileName): Promise<FakeRegistry> {
  const secondary = await bench.start({ profile });
  seed(secondary.storage, 'team/app', KEPT, 'kept');
  seed(secondary.storage, 'team/app', ociImage('gone'), 'gone');
  return secondary;
}

/** Registries have names of their own here, so that one may move to another address. */
async function cycle(
  secondary: FakeRegistry,
  {
    fallback = 'none',
    command = 'sync',
  }: { fallback?: 'none' | 'tombstone'; command?: 'sync' | 'plan' } = {},
): Promise<string[]> {
  const report = await reconcile({
    options: {
      primary: primary.url,
      secondary: [secondary.url],
      deleteOrphans: true,
      deleteFallback: fallback,
    },
    work: { command },
    store,
    clock,
    change: (configuration) => ({
      ...configuration,
      links: configuration.links.map((link) => ({
        ...link,
        primary: { ...link.primary, name: 'eu' },
        secondaries: link.secondaries.map((registry) => ({ ...registry, name: 'us' })),
      })),
    }),
  });
  return stepLines(report);
}

const known = async (
  name: string,
  { url }: FakeRegistry,
): Promise<ReadonlyMap<Capability, CapabilityState>> => await store.loadCapabilities({ name, origin: url });

const deletes = (secondary: FakeRegistry): number => secondary.history.count({ operation: 'delete-tag' });

describe('a registry that refuses to delete by tag name', () => {
  it('is asked once a day, and the tag says so in every cycle', async () => {
    const secondary = await startSecondary('distribution-2.8');

    expect(await cycle(secondary)).toEqual([REFUSED]);
    expect(await cycle(secondary)).toEqual([REFUSED]);
    clock.advance(23 * HOUR_SECONDS);
    expect(await cycle(secondary)).toEqual([REFUSED]);
    expect(deletes(secondary)).toBe(1);

    clock.advance(2 * HOUR_SECONDS);
    expect(await cycle(secondary)).toEqual([REFUSED]);
    expect(deletes(secondary)).toBe(2);
  });

  it('is asked again at another address', async () => {
    await cycle(await startSecondary('distribution-2.8'));
    const elsewhere = await startSecondary('distribution-3.1');

    expect(await cycle(elsewhere)).toEqual(['delete-orphan-tag gone done']);
    expect(await known('us', elsewhere)).toEqual(new Map([['tagDelete', 'works']]));
  });

  it('gets tombstones at once where they are allowed and it is known', async () => {
    const secondary = await startSecondary('distribution-2.8');
    await cycle(secondary);

    expect(await cycle(secondary, { fallback: 'tombstone' })).toEqual(['delete-orphan-tag gone done']);
    expect(deletes(secondary)).toBe(1);
    expect((await known('us', secondary)).get('digestDelete')).toBe('works');
  });

  it('and deletes no digest either, is asked for neither again', async () => {
    const secondary = await startSecondary('distribution-2.8-nodelete');

    expect(await cycle(secondary, { fallback: 'tombstone' })).toEqual([REFUSED]);
    const writes = secondary.history.writes().length;
    expect(await cycle(secondary, { fallback: 'tombstone' })).toEqual([REFUSED]);

    expect(secondary.history.writes()).toHaveLength(writes);
    expect((await known('us', secondary)).get('digestDelete')).toBe('refused');
  });
});

describe('what a registry does', () => {
  it('is learnt from mounts as well', async () => {
    const secondary = await startSecondary('distribution-3.1');
    for (const repository of ['team/one', 'team/two'])
      seed(primary.storage, repository, ociImage('new'), 'new');

    await cycle(secondary);

    expect((await known('us', secondary)).get('mount')).toBe('works');
  });

  it('is not written down by a plan', async () => {
    const secondary = await startSecondary('distribution-3.1');

    await cycle(secondary, { command: 'plan' });

    expect(await known('us', secondary)).toEqual(new Map());
  });
});
