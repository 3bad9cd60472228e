import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { adHocConfiguration } from '../../src/config/ad-hoc-configuration.ts';
import type { LinkConfiguration } from '../../src/config/configuration.ts';
import type { CycleWork } from '../../src/reconciliation/cycle-request.ts';
import { CycleObserver } from '../../src/reconciliation/cycle-observer.ts';
import type { SecondaryOutcome } from '../../src/reconciliation/link-session.ts';
import { Reconciler } from '../../src/reconciliation/reconciler.ts';
import { RegistryConnections } from '../../src/reconciliation/registry-connections.ts';
import { RegistryObserver } from '../../src/registry/registry-observer.ts';
import { MemoryStateStore } from '../../src/state/memory-state.store.ts';
import { SystemClock } from '../../src/time/system-clock.ts';
import type { BuiltContent } from '../builders/built-content.ts';
import { ociImage } from '../builders/image-content.ts';
import { ociIndex } from '../builders/index-content.ts';
import { findPullProblems } from '../builders/pull-witness.ts';
import { pushContent } from '../builders/push-content.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import { DistributionStorage } from './distribution-storage.ts';
import { startPair, type RegistryPair } from './registry-pair.ts';

const real = await registryForTests();
const describeReal = real.isAvailable ? describe : describe.skip;

const DIFF = { command: 'sync', mode: 'diff' } as const;
const RECOPY = { command: 'sync', mode: 'recopy' } as const;

class Watcher extends CycleObserver {
  readonly foreign: string[] = [];

  override foreignWrite(_link: unknown, repository: string, { tag }: { readonly tag: string }): void {
    this.foreign.push(`${repository}:${tag}`);
  }
}

