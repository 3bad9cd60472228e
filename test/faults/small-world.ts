import type { RegistryConfiguration } from '../../src/config/configuration.ts';
import { adHocConfiguration } from '../../src/config/ad-hoc-configuration.ts';
import { Secret } from '../../src/config/secret.ts';
import type { CycleReport } from '../../src/planning/cycle-report.ts';
import { CycleObserver } from '../../src/reconciliation/cycle-observer.ts';
import { Reconciler } from '../../src/reconciliation/reconciler.ts';
import { RegistryConnections } from '../../src/reconciliation/registry-connections.ts';
import { RegistryObserver } from '../../src/registry/registry-observer.ts';
import type { Patience } from '../../src/registry/transport/watchdog.ts';
import { MemoryStateStore } from '../../src/state/memory-state.store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import type { Clock } from '../../src/time/clock.ts';
import { blobOf, contentOf, descriptorOf, manifestOf, type BuiltContent } from '../builders/built-content.ts';
import { ociImage } from '../builders/image-content.ts';
import { indexOver } from '../builders/index-content.ts';
import { mediaTypes } from '../builders/media-types.ts';
import { referrerOf } from '../builders/referrer-content.ts';
import { distribution28, distribution31 } from '../fakes/fake-distribution-profiles.ts';
import type { FakeAuth } from '../fakes/fake-auth.ts';
import type { FakeProfile } from '../fakes/fake-profile.ts';
import { FakeRegistry } from '../fakes/fake-registry.ts';
import { FakeStorage } from '../fakes/fake-storage.ts';
import { FakeTokenServer } from '../fakes/fake-token-server.ts';
import { zot } from '../fakes/fake-vendor-profiles.ts';
import { seed } from '../integration/execution/copy-bench.ts';
import { VirtualClock } from '../integration/registry/virtual-clock.ts';

const USER = 'sync';
const PASSWORD = 'secret of the small world';

/** Two entries on a page of tags and one of repositories, so that there is a next page of each. */
function paged(profile: FakeProfile): FakeProfile {
  return {
    ...profile,
    catalog: { ...profile.catalog, defaultPage: 1 },
    tags: { ...profile.tags, paging: 'after-last', defaultPage: 2 },
    referrers: { ...profile.referrers, pageSize: 1 },
  };
}

const amd64 = ociImage('small world, amd64');
const arm64 = ociImage('small world, arm64');
const index = indexOver([amd64, arm64], [descriptorOf(amd64.root), descriptorOf(arm64.root)]);
const opaque = blobOf('application/vnd.example.thing', Buffer.from('{"not":"a manifest"}'));
const odd = contentOf(
  manifestOf(mediaTypes.ociIndex, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [descriptorOf(opaque), descriptorOf(amd64.root)],
  }),
  [opaque],
  [amd64],
);
const same = ociImage('small world, the same on both sides');
const older = ociImage('small world, where the tag was');
const gone = ociImage('small world, an orphan');

/** `app`: one tag to copy, with two signatures, one that moved, one that is the same. `base`: one that shares blobs with `app`. */
function primaryTemplate(): FakeStorage {
  const storage = new FakeStorage();
  seed(storage, 'team/app', index, 'new');
  seed(storage, 'team/app', arm64, 'moved');
  seed(storage, 'team/app', same, 'same');
  for (const name of ['first', 'second'])
    seedUntagged(storage, 'team/app', referrerOf(`${name} signature`, index.root));
  seed(storage, 'team/base', odd, 'odd');
  return storage;
}

/** Besides: an orphan, which shares its digest with a tag that stays. */
function secondaryTemplate(): FakeStorage {
  const storage = new FakeStorage();
  seed(storage, 'team/app', older, 'moved');
  seed(storage, 'team/app', same, 'same');
  seed(storage, 'team/app', same, 'shared');
  seed(storage, 'team/app', gone, 'gone');
  return storage;
}

function seedUntagged(storage: FakeStorage, repository: string, content: BuiltContent): void {
  seed(storage, repository, content, 'x');
  storage.deleteTag(repository, 'x');
}

const PRIMARY = primaryTemplate();
const SECONDARY = secondaryTemplate();

