import type { LiveConfiguration } from '../../config/live-configuration.ts';
import { endsAt, linksFrom } from '../../config/replicating-links.ts';
import type { CycleRequests } from '../../jobs/cycle-requests.ts';
import { errorFields, type ServiceLog } from '../../jobs/service-log.ts';
import {
  QUIET_SECONDS,
  type NotificationEventStore,
  type WaitingEvent,
} from '../../state/notification-event.store.ts';
import type { Clock } from '../../time/clock.ts';

export interface DirtyMarkerParts {
  readonly configuration: LiveConfiguration;
  readonly events: NotificationEventStore;
  readonly requests: CycleRequests;
  readonly clock: Clock;
  readonly log: ServiceLog;
}

/** Events of another replica that died, or of a database that was away, are found after this long. */
const SWEEP_SECONDS = 5;

/** Rows read at once. */
const BATCH = 2000;

const PRUNE_SECONDS = 600;

/**
 * Makes marks of the events that wait, and has the repositories looked at. First the mark, then the note that it was made: a process
 * that dies in between leaves events of which somebody makes the same mark again.
 */
export class DirtyMarker {
  readonly #parts: DirtyMarkerParts;
  #end = new AbortController();
  #nap = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #prunedAt = -Infinity;

  constructor(parts: DirtyMarkerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#end = new AbortController();
    this.#loop = this.#markForEver(this.#end.signal);
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loop;
  }

  /** Something new was written down. */
  wake(): void {
    this.#nap.abort();
  }

  async #markForEver(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    while (!signal.aborted) {
      this.#nap = new AbortController();
      const left = await this.#markAll(signal).catch((error: unknown) => {
        log.warn(errorFields(error), 'events of registries could not be looked at, and wait');
        return 0;
      });
      // What has not settled yet is looked at again soon, however often somebody knocks.
      const rest =
        left > 0
          ? clock.sleep(QUIET_SECONDS, signal)
          : clock.sleep(SWEEP_SECONDS, AbortSignal.any([signal, this.#nap.signal]));
      await rest.catch(() => undefined);
    }
  }

  /** Answers how many events still wait. */
  async #markAll(signal: AbortSignal): Promise<number> {
    const { events, clock } = this.#parts;
    while (!signal.aborted) {
      const settled = await events.settled(BATCH);
      if (settled.length === 0) break;
      await this.#mark(settled);
      await events.processed(settled);
    }
    if (clock.monotonicSeconds() - this.#prunedAt >= PRUNE_SECONDS) {
      await events.prune();
      this.#prunedAt = clock.monotonicSeconds();
    }
    return await events.countWaiting();
  }

  async #mark(waiting: readonly WaitingEvent[]): Promise<void> {
    const { requests, log } = this.#parts;
    for (const [link, repositories] of await this.#repositoriesOf(waiting)) {
      const names = [...repositories];
      const { id } = await requests.markDirty(link, names, 'event');
      log.info(
        { link, repositories: names.slice(0, MOST_NAMED), count: names.length, cycle: id },
        'a registry told of changes',
      );
    }
  }

  /** Repositories by link, as the primary calls them. */
  async #repositoriesOf(waiting: readonly WaitingEvent[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const { links, notifications } = this.#parts.configuration.current;
    const marks = new Map<string, Set<string>>();
    const add = (link: string, repository: string): void => {
      const known = marks.get(link) ?? new Set();
      marks.set(link, known.add(repository));
    };
    for (const { path, registry } of notifications.incoming) {
      const own = waiting.filter(({ hook }) => hook === path);
      for (const { repository } of own) {
        for (const { name } of linksFrom(links, registry, repository)) add(name, repository);
      }
      const foreign = own.filter(({ author, tag }) => author === 'foreign' && tag !== null);
      const ends = endsAt(links, registry);
      if (foreign.length === 0 || ends.length === 0) continue;
      const touched = await this.#parts.events.touchedBy(ends, foreign);
      for (const { link, primaryRepository } of touched) add(link, primaryRepository);
    }
    return marks;
  }
}

/** Repositories that a line of the log names. */
const MOST_NAMED = 20;
