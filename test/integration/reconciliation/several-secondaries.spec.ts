import { afterEach, describe, expect, it } from '@jest/globals';
import { adHocConfiguration } from '../../../src/config/ad-hoc-configuration.ts';
import { BlobSpool } from '../../../src/execution/blob-spool.ts';
import type { CycleReport } from '../../../src/planning/cycle-report.ts';
import { CycleObserver, type LinkName } from '../../../src/reconciliation/cycle-observer.ts';
import { Reconciler } from '../../../src/reconciliation/reconciler.ts';
import { RegistryConnections } from '../../../src/reconciliation/registry-connections.ts';
import { RegistryObserver } from '../../../src/registry/registry-observer.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import { descriptorOf } from '../../builders/built-content.ts';
import { ociImage } from '../../builders/image-content.ts';
import { indexOver } from '../../builders/index-content.ts';
import { referrerOf } from '../../builders/referrer-content.ts';
import { answer } from '../../fakes/fake-answer.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import { FakeStorage } from '../../fakes/fake-storage.ts';
import { seed } from '../execution/copy-bench.ts';
import { VirtualClock } from '../registry/virtual-clock.ts';

/** More than are worked on at once. */
const REPOSITORIES = 20;

class Watcher extends CycleObserver {
  readonly finished = new Map<string, number>();
  readonly onFinished: (secondary: string, repositories: number) => void;

  constructor(onFinished: (secondary: string, repositories: number) => void) {
    super();
    this.onFinished = onFinished;
  }

  override repositoryFinished({ secondary }: LinkName): void {
    const repositories = (this.finished.get(secondary) ?? 0) + 1;
    this.finished.set(secondary, repositories);
    this.onFinished(secondary, repositories);
  }
}

/** One primary, several secondaries, and a state that outlives a cycle. */
class FanOut {
  readonly clock = new VirtualClock();
  readonly spool: BlobSpool;
  readonly store = new MemoryStateStore(this.clock);
  readonly primary: FakeRegistry;
  readonly secondaries: readonly FakeRegistry[];

  constructor(primary: FakeRegistry, secondaries: readonly FakeRegistry[], spool = new BlobSpool()) {
    this.primary = primary;
    this.secondaries = secondaries;
    this.spool = spool;
  }

  async cycle(
    onFinished: (secondary: string, repositories: number) => void = () => undefined,
  ): Promise<CycleReport> {
    const { clock, store, spool } = this;
    const connections = new RegistryConnections(clock, new RegistryObserver());
    const { links } = adHocConfiguration(
      {
        primary: this.primary.url,
        secondary: this.secondaries.map(({ url }) => url),
        repository: [],
        tag: [],
        platform: [],
        deleteOrphans: true,
        deleteFallback: 'none',
      },
      { HOME: '/nonexistent' },
    );
    const observer = new Watcher(onFinished);
    try {
      const reconciler = new Reconciler({ connections, store, clock, observer, spool });
      return await reconciler.run({ work: { command: 'sync' }, links });
    } finally {
      connections.close();
    }
  }

  /** Whether a secondary has every tag of the primary. */
  isEqual(secondary: FakeRegistry): boolean {
    const tagsOf = ({ storage }: FakeRegistry): string[] =>
      storage
        .repositories()
        .flatMap((name) => [...storage.tags(name)].map(([tag, digest]) => `${name}:${tag} ${digest}`))
        .filter((line) => !line.includes(':sha256-'))
        .sort();
    return tagsOf(this.primary).join('\n') === tagsOf(secondary).join('\n');
  }
}

const running: FakeRegistry[] = [];

async function start(storage?: FakeStorage): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start(storage === undefined ? {} : { storage });
  running.push(registry);
  return registry;
}

async function fanOut(secondaries: number, spool?: BlobSpool): Promise<FanOut> {
  const storage = new FakeStorage();
  const shared = ociImage('in every repository');
  for (let number = 0; number < REPOSITORIES; number += 1) {
    const own = ociImage(`only in ${number}`);
    const index = indexOver([shared, own], [descriptorOf(shared.root), descriptorOf(own.root)]);
    seed(storage, `team/app-${number}`, index, 'v1');
    seed(storage, `team/app-${number}`, referrerOf(`signature ${number}`, index.root), 'signature');
  }
  const primary = await start(storage);
  const others: FakeRegistry[] = [];
  for (let number = 0; number < secondaries; number += 1) others.push(await start());
  return new FanOut(primary, others, spool);
}

function primaryReads({ history }: FakeRegistry): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation } of history.all) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

function blobReads({ history }: FakeRegistry): number {
  return history.count({ operation: 'get-blob' });
}

function outcomes({ links }: CycleReport): string[] {
  return links.map(({ outcome }) => outcome);
}

afterEach(async () => {
  for (const registry of running.splice(0)) {
    await registry.stop();
    expect(registry.defects).toEqual([]);
  }
});