/** What a world has besides two registries; each costs requests, so a test asks for what it needs. */
export interface WorldFeatures {
  readonly deletions: 'by-name' | 'tombstone';
  readonly auth: 'none' | 'bearer';
  readonly blobs: 'served' | 'blob-origin';
  /** Whether signatures are looked for. */
  readonly referrers: 'all' | 'none';
}

/** Two registries, and a state that outlives a cycle. */
export class SmallWorld {
  readonly primary: FakeRegistry;
  readonly secondary: FakeRegistry;
  readonly #features: WorldFeatures;
  readonly #clock: VirtualClock;
  readonly #store: StateStore;

  private constructor(
    [primary, secondary]: readonly [FakeRegistry, FakeRegistry],
    features: WorldFeatures,
    [clock, store]: readonly [VirtualClock, StateStore],
  ) {
    this.primary = primary;
    this.secondary = secondary;
    this.#features = features;
    this.#clock = clock;
    this.#store = store;
  }

  /** @param storeOn makes the state, if it is to be another one than memory. */
  static async open(
    features: WorldFeatures,
    storeOn: (clock: Clock) => StateStore = (clock) => new MemoryStateStore(clock),
  ): Promise<SmallWorld> {
    const clock = new VirtualClock();
    const auth = (): FakeAuth =>
      features.auth === 'none'
        ? { kind: 'none' }
        : { kind: 'bearer', tokens: new FakeTokenServer({ users: { [USER]: PASSWORD } }) };
    const primary = await FakeRegistry.start({
      profile: paged(zot),
      storage: PRIMARY.snapshot(),
      auth: auth(),
      blobs: features.blobs,
    });
    const secondary = await FakeRegistry.start({
      profile: paged(features.deletions === 'tombstone' ? distribution28 : distribution31),
      storage: SECONDARY.snapshot(),
      auth: auth(),
    });
    return new SmallWorld([primary, secondary], features, [clock, storeOn(clock)]);
  }

  letPass(seconds: number): void {
    this.#clock.advance(seconds);
  }

  /** One cycle with connections of its own, as a process that was started anew. */
  async cycle(patience?: Patience, signal?: AbortSignal): Promise<CycleReport> {
    const connections = new RegistryConnections(this.#clock, new RegistryObserver(), patience);
    const reconciler = new Reconciler({
      connections,
      store: this.#store,
      clock: this.#clock,
      observer: new SilentObserver(),
    });
    try {
      return await reconciler.run({ work: { command: 'sync' }, links: this.#links() }, signal);
    } finally {
      connections.close();
    }
  }

  /** What the secondary's tags are to be. */
  get expected(): ReadonlyMap<string, string> {
    const { storage } = this.primary;
    return new Map(
      storage
        .repositories()
        .flatMap((name) =>
          [...storage.tags(name)].map(([tag, digest]) => [`${name}:${tag}`, digest] as const),
        ),
    );
  }

  /** What they are, referrers tags left out: those are derived. */
  get actual(): ReadonlyMap<string, string> {
    const { storage } = this.secondary;
    return new Map(
      storage
        .repositories()
        .flatMap((name) =>
          [...storage.tags(name)]
            .filter(([tag]) => !tag.startsWith('sha256-'))
            .map(([tag, digest]) => [`${name}:${tag}`, digest] as const),
        ),
    );
  }

  get defects(): readonly unknown[] {
    return [...this.primary.defects, ...this.secondary.defects];
  }

  async close(): Promise<void> {
    await this.primary.stop();
    await this.secondary.stop();
  }

  #links() {
    const { links } = adHocConfiguration(
      {
        primary: this.primary.url,
        secondary: [this.secondary.url],
        repository: [],
        tag: [],
        platform: [],
        deleteOrphans: true,
        deleteFallback: this.#features.deletions === 'tombstone' ? 'tombstone' : 'none',
      },
      { HOME: '/nonexistent' },
    );
    return links.map((link) => ({
      ...link,
      policy: { ...link.policy, referrers: this.#features.referrers },
      primary: withPassword(link.primary),
      secondaries: link.secondaries.map(withPassword),
    }));
  }
}

class SilentObserver extends CycleObserver {}

function withPassword(registry: RegistryConfiguration): RegistryConfiguration {
  return {
    ...registry,
    credentials: { kind: 'basic', username: USER, password: new Secret(PASSWORD) },
  };
}
