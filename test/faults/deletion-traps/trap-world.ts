import { adHocConfiguration } from '../../../src/config/ad-hoc-configuration.ts';
import type { LinkConfiguration } from '../../../src/config/configuration.ts';
import type { CycleReport } from '../../../src/planning/cycle-report.ts';
import type { DeletionPolicy } from '../../../src/policy/deletion-policy.ts';
import type { ReplicationPolicy } from '../../../src/policy/replication-policy.ts';
import { CycleObserver } from '../../../src/reconciliation/cycle-observer.ts';
import { Reconciler } from '../../../src/reconciliation/reconciler.ts';
import { RegistryConnections } from '../../../src/reconciliation/registry-connections.ts';
import { RegistryObserver } from '../../../src/registry/registry-observer.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import type { BuiltContent } from '../../builders/built-content.ts';
import { ociImage } from '../../builders/image-content.ts';
import { distribution31 } from '../../fakes/fake-distribution-profiles.ts';
import type { FakeProfile } from '../../fakes/fake-profile.ts';
import { FakeRegistry } from '../../fakes/fake-registry.ts';
import { FakeStorage } from '../../fakes/fake-storage.ts';
import { seed } from '../../integration/execution/copy-bench.ts';
import { VirtualClock } from '../../integration/registry/virtual-clock.ts';
import { DeletionWitness } from './deletion-witness.ts';
import { POLICY } from './gate-trap.ts';

export const APP = 'team/app';
export const BASE = 'team/base';
export const ORPHAN = 'old';

/** Between two cycles of the default schedule. */
const CYCLE_SECONDS = 600;

const old = ociImage('trap world, old');
export const stranger = ociImage('trap world, from elsewhere');

/** `twin` shares its digest with the orphan: whoever deletes by digest takes it along. */
const contents: readonly (readonly [repository: string, tag: string, content: BuiltContent])[] = [
  [APP, ORPHAN, old],
  [APP, 'twin', old],
  [APP, 'v1', ociImage('trap world, v1')],
  [APP, 'v2', ociImage('trap world, v2')],
  [APP, 'v3', ociImage('trap world, v3')],
  [BASE, 'canary', ociImage('trap world, canary')],
];

function template(): FakeStorage {
  const storage = new FakeStorage();
  for (const [repository, tag, content] of contents) seed(storage, repository, content, tag);
  return storage;
}

const TEMPLATE = template();

/** Two tags on a page, so that a list has a first, a middle and a last one. */
export function paged(profile: FakeProfile): FakeProfile {
  return { ...profile, tags: { ...profile.tags, paging: 'after-last', defaultPage: 2 } };
}

export interface WorldSetting {
  readonly deletions?: Partial<DeletionPolicy>;
  readonly policy?: Partial<ReplicationPolicy>;
  readonly primary?: FakeProfile;
  readonly secondary?: FakeProfile;
}

/** Two equal registries of two repositories, a state that outlives a cycle, a clock that nobody waits for, and a witness. */
export class TrapWorld {
  readonly clock = new VirtualClock();
  readonly secondary: FakeRegistry;
  readonly witness: DeletionWitness;
  primary: FakeRegistry;
  setting: WorldSetting;
  store = new MemoryStateStore(this.clock);
  /** Tags of the secondary that the trap itself took or changed, as `repository:tag`. */
  readonly harmed = new Set<string>();
  readonly #registries: FakeRegistry[];
  readonly #violations: string[] = [];

  private constructor(primary: FakeRegistry, secondary: FakeRegistry, setting: WorldSetting) {
    this.primary = primary;
    this.secondary = secondary;
    this.setting = setting;
    this.#registries = [primary, secondary];
    this.witness = new DeletionWitness(primary, secondary);
  }

  static async open(setting: WorldSetting = {}): Promise<TrapWorld> {
    const profile = paged(distribution31);
    const primary = await FakeRegistry.start({
      profile: setting.primary ?? profile,
      storage: TEMPLATE.snapshot(),
    });
    const secondary = await FakeRegistry.start({
      profile: setting.secondary ?? profile,
      storage: TEMPLATE.snapshot(),
    });
    return new TrapWorld(primary, secondary, setting);
  }

  get policy(): DeletionPolicy {
    return { ...POLICY, ...this.setting.deletions };
  }

  /** Another registry answers under another address from now on; it holds what the storage holds. */
  async movePrimary(storage: FakeStorage): Promise<void> {
    this.primary = await FakeRegistry.start({ profile: this.primary.profile, storage });
    this.#registries.push(this.primary);
    this.witness.primaryIs(this.primary);
  }

  /** One cycle of the schedule, as a process that was started anew. */
  async cycle(seconds = CYCLE_SECONDS): Promise<CycleReport> {
    this.clock.advance(seconds);
    this.witness.nextCycle();
    const before = this.#tagsOfBoth();
    const connections = new RegistryConnections(this.clock, new RegistryObserver());
    const { clock, store } = this;
    try {
      const reconciler = new Reconciler({ connections, store, clock, observer: new SilentObserver() });
      return await reconciler.run({ work: { command: 'sync' }, links: this.#links() });
    } finally {
      connections.close();
      this.#compare(before);
    }
  }

  /** Everything that no cycle may do and one did. */
  get violations(): readonly string[] {
    return [...this.#violations, ...this.witness.violations(this.policy)];
  }

  async close(): Promise<void> {
    for (const registry of this.#registries) await registry.stop();
  }

  get defects(): readonly unknown[] {
    return this.#registries.flatMap(({ defects }) => defects);
  }

  #tagsOfBoth(): { readonly primary: ReadonlySet<string>; readonly secondary: ReadonlySet<string> } {
    return { primary: namesIn(this.primary.storage), secondary: namesIn(this.secondary.storage) };
  }

  /** What was on both sides before and is on the primary still must be on the secondary, and only what was told to go may be gone. */
  #compare(before: { readonly primary: ReadonlySet<string>; readonly secondary: ReadonlySet<string> }): void {
    const after = this.#tagsOfBoth();
    for (const name of before.secondary) {
      if (after.secondary.has(name) || this.harmed.has(name)) continue;
      const [repository, tag] = name.split(':') as [string, string];
      if (before.primary.has(name) && after.primary.has(name))
        this.#violations.push(`${name} went, and the primary has it`);
      else if (!this.witness.deletedNow(repository).has(tag) && this.policy.fallback === 'none')
        this.#violations.push(`${name} went, and nobody told it to`);
    }
  }

  #links(): readonly LinkConfiguration[] {
    const { links } = adHocConfiguration(
      {
        primary: this.primary.url,
        secondary: [this.secondary.url],
        repository: [],
        tag: [],
        platform: [],
        deleteOrphans: false,
        deleteFallback: 'none',
      },
      { HOME: '/nonexistent' },
    );
    return links.map((link) => ({
      ...link,
      policy: { ...link.policy, referrers: 'none', ...this.setting.policy, deletions: this.policy },
    }));
  }
}

class SilentObserver extends CycleObserver {}

function namesIn(storage: FakeStorage): ReadonlySet<string> {
  return new Set(
    storage
      .repositories()
      .flatMap((repository) => [...storage.tags(repository).keys()].map((tag) => `${repository}:${tag}`)),
  );
}