describe('a link with several secondaries', () => {
  it('reads the primary as often for four of them as for one, each blob once', async () => {
    const one = await fanOut(1);
    await one.cycle();
    const four = await fanOut(4);

    const report = await four.cycle();

    expect(outcomes(report)).toEqual(['in-sync', 'in-sync', 'in-sync', 'in-sync']);
    expect(four.secondaries.map((secondary) => four.isEqual(secondary))).toEqual([true, true, true, true]);
    expect(primaryReads(four.primary)).toEqual(primaryReads(one.primary));
    const digests = four.primary.history
      .matching({ operation: 'get-blob' })
      .map(({ reference }) => reference);
    expect(new Set(digests).size).toBe(digests.length);
    expect(four.spool.usedBytes).toBe(0);
  });

  it('reads the primary as often for two unchanged ones as for one', async () => {
    const counts: Record<string, number>[] = [];
    for (const secondaries of [1, 2]) {
      const world = await fanOut(secondaries);
      await world.cycle();
      const before = primaryReads(world.primary);
      await world.cycle();
      const after = primaryReads(world.primary);
      counts.push(
        Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)])),
      );
    }
    expect(counts[1]).toEqual(counts[0]);
  });

  it('puts nothing on the disk for a single secondary', async () => {
    const reserved: number[] = [];
    const spool = new (class extends BlobSpool {
      override reserve(sizeBytes: number): ReturnType<BlobSpool['reserve']> {
        reserved.push(sizeBytes);
        return super.reserve(sizeBytes);
      }
    })();
    const world = await fanOut(1, spool);
    expect(outcomes(await world.cycle())).toEqual(['in-sync']);
    expect(reserved).toEqual([]);
  });

  it.each([
    ['without room', { limitBytes: 0 }],
    ['with room for a blob or two', { limitBytes: 1500 }],
    ['in a directory that is not there', { directory: '/nonexistent' }],
  ])('copies all the same with a spool %s', async (_title, options) => {
    const world = await fanOut(2, new BlobSpool(options));
    expect(outcomes(await world.cycle())).toEqual(['in-sync', 'in-sync']);
    expect(world.secondaries.every((secondary) => world.isEqual(secondary))).toBe(true);
    expect(world.spool.usedBytes).toBe(0);
  });

  it('lets the others finish while one stands still', async () => {
    const world = await fanOut(3);
    const [slow] = world.secondaries as [FakeRegistry];
    const gate = Promise.withResolvers<undefined>();
    slow.faults.add({ operation: 'commit-upload', fault: { kind: 'hold', until: gate.promise } });
    const finished: string[] = [];

    const report = await world.cycle((secondary, repositories) => {
      if (repositories < REPOSITORIES) return;
      finished.push(secondary);
      if (finished.length === 2) gate.resolve(undefined);
    });

    expect(outcomes(report)).toEqual(['in-sync', 'in-sync', 'in-sync']);
    expect(finished[2]).toBe(report.links[0]?.secondary);
    expect(world.isEqual(slow)).toBe(true);
  });

  it('sends an upload that broke again without asking the primary again', async () => {
    const world = await fanOut(2);
    const [frail] = world.secondaries as [FakeRegistry];
    frail.faults.add({
      operation: 'commit-upload',
      times: 3,
      fault: { kind: 'reset', afterRequestBytes: 100 },
    });
    const straight = await fanOut(1);
    await straight.cycle();

    expect(outcomes(await world.cycle())).toEqual(['in-sync', 'in-sync']);
    expect(blobReads(world.primary)).toBe(blobReads(straight.primary));
  });

  it.each<[string, Fault]>([
    ['refuses with 500', { kind: 'answer', answer: answer(500) }],
    ['drops every connection', { kind: 'reset' }],
  ])('spares the others a secondary that half-way %s', async (_title, fault) => {
    const world = await fanOut(3);
    const [dying, ...others] = world.secondaries as [FakeRegistry, ...FakeRegistry[]];
    let writes = 0;
    const death = dying.faults.add({
      when: ({ operation }) => {
        if (operation === 'put-tag') writes += 1;
        return writes > 10;
      },
      fault,
    });

    const report = await world.cycle();

    expect(outcomes(report)).toEqual(['partial', 'in-sync', 'in-sync']);
    expect(others.every((secondary) => world.isEqual(secondary))).toBe(true);
    // Without a breaker each of what was left would be asked for seven times over.
    const failed = report.links[0]?.repositories.flatMap(({ steps }) => steps) ?? [];
    expect(failed.filter(({ outcome }) => outcome === 'skipped')).toEqual([]);

    death.remove();
    expect(outcomes(await world.cycle())).toEqual(['in-sync', 'in-sync', 'in-sync']);
    expect(world.isEqual(dying)).toBe(true);
  });

  it('deletes nothing on a secondary that is away, and its orphans elsewhere', async () => {
    const world = await fanOut(2);
    await world.cycle();
    const orphan = ociImage('an orphan');
    for (const { storage } of world.secondaries) seed(storage, 'team/app-0', orphan, 'gone');
    const [away, there] = world.secondaries as [FakeRegistry, FakeRegistry];
    away.faults.add({
      when: ({ operation }) => operation !== 'ping',
      fault: { kind: 'answer', answer: answer(503) },
    });

    const report = await world.cycle();

    expect(report.links[0]?.outcome).not.toBe('in-sync');
    expect(report.links[0]?.totals.inSync).toBe(0);
    expect(away.storage.tags('team/app-0').has('gone')).toBe(true);
    expect(there.storage.tags('team/app-0').has('gone')).toBe(false);
  });
});
