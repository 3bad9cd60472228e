import { assembleCycle } from '../reconciliation/cycle-assembly.ts';
import type { CycleObserver } from '../reconciliation/cycle-observer.ts';
import type { ListingScope } from '../reconciliation/link-session.ts';
import { cycleItemOf } from '../reconciliation/cycle-item.ts';
import type { LinkConfiguration } from '../config/configuration.ts';
import type { LiveConfiguration } from '../config/live-configuration.ts';
import type { CycleItem, CycleItemsStore } from '../state/cycle-items.store.ts';
import type { CycleQueueStore } from '../state/cycle-queue.store.ts';
import { DEFAULT_RETENTION, type HistoryStore } from '../state/history.store.ts';
import { namedIn, type LinkCycleRecord, type StoredListing } from '../state/link-cycle.ts';
import type { LinkStateStore } from '../state/link-state.store.ts';
import type { MarkedRepository, RepositoryMarkStore } from '../state/repository-mark.store.ts';
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
  readonly items: CycleItemsStore;
  readonly runs: RepositoryRunStore;
  readonly marks: RepositoryMarkStore;
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

type Failure = StoredListing['failures'][string];

/**
 * Moves the cycles of a link on, from where their rows say that they stand: lists, hands out the copies, hands out the deletions of
 * a secondary when its last copy is done and their number is known, and writes the end down. A secondary that is through is free for
 * the next cycle, whatever the others still do. Doing it twice does no harm.
 */
export class CycleWorker {
  readonly #parts: CycleWorkerParts;

  constructor(parts: CycleWorkerParts) {
    this.#parts = parts;
  }

  /** @throws {StateError} */
  async moveOn(linkName: string): Promise<void> {
    const { configuration, cycles } = this.#parts;
    const link = configuration.link(linkName);
    if (link === undefined) return;
    const names = link.secondaries.map(({ name }) => name);
    do {
      const open = await cycles.open(linkName);
      for (const cycle of open) await this.#advance(cycle, link, open);
    } while ((await cycles.startNext(linkName, names)) !== undefined);
  }

