import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { LiveConfiguration } from '../config/live-configuration.ts';
import { StateError } from '../state/state-error.ts';
import type { Clock } from '../time/clock.ts';
import type { ConfigurationWatcher } from './configuration-watcher.ts';
import type { CycleWorker } from './cycle-worker.ts';
import { QUEUE, type JobQueue } from './job-queue.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { LinkScheduler } from './link-scheduler.ts';
import type { LinkSessions } from './link-sessions.ts';
import type { RepositoryWorker } from './repository-worker.ts';
import type { RestoreWorker } from './restore-worker.ts';
import { errorFields, type ServiceLog } from './service-log.ts';
import type { Sweeper } from './sweeper.ts';
import type { UnannouncedChanges } from './unannounced-changes.ts';

export interface ServiceWorkParts {
  readonly configuration: LiveConfiguration;
  readonly watcher: ConfigurationWatcher;
  readonly scheduler: LinkScheduler;
  readonly sweeper: Sweeper;
  readonly leases: LeaseKeeper;
  readonly sessions: LinkSessions;
  readonly queue: JobQueue;
  readonly cycleWorker: CycleWorker;
  readonly repositoryWorker: RepositoryWorker;
  readonly restoreWorker: RestoreWorker;
  readonly unannounced: UnannouncedChanges;
  readonly clock: Clock;
  readonly log: ServiceLog;
}

/** Links moved on at once; what takes long is a catalog. */
const CYCLES_AT_ONCE = 4;

/**
 * Repositories worked on at once by one process: enough to keep registries busy, few enough to hold in memory. Those that only
 * wait for a secondary slower than the others do not count.
 */
const REPOSITORIES_AT_ONCE = 16;

/** Somebody waits for each, and there are few. */
const RESTORES_AT_ONCE = 2;

/** What is nearly done gets done; the rest begins anew elsewhere. Together with the end below 25 s (CONTRACT of SIGTERM). */
const GRACE_SECONDS = 12;

/** Starts and ends the working half of a process. */
export class ServiceWork implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #parts: ServiceWorkParts;
  #state: 'idle' | 'working' | 'stopping' = 'idle';

  constructor(parts: ServiceWorkParts) {
    this.#parts = parts;
  }

  /** @throws {StateError} `UNAVAILABLE` where the queue cannot be had. */
  async onApplicationBootstrap(): Promise<void> {
    const { configuration, watcher, scheduler, sweeper, leases, queue, log } = this.#parts;
    await queue.start().catch((error: unknown) => {
      const { error: text } = errorFields(error);
      throw new StateError('UNAVAILABLE', `the queue cannot be had: ${String(text)}`, { cause: error });
    });
    leases.start();
    queue.consume({ queue: QUEUE.cycles, slots: CYCLES_AT_ONCE }, ({ link = '' }) =>
      this.#parts.cycleWorker.moveOn(link),
    );
    queue.consume(
      { queue: QUEUE.repositories, slots: REPOSITORIES_AT_ONCE },
      ({ link = '', repository = '' }, slot) =>
        this.#parts.repositoryWorker.work({ link, repository }, (lag) => slot.leave(lag)),
    );
    queue.consume({ queue: QUEUE.restores, slots: RESTORES_AT_ONCE }, ({ deletion = '' }) =>
      this.#parts.restoreWorker.work(deletion),
    );
    configuration.onChange(({ ignored }) => {
      if (ignored.length > 0) log.warn({ sections: ignored }, 'these changes need a restart');
      if (this.#state === 'working') scheduler.follow();
    });
    this.#state = 'working';
    scheduler.start();
    sweeper.start();
    watcher.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.#state !== 'working') return;
    this.#state = 'stopping';
    const { watcher, scheduler, sweeper, leases, sessions, unannounced, queue, clock, restoreWorker } =
      this.#parts;
    scheduler.stop();
    const drained = queue.drain();
    const patience = new AbortController();
    const grace = clock.sleep(GRACE_SECONDS, patience.signal).catch(() => undefined);
    await Promise.race([drained, grace]);
    sessions.close('the service stops');
    restoreWorker.close();
    await drained;
    patience.abort();
    await Promise.all([watcher.stop(), sweeper.stop(), leases.stop(), unannounced.stop()]);
    await queue.stop();
  }
}
