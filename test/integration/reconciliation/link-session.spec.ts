import { afterEach, describe, expect, it } from '@jest/globals';
import { adHocConfiguration } from '../../../src/config/ad-hoc-configuration.ts';
import { CycleObserver } from '../../../src/reconciliation/cycle-observer.ts';
import type { LinkSession, SecondaryOutcome } from '../../../src/reconciliation/link-session.ts';
import type { LagListener } from '../../../src/reconciliation/repository-run.ts';
import { Reconciler } from '../../../src/reconciliation/reconciler.ts';
import { RegistryConnections } from '../../../src/reconciliation/registry-connections.ts';
import { RegistryObserver } from '../../../src/registry/registry-observer.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import { ociImage } from '../../builders/image-content.ts';
import { answer } from '../../fakes/fake-answer.ts';
import type { Fault } from '../../fakes/fake-fault.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import { FakeStorage } from '../../fakes/fake-storage.ts';
import { seed } from '../execution/copy-bench.ts';
import { VirtualClock } from '../registry/virtual-clock.ts';

/** More than are worked on at once on one secondary. */
const REPOSITORIES = Array.from({ length: 20 }, (_, number) => `team/app-${number}`);

/** Longer than a circuit breaker stays open. */
const PAUSE_SECONDS = 31;

class Unobserved extends CycleObserver {}

/** A session over two secondaries, as a process of the service has it for one cycle. */
class SessionBench {
  readonly clock = new VirtualClock();
  readonly first: FakeRegistry;
  readonly second: FakeRegistry;
  readonly session: LinkSession;
  readonly #primary: FakeRegistry;
  readonly #connections: RegistryConnections;
  readonly #end = new AbortController();
  readonly names: readonly string[];

  private constructor(registries: readonly [FakeRegistry, FakeRegistry, FakeRegistry]) {
    [this.#primary, this.first, this.second] = registries;
    const { clock } = this;
    this.#connections = new RegistryConnections(clock, new RegistryObserver());
    const { links } = adHocConfiguration(
      {
        primary: this.#primary.url,
        secondary: [this.first.url, this.second.url],
        repository: [],
        tag: [],
        platform: [],
        deleteOrphans: false,
        deleteFallback: 'none',
      },
      { HOME: '/nonexistent' },
    );
    const link = links[0]!;
    this.names = link.secondaries.map(({ name }) => name);
    const reconciler = new Reconciler({
      connections: this.#connections,
      store: new MemoryStateStore(clock),
      clock,
      observer: new Unobserved(),
    });
    const { signal } = this.#end;
    this.session = reconciler.openSession(link, { work: { command: 'sync' }, cycleId: 'cycle', signal });
  }

  static async start(): Promise<SessionBench> {
    const storage = new FakeStorage();
    for (const name of REPOSITORIES) seed(storage, name, ociImage(name), 'v1');
    return new SessionBench([
      await FakeRegistry.start({ storage }),
      await FakeRegistry.start(),
      await FakeRegistry.start(),
    ]);
  }

  async copy(repository: string, lags: LagListener = () => undefined): Promise<readonly SecondaryOutcome[]> {
    const task = {
      repository: { name: repository, namedBy: 'catalog', tags: [] },
      history: 'clean',
      secondaries: this.names,
    } as const;
    const outcomes: SecondaryOutcome[] = [];
    await this.session.copy(task, {
      lags,
      ended: (outcome) => Promise.resolve(void outcomes.push(outcome)),
    });
    return outcomes;
  }

  /** What became of every repository on the first secondary, and on the second. */
  async copyAll(): Promise<{ readonly first: string[]; readonly second: string[] }> {
    const outcomes = (await Promise.all(REPOSITORIES.map((name) => this.copy(name)))).flat();
    const of = (index: number): string[] =>
      outcomes
        .filter(({ secondary }) => secondary === this.names[index])
        .map(({ report }) => report.outcome)
        .sort();
    return { first: of(0), second: of(1) };
  }

  async stop(): Promise<void> {
    this.#end.abort();
    this.#connections.close();
    for (const registry of [this.#primary, this.first, this.second]) {
      await registry.stop();
      expect(registry.defects).toEqual([]);
    }
  }
}

function tagged({ storage }: FakeRegistry): number {
  return storage.repositories().filter((name) => storage.tags(name).has('v1')).length;
}

function everywhere(outcome: string): string[] {
  return REPOSITORIES.map(() => outcome);
}

let bench: SessionBench | undefined;

afterEach(async () => {
  await bench?.stop();
  bench = undefined;
});

describe('a session with two secondaries', () => {
  it.each<[string, Fault]>([
    ['answers 503', { kind: 'answer', answer: answer(503) }],
    ['drops every connection', { kind: 'reset' }],
  ])('spares the other one that %s, asks it rarely, and takes it up again', async (_title, fault) => {
    bench = await SessionBench.start();
    const { first: dead, second: alive, clock, session } = bench;
    const death = dead.faults.add({ when: () => true, fault });

    const [one] = REPOSITORIES as [string];
    const whileDying = await bench.copyAll();
    // The pause may be over by now: then this asks whether it is back, and the next one is in the pause for certain.
    await bench.copy(one);
    const requests = (): number[] => bench!.names.map((name) => session.takeRequests(name).secondary);
    requests();
    await bench.copy(one);
    const whileOpen = requests();
    clock.advance(PAUSE_SECONDS);
    death.remove();
    const after = await bench.copyAll();

    expect(whileDying).toEqual({ first: everywhere('failed'), second: everywhere('in-sync') });
    expect(tagged(alive)).toBe(REPOSITORIES.length);
    expect(whileOpen[0]).toBe(0);
    expect(whileOpen[1]).toBeGreaterThan(0);
    expect(after.second).toEqual(everywhere('in-sync'));
    expect(await bench.copyAll()).toEqual({ first: everywhere('in-sync'), second: everywhere('in-sync') });
    expect(tagged(dead)).toBe(REPOSITORIES.length);
  });

  it('tells of every repository that only the slow one is left, and which that is, and asks that no more than 16 at once', async () => {
    bench = await SessionBench.start();
    const { first: slow, second: fast } = bench;
    const gate = Promise.withResolvers<undefined>();
    slow.faults.add({ operation: 'list-tags', fault: { kind: 'hold', until: gate.promise } });
    const lagging: string[] = [];
    const allLag = Promise.withResolvers<undefined>();

    const runs = REPOSITORIES.map((name) =>
      bench!.copy(name, ({ waitsFor }) => {
        expect(waitsFor).toEqual([bench!.names[0]]);
        if (lagging.push(name) === REPOSITORIES.length) allLag.resolve(undefined);
      }),
    );
    await allLag.promise;
    const asked = slow.history.count({ operation: 'list-tags' });
    const copied = [tagged(slow), tagged(fast)];
    gate.resolve(undefined);
    const outcomes = (await Promise.all(runs)).flat();

    expect(asked).toBe(16);
    expect(copied).toEqual([0, REPOSITORIES.length]);
    expect([...lagging].sort()).toEqual([...REPOSITORIES].sort());
    expect(outcomes.map(({ report }) => report.outcome)).toEqual([
      ...everywhere('in-sync'),
      ...everywhere('in-sync'),
    ]);
  });
});
