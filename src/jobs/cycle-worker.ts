import { assembleCycle } from '../reconciliation/cycle-assembly.ts';
import type { CycleObserver } from '../reconciliation/cycle-observer.ts';
import type { ListingScope } from '../reconciliation/link-session.ts';
import { wantedTags } from '../reconciliation/wanted-tags.ts';
import type { LinkConfiguration } from '../config/configuration.ts';
import type { LiveConfiguration } from '../config/live-configuration.ts';
import type { CycleQueueStore } from '../state/cycle-queue.store.ts';
import { DEFAULT_RETENTION, type HistoryStore } from '../state/history.store.ts';
import { namedIn, type LinkCycleRecord, type StoredListing } from '../state/link-cycle.ts';
import type { LinkStateStore } from '../state/link-state.store.ts';
import type { RepositoryRunStore } from '../state/repository-run.store.ts';
import type { StateStore } from '../state/state-store.ts';
import type { Clock } from '../time/clock.ts';
import type { JobQueue } from './job-queue.ts';
import type { LinkSessions } from './link-sessions.ts';
import { retryDelaySeconds } from './retry-delay.ts';
import type { ServiceLog } from './service-log.ts';

export interface CycleWorkerParts {
  readonly configuration: LiveConfiguration;
  readonly cycles: CycleQueueStore;
  readonly runs: RepositoryRunStore;
  readonly links: LinkStateStore;
  readonly history: HistoryStore;
  readonly store: StateStore;
  readonly sessions: LinkSessions;
  readonly queue: JobQueue;
  readonly observer: CycleObserver;
  readonly clock: Clock;
  readonly log: ServiceLog;
}

/** A process that lists for longer than this may be dead; a second listing does no harm but the requests. */
const LISTING_PATIENCE_SECONDS = 30;

/** Jobs of a cycle are put on the queue again after this long: whoever lost one finds it here. */
const DISPATCH_AGAIN_SECONDS = 15;

type FailuresBySecondary = StoredListing['failures'];

/**
 * Moves the cycle of a link on, from where its rows say that it stands: lists, hands out the copies, hands out the deletions when
 * the last copy is done and their number is known, and writes the end down. Doing it twice does no harm.
 */
export class CycleWorker {
  readonly #parts: CycleWorkerParts;

  constructor(parts: CycleWorkerParts) {
    this.#parts = parts;
  }

  /** @throws {StateError} */
  async moveOn(linkName: string): Promise<void> {
    const { configuration, cycles, queue } = this.#parts;
    const link = configuration.link(linkName);
    if (link === undefined) return;
    const cycle = await cycles.startNext(linkName);
    if (cycle === undefined) return;
    const isToList = cycle.cancelledAt === null && cycle.status === 'listing';
    if (isToList && (await cycles.takeListing(cycle.id, LISTING_PATIENCE_SECONDS)))
      await this.#list(cycle, link);
    if (await this.#isOver(cycle.id)) {
      await this.#finish(cycle.id, link);
      // What was asked for meanwhile is next.
      await queue.moveOn(linkName);
    } else await this.#dispatch(cycle.id, linkName);
  }

