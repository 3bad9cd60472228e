import type { LinkConfiguration } from '../../../src/config/configuration.ts';
import { parseRepositoryName, parseTag } from '../../../src/oci/reference.ts';
import type { DeletionPolicy } from '../../../src/policy/deletion-policy.ts';
import type { CycleReport } from '../../../src/planning/cycle-report.ts';
import type { StateStore } from '../../../src/state/state-store.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import type { BuiltContent } from '../../builders/built-content.ts';
import { ociImage } from '../../builders/image-content.ts';
import { newBlobLedger, pushContent, tagManifest } from '../../builders/push-content.ts';
import { readTagMap } from '../../builders/registry-witness.ts';
import { reconcile } from '../../integration/reconciliation/reconcile.ts';
import type { RunningRegistry } from '../../registries/registry-provider.ts';
import { LyingProxy, type Liar } from './lying-proxy.ts';
import type { Trick } from './tricks.ts';

/** Images by the names that the tables use. */
export const IMAGES = {
  kept: ociImage('a tag of both sides'),
  live: ociImage('another tag of both sides'),
  shared: ociImage('an image under a tag of both sides and under an orphan'),
  old: ociImage('an image that only the secondary has'),
  other: ociImage('an image that somebody pushes meanwhile'),
} as const;

/** The truth at the beginning: what the primary has, and what the secondary has besides. */
const ON_BOTH = { keep: IMAGES.kept, live: IMAGES.live, twin: IMAGES.shared } as const;
const ORPHANS = { gone: IMAGES.shared, old: IMAGES.old } as const;

/** The real registries behind all stages. */
export interface Backstage {
  readonly primary: RunningRegistry;
  readonly secondary: RunningRegistry;
  /** A third one, which nobody has configured. */
  readonly stranger: RunningRegistry;
}

/** The secondary of every link. */
export const SECONDARY_NAME = 'us';

/** What a stage is asked to play. */
export interface Play {
  readonly primary?: readonly Trick[];
  readonly secondary?: readonly Trick[];
  readonly cycles?: number;
  /** Default: what an operator's `--delete-orphans` means. */
  readonly policy?: Partial<DeletionPolicy>;
  /** A tag of the repository that proves that the right primary answers. */
  readonly sentinel?: string | undefined;
  /** How the link names the repository; default: exactly, so that no catalog is asked. */
  readonly by?: 'name' | 'pattern';
}

/** Waits are cut short: what is tried again is tried again at once. */
class HurriedClock extends SystemClock {
  override async sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    await super.sleep(Math.min(seconds, 0.002), signal);
  }
}

/** One repository on real registries, and the proxies in front of them that lie. */
export class Stage {
  readonly repository: string;
  readonly backstage: Backstage;
  readonly store: StateStore = new MemoryStateStore(new SystemClock());
  cycle = 0;

  constructor(backstage: Backstage, repository: string) {
    this.backstage = backstage;
    this.repository = repository;
  }

  /** Fills both sides with the truth. */
  async set(): Promise<void> {
    const { primary, secondary } = this.backstage;
    await Promise.all([
      pushAll(primary, this.repository, ON_BOTH),
      pushAll(secondary, this.repository, { ...ON_BOTH, ...ORPHANS }),
    ]);
  }

  async push(side: keyof Backstage, tag: string, content: BuiltContent): Promise<void> {
    await pushAll(this.backstage[side], this.repository, { [tag]: content });
  }

  /** Tags with digests, as the real registry has them. */
  async truth(side: keyof Backstage): Promise<ReadonlyMap<string, string | null>> {
    return await readTagMap(this.backstage[side], this.repository);
  }

  /** Runs the cycles of a play; gives back the report of each. */
  async play({ primary = [], secondary = [], cycles = 1, policy = {}, by, sentinel }: Play): Promise<Played> {
    const before = await LyingProxy.start(this.backstage.primary, this.#liar(primary));
    const behind = await LyingProxy.start(this.backstage.secondary, this.#liar(secondary));
    const reports: CycleReport[] = [];
    try {
      for (this.cycle = 1; this.cycle <= cycles; this.cycle += 1) {
        reports.push(
          await reconcile({
            options: {
              primary: before.url,
              secondary: [behind.url],
              repository: [by === 'pattern' ? this.repository.replace(/[^/]+$/, '*') : this.repository],
              deleteOrphans: true,
              maxDeletions: '100',
            },
            clock: new HurriedClock(),
            store: this.store,
            change: (configuration) => ({
              ...configuration,
              links: configuration.links.map((link) => this.#named(link, { policy, sentinel })),
            }),
          }),
        );
      }
      return { reports, deletesOnPrimary: before.deletes, deletesOnSecondary: behind.deletes };
    } finally {
      await Promise.all([before.stop(), behind.stop()]);
    }
  }

  /** An ad-hoc link with names of its own, and what its flags cannot say. */
  #named(
    link: LinkConfiguration,
    { policy = {}, sentinel }: Pick<Play, 'policy' | 'sentinel'>,
  ): LinkConfiguration {
    const deletions: DeletionPolicy = {
      ...link.policy.deletions,
      ...policy,
      ...(sentinel === undefined
        ? {}
        : { sentinel: { repository: parseRepositoryName(this.repository), tag: parseTag(sentinel) } }),
    };
    return {
      ...link,
      policy: { ...link.policy, deletions },
      secondaries: link.secondaries.map((secondary) => ({ ...secondary, name: SECONDARY_NAME })),
    };
  }

  #liar(tricks: readonly Trick[]): Liar {
    const seen = new Map<Trick, number>();
    return async (exchange) => {
      for (const trick of tricks) {
        if (trick.cycle !== undefined && trick.cycle !== this.cycle) continue;
        if (!trick.on(exchange)) continue;
        const { from = 1, times = Infinity } = trick;
        const nth = (seen.get(trick) ?? 0) + 1;
        seen.set(trick, nth);
        if (nth >= from && nth < from + times) return await trick.react(exchange, this);
      }
      return await exchange.ask();
    };
  }
}

export interface Played {
  readonly reports: readonly CycleReport[];
  readonly deletesOnPrimary: readonly string[];
  readonly deletesOnSecondary: readonly string[];
}

const ledgers = new Map<string, ReturnType<typeof newBlobLedger>>();

export async function pushAll(
  registry: RunningRegistry,
  repository: string,
  tags: Readonly<Record<string, BuiltContent>>,
): Promise<void> {
  const ledger = ledgers.get(registry.url) ?? newBlobLedger();
  ledgers.set(registry.url, ledger);
  const pushed = new Set<BuiltContent>();
  for (const [tag, content] of Object.entries(tags)) {
    if (pushed.has(content)) await tagManifest(registry, repository, tag, content);
    else await pushContent(registry, repository, content, { tag, ledger });
    pushed.add(content);
  }
}