describeReal(real.titleOf('content of the secondary that is bad below equal digests'), () => {
  const clock = new SystemClock();
  const store = new MemoryStateStore(clock);
  const connections = new RegistryConnections(clock, new RegistryObserver());
  const watcher = new Watcher();
  let pair: RegistryPair;
  let storage: DistributionStorage;
  let link: LinkConfiguration;
  let cycles = 0;

  beforeAll(async () => {
    pair = await startPair(real.provider);
    storage = new DistributionStorage(pair.secondary);
    const flags = {
      repository: [],
      tag: [],
      platform: [],
      deleteOrphans: false,
      deleteFallback: 'none',
    } as const;
    [link] = adHocConfiguration(
      { ...flags, primary: pair.primary.url, secondary: [pair.secondary.url] },
      { HOME: '/nonexistent' },
    ).links as [LinkConfiguration];
  });

  afterAll(async () => {
    connections.close();
    await pair.stop();
  });

  /** One repository through one cycle, as a worker of the service takes it through. */
  async function run(
    work: CycleWork,
    repository: string,
    tags: readonly string[] = [],
  ): Promise<SecondaryOutcome> {
    const reconciler = new Reconciler({ connections, store, clock, observer: watcher });
    const cycleId = `cycle-${(cycles += 1)}`;
    const session = reconciler.openSession(link, { work, cycleId, signal: new AbortController().signal });
    const task = {
      repository: { name: repository, namedBy: 'catalog', tags },
      secondaries: [link.secondaries[0]!.name],
      history: 'clean',
    } as const;
    const outcomes: SecondaryOutcome[] = [];
    const ended = (outcome: SecondaryOutcome): Promise<void> => Promise.resolve(void outcomes.push(outcome));
    await session.copy(task, { lags: () => undefined, ended });
    return outcomes[0]!;
  }

  async function synced(repository: string, content: BuiltContent): Promise<void> {
    await pushContent(pair.primary, repository, content, { tag: 'v1' });
    await run(DIFF, repository);
  }

  function lines({ report }: SecondaryOutcome): string[] {
    return report.steps.map(({ kind, tag, outcome, reason }) =>
      [kind, tag, outcome, reason ?? ''].join(' ').trim(),
    );
  }

  async function problems(repository: string): Promise<unknown[]> {
    return await findPullProblems(pair.secondary, repository, 'v1', 'content');
  }

  const MENDABLE: [string, (repository: string, index: BuiltContent) => Promise<void>][] = [
    ['a layer below a child is gone', async (_, index) => storage.removeBlob(index.blobs[1]!.digest)],
    [
      'a child of an index is gone',
      async (repository, index) => storage.forgetManifest(repository, index.manifests[0]!.digest),
    ],
    [
      'a layer is no longer known to the repository',
      async (repository, index) => storage.forgetBlob(repository, index.blobs[1]!.digest),
    ],
  ];

  it.each(MENDABLE)('is seen by no comparison and mended by a recopy where %s', async (name, harm) => {
    const repository = `recopy/${name.replaceAll(' ', '-')}`;
    const index = ociIndex(repository);
    await synced(repository, index);
    await harm(repository, index);
    const broken = await problems(repository);
    const compared = await run(DIFF, repository);
    const pushed = await run(RECOPY, repository);

    expect(broken).not.toEqual([]);
    expect(lines(compared)).toEqual([]);
    expect(lines(pushed)).toEqual(['verify-tag v1 done']);
    expect(pushed.report).toMatchObject({
      outcome: 'in-sync',
      totals: { inSync: 1, copied: 0, moved: 0, failed: 0 },
    });
    expect(await problems(repository)).toEqual([]);
  });

  it.each(MENDABLE)(
    'is found by a verification and mended by the next cycle where %s',
    async (name, harm) => {
      const repository = `verify/${name.replaceAll(' ', '-')}`;
      const index = ociIndex(repository);
      await synced(repository, index);
      await harm(repository, index);
      const verified = await run({ command: 'verify', depth: 'graph' }, repository);
      const next = await run(DIFF, repository);
      const after = await run(DIFF, repository);

      expect(verified.doubts).toBe(1);
      expect(lines(next)).toEqual(['verify-tag v1 done']);
      expect(await problems(repository)).toEqual([]);
      expect(lines(after)).toEqual([]);
    },
  );

  const STUBBORN: [string, (digest: string) => Promise<void>, (index: BuiltContent) => string][] = [
    ['a layer has a flipped bit', (digest) => storage.flipBit(digest), (index) => index.blobs[1]!.digest],
    ['a layer was cut off', (digest) => storage.truncateBlob(digest), (index) => index.blobs[1]!.digest],
    ['a child has no byte', (digest) => storage.emptyBlob(digest), (index) => index.manifests[0]!.digest],
  ];

  it.each(STUBBORN)(
    'is never called good while the registry keeps its damaged bytes, and mended once they are gone, where %s',
    async (name, harm, digestOf) => {
      const repository = `stubborn/${name.replaceAll(' ', '-')}`;
      const index = ociIndex(repository);
      await synced(repository, index);
      await harm(digestOf(index));
      const pushed = await run(RECOPY, repository);
      await storage.removeBlob(digestOf(index));
      const next = await run(DIFF, repository);

      expect(lines(pushed)).toEqual(['verify-tag v1 failed VERIFY_FAILED']);
      expect(pushed.report.steps[0]?.message).toContain(digestOf(index));
      expect(lines(next)).toEqual(['verify-tag v1 done']);
      expect(await problems(repository)).toEqual([]);
    },
  );

  it('pushes the tags that were asked for and no others, and takes their records only', async () => {
    const repository = 'some/app';
    await synced(repository, ociImage('some/app'));
    await pushContent(pair.primary, repository, ociImage('some/app two'), { tag: 'v2' });
    await pushContent(pair.primary, repository, ociImage('some/app three'), { tag: 'v3' });
    const pushed = await run(RECOPY, repository, ['v[12]']);
    const whole = await run(DIFF, repository);

    expect(lines(pushed).toSorted()).toEqual(['copy-tag v2 done', 'verify-tag v1 done']);
    expect(pushed.report.totals).toMatchObject({ inSync: 1, copied: 1, ignored: 0 });
    expect(lines(whole)).toEqual(['copy-tag v3 done']);
  });

  it('that somebody else pushed is noticed once, and replaced', async () => {
    const repository = 'foreign/app';
    await synced(repository, ociImage('foreign/app'));
    await pushContent(pair.secondary, repository, ociImage('foreign/other'), { tag: 'v1' });
    const healed = await run(DIFF, repository);
    await pushContent(pair.primary, repository, ociImage('foreign/next'), { tag: 'v1' });
    await run(DIFF, repository);

    expect(lines(healed)).toEqual(['move-tag v1 done']);
    expect(watcher.foreign).toEqual(['foreign/app:v1']);
  });
});