  /** Whether nothing is left to do; where all copies are done and there are orphans, their wave begins. */
  async #isOver(cycleId: string): Promise<boolean> {
    const { cycles } = this.#parts;
    const cycle = await cycles.load(cycleId);
    if (cycle?.cancelledAt !== null) return true;
    const { status, waiting, withDeletions } = await cycles.progress(cycleId);
    if (status === 'listing' || waiting > 0) return false;
    if (status !== 'copying' || withDeletions === 0) return true;
    await cycles.beginDeletions(cycleId);
    return false;
  }

  async #list(cycle: LinkCycleRecord, link: LinkConfiguration): Promise<void> {
    const { cycles, runs, sessions, store, observer, log } = this.#parts;
    const { session } = sessions.of(cycle, link);
    const { id: cycleId, work } = cycle;
    const names = link.secondaries.map(({ name }) => ({ cycleId, link: link.name, secondary: name }));
    observer.cycleStarted({ cycleId, command: work.command, links: names });
    const startedAt = cycle.startedAt ?? cycle.requestedAt;
    await store.cycleStarted({ cycleId, command: work.command, startedAt, links: [link.name] });
    const due =
      cycle.scope.kind === 'some' && cycle.scope.due === 'with-due' ? await runs.due(link.name) : [];
    const listing = await session.list(await this.#scopeOf(cycle, due));
    const items = listing.repositories.map(({ listed: { name, namedBy } }) => ({
      name,
      namedBy,
      tags: wantedTags(cycle.scope, name, due),
    }));
    const failures: FailuresBySecondary = Object.fromEntries(listing.failures);
    const isOut = Object.keys(failures).length === link.secondaries.length;
    await this.#noteReach(link, isOut ? 'out' : 'in-reach');
    if (Object.keys(failures).length === 0) {
      const listed = new Set<string>(items.map(({ name }) => name));
      await runs.forgetMarks(
        link.name,
        due.filter((name) => !listed.has(name)),
      );
    }
    const requests = session.takeRequests();
    await cycles.recordListing(cycle, items, {
      failures,
      refused: [...listing.refused],
      requestsPrimary: requests.primary,
      requestsSecondaries: Object.fromEntries(requests.secondaries),
    });
    if (cycle.scope.kind === 'all' && items.length === 0 && !isOut)
      log.warn({ link: link.name, cycle: cycleId }, 'the link selects no repository: look at its filters');
    for (const name of names) {
      if (failures[name.secondary] === undefined) observer.linkStarted(name, items.length);
    }
  }

  async #scopeOf({ scope, link }: LinkCycleRecord, due: readonly string[]): Promise<ListingScope> {
    if (scope.kind === 'all') return scope;
    const known = await this.#parts.runs.known(link);
    const patterns = namedIn(scope).flatMap((named) => named.patterns);
    return { kind: 'some', patterns: [...new Set(patterns)], names: due, known };
  }

  /** Retries of single repositories wait while a link as a whole cannot be read. */
  async #noteReach(link: LinkConfiguration, reach: 'in-reach' | 'out'): Promise<void> {
    const { links } = this.#parts;
    const state = await links.load(link.name);
    const failures = state?.retryCount ?? 0;
    if (reach === 'out') await links.failed(link.name, retryDelaySeconds(failures + 1, Math.random()));
    else if (failures > 0) await links.succeeded(link.name);
  }

  async #dispatch(cycleId: string, link: string): Promise<void> {
    const { cycles, queue, clock } = this.#parts;
    const cycle = await cycles.load(cycleId);
    if (cycle === undefined || cycle.status === 'listing') return;
    const age = cycle.dispatchedAt === null ? Infinity : clock.now().getTime() - cycle.dispatchedAt.getTime();
    const isFresh = cycle.status === 'copying' && age < DISPATCH_AGAIN_SECONDS * 1000;
    if (!isFresh) await queue.workOn(link, await cycles.waitingItems(cycleId));
  }

  async #finish(cycleId: string, link: LinkConfiguration): Promise<void> {
    const { cycles, store, sessions, history, observer, clock } = this.#parts;
    const cycle = await cycles.load(cycleId);
    if (cycle === undefined || cycle.status === 'finished') return;
    const report = assembleCycle(await this.#assemblyOf(cycle, link, clock.now()));
    // First the report, then the mark: a process that dies in between leaves a cycle that is finished once more.
    await store.cycleFinished(report);
    if (!(await cycles.finish(cycleId))) return;
    // Ends what a cancelled cycle has under way here; of any other, nothing is.
    sessions.abort(cycleId, 'the cycle has ended');
    observer.cycleFinished(report);
    await history.prune(link.name, DEFAULT_RETENTION);
  }

  async #assemblyOf(
    cycle: LinkCycleRecord,
    link: LinkConfiguration,
    finishedAt: Date,
  ): Promise<Parameters<typeof assembleCycle>[0]> {
    const results = (await this.#parts.runs.results(cycle.id)).flat();
    const { listing } = cycle;
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
    return {
      cycleId: cycle.id,
      command: cycle.work.command,
      startedAt: cycle.startedAt ?? cycle.requestedAt,
      finishedAt,
      link: link.name,
      primary: link.primary.name,
      requestsPrimary:
        (listing?.requestsPrimary ?? 0) + sum(results.map(({ requestsPrimary }) => requestsPrimary)),
      secondaries: link.secondaries.map(({ name }) => {
        const own = results.filter(({ secondary }) => secondary === name);
        return {
          secondary: name,
          failure: listing?.failures[name] ?? (cycle.cancelledAt === null ? null : CANCELLED),
          repositories: [...(listing?.refused ?? []), ...own.map(({ report }) => report)],
          requests:
            (listing?.requestsSecondaries[name] ?? 0) +
            sum(own.map(({ requestsSecondary }) => requestsSecondary)),
        };
      }),
    };
  }
}

const CANCELLED: FailuresBySecondary[string] = {
  side: 'primary',
  reason: 'CANCELLED',
  message: 'the cycle was cancelled',
};
