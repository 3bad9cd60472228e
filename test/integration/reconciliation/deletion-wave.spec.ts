import { afterEach, expect, it } from '@jest/globals';

import { adHocConfiguration } from '../../../src/config/ad-hoc-configuration.ts';
import { parseRepositoryName } from '../../../src/oci/reference.ts';
import type { DeletionPolicy } from '../../../src/policy/deletion-policy.ts';
import { CycleObserver } from '../../../src/reconciliation/cycle-observer.ts';
import type {
  LinkSession,
  RunListeners,
  SecondaryOutcome,
} from '../../../src/reconciliation/link-session.ts';
import { Reconciler } from '../../../src/reconciliation/reconciler.ts';
import { RegistryConnections } from '../../../src/reconciliation/registry-connections.ts';
import { RegistryObserver } from '../../../src/registry/registry-observer.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import { ociImage } from '../../builders/image-content.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import { FakeStorage } from '../../fakes/fake-storage.ts';
import { seed } from '../execution/copy-bench.ts';
import { VirtualClock } from '../registry/virtual-clock.ts';

const [LIVING, LOST] = ['team/living', 'team/lost'].map(parseRepositoryName);
const DELETING: Partial<DeletionPolicy> = { orphans: 'delete', minAbsenceSeconds: 0, minObservations: 1 };

class Unobserved extends CycleObserver {}

const clock = new VirtualClock();
const connections = new RegistryConnections(clock, new RegistryObserver());
const end = new AbortController();
let registries: readonly FakeRegistry[] = [];

afterEach(async () => {
  end.abort();
  connections.close();
  for (const registry of registries) await registry.stop();
});

it('knows of repositories that another process found gone, once all copies of the cycle are through', async () => {
  const storage = new FakeStorage();
  for (const tag of ['v1', 'v2']) seed(storage, LIVING!, ociImage(tag), tag);
  seed(storage, LOST!, ociImage('lost'), 'v1');
  const primary = await FakeRegistry.start({ storage });
  const secondary = await FakeRegistry.start({ storage: storage.snapshot() });
  registries = [primary, secondary];
  const store = new MemoryStateStore(clock);
  const flags = {
    repository: [],
    tag: [],
    platform: [],
    deleteOrphans: false,
    deleteFallback: 'none',
  } as const;
  const { links } = adHocConfiguration(
    { primary: primary.url, secondary: [secondary.url], ...flags },
    { HOME: '/nonexistent' },
  );
  const { policy, ...link } = links[0]!;
  const deletions = { ...policy.deletions, ...DELETING };
  /** As another process, or another cycle, has it. */
  const session = (cycleId: string): LinkSession =>
    new Reconciler({ connections, store, clock, observer: new Unobserved() }).openSession(
      { ...link, policy: { ...policy, deletions } },
      { work: { command: 'sync' }, cycleId, signal: end.signal },
    );
  const taskOf = (name: string) =>
    ({
      repository: { name, namedBy: 'catalog', tags: [] },
      history: 'clean',
      secondaries: link.secondaries.map((one) => one.name),
    }) as const;
  const heard = async (run: (listeners: RunListeners) => Promise<void>): Promise<SecondaryOutcome> => {
    const outcomes: SecondaryOutcome[] = [];
    const ended = (outcome: SecondaryOutcome): Promise<void> => Promise.resolve(void outcomes.push(outcome));
    await run({ lags: () => undefined, ended });
    return outcomes[0]!;
  };
  const copy = (of: LinkSession, name: string): Promise<SecondaryOutcome> =>
    heard((listeners) => of.copy(taskOf(name), listeners));
  for (const name of [LIVING!, LOST!]) await copy(session('first'), name);
  storage.deleteTag(LIVING!, 'v2');
  storage.deleteRepository(LOST!);

  const mine = session('second');
  const copied = await copy(mine, LIVING!);
  await copy(session('second'), LOST!);
  const deleted = await heard((listeners) =>
    mine.copyAndDelete(taskOf(LIVING!), listeners, () => Promise.resolve(1)),
  );

  expect(copied).toMatchObject({ wantedDeletions: 1 });
  expect(deleted.report.steps).toMatchObject([
    {
      tag: 'v2',
      outcome: 'held',
      reason: 'OVER_BUDGET',
      message: '1 of 2 repositories are gone from the primary, more than 5 % of its catalog',
    },
  ]);
  expect([...secondary.storage.tags(LIVING!).keys()]).toEqual(['v1', 'v2']);
});
