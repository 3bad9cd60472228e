import { randomUUID } from 'node:crypto';
import type { LinkConfiguration, RegistryConfiguration } from '../config/configuration.ts';
import { BlobSpool } from '../execution/blob-spool.ts';
import { Executor } from '../execution/executor.ts';
import { DirectContent, SharedContent, type PrimaryContent } from '../execution/primary-content.ts';
import { TagDeleter } from '../execution/tag-deleter.ts';
import {
  TagRestorer,
  type Restored,
  type RestoreOrder,
  type TagRestorerParts,
} from '../execution/tag-restorer.ts';
import { PlatformFilter } from '../inventory/platform-filter.ts';
import { ReferrersLister } from '../inventory/referrers-lister.ts';
import { hashOfFilters } from '../policy/policy-hash.ts';
import type { CycleReport, LinkReport } from '../planning/cycle-report.ts';
import { judgeCycleOutcome } from '../planning/report-totals.ts';
import { CircuitBreaker } from '../registry/circuit-breaker.ts';
import { RegistryClient } from '../registry/registry-client.ts';
import type { StateStore } from '../state/state-store.ts';
import type { Clock } from '../time/clock.ts';
import { PullabilityVerifier } from '../verification/pullability-verifier.ts';
import { CapabilityMemory } from './capability-memory.ts';
import { ContentFilter } from './content-filter.ts';
import type { CycleObserver, LinkName } from './cycle-observer.ts';
import type { CycleRequest, CycleWork } from './cycle-request.ts';
import { LinkCatalog } from './link-catalog.ts';
import { deletionAlarm, deletionJournal } from './deletion-ports.ts';
import { LinkCycle } from './link-cycle.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';
import { LinkSession } from './link-session.ts';
import type { RegistryConnections } from './registry-connections.ts';
import type { Neighbour } from './neighbour.ts';

export interface ReconcilerParts {
  readonly connections: RegistryConnections;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly observer: CycleObserver;
  /** Disk for what several secondaries are to get; one for the process unless given. */
  readonly spool?: BlobSpool | undefined;
}