  async #advance(
    cycle: LinkCycleRecord,
    link: LinkConfiguration,
    open: readonly LinkCycleRecord[],
  ): Promise<void> {
    const { cycles, items } = this.#parts;
    const isToList = cycle.cancelledAt === null && cycle.status === 'listing';
    if (isToList && (await cycles.takeListing(cycle.id, LISTING_PATIENCE_SECONDS)))
      await this.#list(cycle, link, open);
    const { kind } = await items.advance(
      cycle.id,
      link.secondaries.map(({ name }) => name),
    );
    if (kind === 'over' || cycle.cancelledAt !== null) await this.#finish(cycle.id, link);
    else if (kind !== 'listing') await this.#dispatch(cycle.id, kind);
  }

  async #list(
    cycle: LinkCycleRecord,
    link: LinkConfiguration,
    open: readonly LinkCycleRecord[],
  ): Promise<void> {
    const { items, sessions, observer, log } = this.#parts;
    const { session } = sessions.of(
      cycle,
      link,
      open.map(({ id }) => id),
    );
    const names = secondariesOf(cycle, link);
    await this.#tellStart(cycle, names);
    const due = await this.#dueOf(cycle, link, names);
    const { failures, ...listing } = await session.list(await this.#scopeOf(cycle, due));
    const reached = names.filter((name) => !failures.has(name));
    const found = listing.repositories.map(({ listed }) =>
      cycleItemOf(cycle.scope, listed, { due, reached }),
    );
    await this.#noteReach(link, failures);
    await this.#forgetGone(link.name, found, { due, reached });
    const requests = reached.concat([...failures.keys()]).map((name) => session.takeRequests(name));
    await items.recordListing(cycle, {
      items: found,
      linkSecondaries: link.secondaries.map(({ name }) => name),
      listing: {
        failures: Object.fromEntries(failures),
        refused: [...listing.refused],
        requestsPrimary: sum(requests.map(({ primary }) => primary)),
        requestsSecondaries: Object.fromEntries(
          reached.concat([...failures.keys()]).map((name, index) => [name, requests[index]?.secondary ?? 0]),
        ),
      },
    });
    if (cycle.scope.kind === 'all' && found.length === 0 && reached.length > 0)
      log.warn({ link: link.name, cycle: cycle.id }, 'the link selects no repository: look at its filters');
    for (const secondary of reached)
      observer.linkStarted({ cycleId: cycle.id, link: link.name, secondary }, found.length);
  }

  async #dueOf(
    { scope }: LinkCycleRecord,
    link: LinkConfiguration,
    secondaries: readonly string[],
  ): Promise<readonly MarkedRepository[]> {
    if (scope.kind === 'all' || scope.due === 'only-named') return [];
    const { marks } = this.#parts;
    await marks.forgetOthers(
      link.name,
      link.secondaries.map(({ name }) => name),
    );
    return (await marks.due(link.name)).filter(({ secondary }) => secondaries.includes(secondary));
  }

  async #tellStart(cycle: LinkCycleRecord, secondaries: readonly string[]): Promise<void> {
    const { store, observer } = this.#parts;
    const { id: cycleId, link, work } = cycle;
    const links = secondaries.map((secondary) => ({ cycleId, link, secondary }));
    observer.cycleStarted({ cycleId, command: work.command, links });
    const startedAt = cycle.startedAt ?? cycle.requestedAt;
    await store.cycleStarted({ cycleId, command: work.command, startedAt, links: [link] });
  }

  /** A mark of a repository that is not there any more would be due for ever. */
  async #forgetGone(
    link: string,
    found: readonly CycleItem[],
    { due, reached }: { readonly due: readonly MarkedRepository[]; readonly reached: readonly string[] },
  ): Promise<void> {
    if (reached.length === 0) return;
    const listed = new Set(found.map(({ name }) => name));
    const repositories = due.map(({ name }) => name).filter((name) => !listed.has(name));
    await this.#parts.marks.forget({ link, repositories, secondaries: reached });
  }

  async #scopeOf({ scope, link }: LinkCycleRecord, due: readonly MarkedRepository[]): Promise<ListingScope> {
    if (scope.kind === 'all') return scope;
    const known = await this.#parts.marks.known(link);
    const patterns = namedIn(scope).flatMap((named) => named.patterns);
    const names = [...new Set(due.map(({ name }) => name))];
    return { kind: 'some', patterns: [...new Set(patterns)], names, known };
  }

  /** Retries wait while a secondary, or the link as a whole, cannot be read. */
  async #noteReach(link: LinkConfiguration, failures: ReadonlyMap<string, Failure>): Promise<void> {
    const { links, marks } = this.#parts;
    const delayOf = (count: number): number => retryDelaySeconds(count, Math.random());
    const isOut =
      failures.size === link.secondaries.length ||
      [...failures.values()].some(({ side }) => side === 'primary');
    const before = (await links.load(link.name))?.retryCount ?? 0;
    if (isOut) await links.failed(link.name, delayOf(before + 1));
    else if (before > 0) await links.succeeded(link.name);
    // Where the primary is the reason, the link as a whole waits, and its repositories have not failed.
    for (const [secondary, { side }] of failures)
      if (side === 'secondary') await marks.postpone(link.name, secondary, delayOf);
  }

  /** Jobs that are known to be on the queue are not put there again. */
  async #dispatch(cycleId: string, kind: 'going-on' | 'deletions-began'): Promise<void> {
    const { cycles, items, queue, clock } = this.#parts;
    const cycle = await cycles.load(cycleId);
    if (cycle === undefined) return;
    const age = cycle.dispatchedAt === null ? Infinity : clock.now().getTime() - cycle.dispatchedAt.getTime();
    const isFresh = cycle.status === 'copying' && age < DISPATCH_AGAIN_SECONDS * 1000;
    if (kind === 'deletions-began' || !isFresh) await queue.workOn(cycle, await items.waiting(cycleId));
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
    const results = await this.#parts.runs.results(cycle.id);
    const { listing } = cycle;
    return {
      cycleId: cycle.id,
      command: cycle.work.command,
      startedAt: cycle.startedAt ?? cycle.requestedAt,
      finishedAt,
      link: link.name,
      primary: link.primary.name,
      requestsPrimary:
        (listing?.requestsPrimary ?? 0) + sum(results.map(({ requestsPrimary }) => requestsPrimary)),
      secondaries: secondariesOf(cycle, link).map((name) => {
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

/** Those that a cycle works on, in the order of the configuration; what is no longer configured is left out. */
function secondariesOf({ stages }: LinkCycleRecord, { secondaries }: LinkConfiguration): readonly string[] {
  return secondaries.map(({ name }) => name).filter((name) => name in stages);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

const CANCELLED: Failure = {
  side: 'primary',
  reason: 'CANCELLED',
  message: 'the cycle was cancelled',
};