/**
 * Keeps secondaries equal to their primary: for each link reads both sides, compares, copies what differs, deletes what
 * may go, and reports. The order of the stages is in `LinkCycle` and `RepositoryCycle`.
 */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #spool: BlobSpool;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#spool = parts.spool ?? new BlobSpool();
  }

  /**
   * Runs one cycle over the links, one after the other. A failing registry, repository or tag is in the report; only a
   * lost state store or a defect of this program throws.
   *
   * @throws {StateError}
   */
  async run({ work, links }: CycleRequest, signal?: AbortSignal): Promise<CycleReport> {
    const { clock, observer, store } = this.#parts;
    const cycleId = randomUUID();
    const startedAt = clock.now();
    observer.cycleStarted({ cycleId, command: work.command, links: links.flatMap(namesOf) });
    if (work.command === 'sync') {
      await store.cycleStarted({
        cycleId,
        command: work.command,
        startedAt,
        links: links.map(({ name }) => name),
      });
    }
    const reports: LinkReport[] = [];
    for (const link of links) {
      const { context, secondaries } = this.#openLink(link, {
        work,
        cycleId,
        signal,
        verifications: 'unrecorded',
      });
      try {
        reports.push(...(await new LinkCycle(context, secondaries).run()));
      } finally {
        context.primaryContent.close();
      }
    }
    const report: CycleReport = {
      command: work.command,
      cycleId,
      startedAt: startedAt.toISOString(),
      finishedAt: clock.now().toISOString(),
      outcome: judgeCycleOutcome(reports),
      links: reports,
    };
    if (work.command === 'sync') await store.cycleFinished(report);
    observer.cycleFinished(report);
    return report;
  }

  /** Opens one link for a cycle whose repositories are handed out one by one; it ends when the signal aborts. */
  openSession(
    link: LinkConfiguration,
    cycle: { readonly work: CycleWork; readonly cycleId: string; readonly signal: AbortSignal },
  ): LinkSession {
    const { context, secondaries } = this.#openLink(link, { ...cycle, verifications: 'recorded' });
    cycle.signal.addEventListener('abort', () => context.primaryContent.close(), { once: true });
    return new LinkSession(context, secondaries, cycle.signal);
  }

  /** Puts a deleted tag back on one secondary of a link. */
  async restoreTag(
    link: LinkConfiguration,
    registry: RegistryConfiguration,
    order: RestoreOrder,
    signal: AbortSignal,
  ): Promise<Restored> {
    const { context, secondaries } = this.#openLink(
      { ...link, secondaries: [registry] },
      { work: { command: 'sync' }, cycleId: randomUUID(), signal, verifications: 'unrecorded' },
    );
    try {
      const [secondary] = secondaries;
      if (secondary === undefined) throw new Error('a link without a secondary was opened');
      const { client, executor } = secondary;
      const verifier = new PullabilityVerifier(client, 'graph');
      const { platforms } = link.policy;
      // Below a sparse index children are missing on purpose.
      const isSparse = platforms.kind === 'only' && platforms.mode === 'sparse';
      const verify: TagRestorerParts['verify'] = async (repository, digest) => {
        if (!isSparse) await verifier.verify(repository, digest);
      };
      const restorer = new TagRestorer({ primary: context.primary, secondary: client, executor, verify });
      return await restorer.restore(order);
    } finally {
      context.primaryContent.close();
    }
  }

  #openLink(
    link: LinkConfiguration,
    cycle: {
      readonly work: CycleWork;
      readonly cycleId: string;
      readonly signal: AbortSignal | undefined;
      readonly verifications: LinkContext['verifications'];
    },
  ): OpenLink {
    const { store, clock, observer } = this.#parts;
    const { work, cycleId, signal, verifications } = cycle;
    const primary = new RegistryClient(this.#parts.connections.of(link.primary), signal);
    const policyHash = hashOfFilters(link.policy);
    const { platforms } = link.policy;
    const content = new ContentFilter(
      platforms.kind === 'only' ? new PlatformFilter(primary, platforms) : undefined,
    );
    const primaryReferrers = new ReferrersLister(primary);
    const context: LinkContext = {
      link,
      work,
      cycleId,
      policyHash,
      primary,
      primaryContent: this.#contentOf(link, primary),
      primaryReferrers,
      primaryCapabilities: new CapabilityMemory(primary, store),
      neighbours: this.#neighboursOf(link, primary, signal),
      content,
      store,
      catalog: new LinkCatalog(link, store),
      clock,
      observer,
      verifications,
      extent: 'whole',
      history: 'clean',
    };
    return {
      context,
      secondaries: link.secondaries.map((registry) => this.#openSecondary(context, registry, signal)),
    };
  }

  #neighboursOf(
    { primary: registry, neighbours }: LinkConfiguration,
    primary: RegistryClient,
    signal: AbortSignal | undefined,
  ): readonly Neighbour[] {
    return neighbours.map((neighbour) => ({
      link: neighbour.name,
      writing: neighbour.policy,
      primary:
        neighbour.primary === registry
          ? primary
          : new RegistryClient(this.#parts.connections.of(neighbour.primary), signal),
    }));
  }

  #openSecondary(
    context: LinkContext,
    registry: RegistryConfiguration,
    signal: AbortSignal | undefined,
  ): SecondaryContext {
    const { link, work, primary, primaryContent } = context;
    const client = this.#secondaryClient(registry, signal);
    const name: LinkName = { link: link.name, secondary: registry.name };
    const deleter = new TagDeleter({
      primary,
      secondary: client,
      journal: deletionJournal(context, name),
      alarm: deletionAlarm(context, name),
      fallback: link.policy.deletions.fallback,
      seconds: () => context.clock.monotonicSeconds(),
    });
    const walks = work.command === 'verify' && work.depth !== 'tag';
    const verifier = walks
      ? new PullabilityVerifier(client, work.depth === 'content' ? 'content' : 'graph')
      : undefined;
    const executor = new Executor(primaryContent, client);
    const capabilities = new CapabilityMemory(client, context.store);
    return {
      name,
      client,
      executor,
      deleter,
      referrers: new ReferrersLister(client),
      capabilities,
      verifier,
    };
  }

  /** One secondary has nobody to share with: what is read for it goes straight out. */
  #contentOf({ secondaries }: LinkConfiguration, primary: RegistryClient): PrimaryContent {
    return secondaries.length < 2
      ? new DirectContent(primary)
      : new SharedContent(primary, this.#spool, secondaries.length);
  }

  #secondaryClient(registry: RegistryConfiguration, signal: AbortSignal | undefined): RegistryClient {
    const { connections, clock } = this.#parts;
    return new RegistryClient(connections.of(registry), signal, new CircuitBreaker(clock));
  }
}

interface OpenLink {
  readonly context: LinkContext;
  readonly secondaries: readonly SecondaryContext[];
}

function namesOf(link: LinkConfiguration): LinkName[] {
  return link.secondaries.map(({ name }) => ({ link: link.name, secondary: name }));
}
