import { Module } from '@nestjs/common';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { LiveConfiguration } from '../config/live-configuration.ts';
import { CycleObserver } from '../reconciliation/cycle-observer.ts';
import { Reconciler } from '../reconciliation/reconciler.ts';
import { CycleQueueStore } from '../state/cycle-queue.store.ts';
import { HistoryStore } from '../state/history.store.ts';
import { LinkStateStore } from '../state/link-state.store.ts';
import type { OpenState } from '../state/opened-state.ts';
import { NotificationEventStore } from '../state/notification-event.store.ts';
import { RepositoryRunStore } from '../state/repository-run.store.ts';
import { StateError } from '../state/state-error.ts';
import { StateStore } from '../state/state-store.ts';
import { TagRestoreStore } from '../state/tag-restore.store.ts';
import { DeletionViewStore } from '../state/views/deletion-view.store.ts';
import { OPEN_STATE } from '../state/state.module.ts';
import { Clock } from '../time/clock.ts';
import { assembled } from './assembled.ts';
import { ConfigurationWatcher } from './configuration-watcher.ts';
import { CycleRequests, type CycleRequestsParts } from './cycle-requests.ts';
import { CycleWorker, type CycleWorkerParts } from './cycle-worker.ts';
import { JobQueue } from './job-queue.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { LinkScheduler, type LinkSchedulerParts } from './link-scheduler.ts';
import { LinkSessions } from './link-sessions.ts';
import { RepositoryWorker, type RepositoryWorkerParts } from './repository-worker.ts';
import { RestoreRequests, type RestoreRequestsParts } from './restore-requests.ts';
import { RestoreWorker, type RestoreWorkerParts } from './restore-worker.ts';
import { ServiceLog } from './service-log.ts';
import { ServiceWork, type ServiceWorkParts } from './service-work.ts';
import { Sweeper, type SweeperParts } from './sweeper.ts';
import { UnannouncedChanges, type UnannouncedChangesParts } from './unannounced-changes.ts';

const STATE = { cycles: CycleQueueStore, runs: RepositoryRunStore, links: LinkStateStore } as const;

/**
 * The working half of the service. Needs, from modules that are global: the state, the configuration, the reconciler, the clock,
 * the log and an observer of cycles.
 */
@Module({
  imports: [ScheduleModule.forRoot()],
  providers: [
    {
      provide: JobQueue,
      inject: [OPEN_STATE, Clock, ServiceLog],
      useFactory: ({ url }: OpenState, clock: Clock, log: ServiceLog): JobQueue => {
        if (url === undefined) throw new StateError('UNAVAILABLE', 'the service needs a database');
        return new JobQueue(url, clock, log);
      },
    },
    {
      provide: LinkSessions,
      inject: [Reconciler],
      useFactory: (reconciler: Reconciler) => new LinkSessions(reconciler),
    },
    {
      provide: LeaseKeeper,
      inject: [RepositoryRunStore, LinkSessions, Clock, ServiceLog],
      useFactory: (runs: RepositoryRunStore, sessions: LinkSessions, clock: Clock, log: ServiceLog) =>
        new LeaseKeeper(runs, sessions, clock, log),
    },
    {
      provide: ConfigurationWatcher,
      inject: [LiveConfiguration, Clock, ServiceLog],
      useFactory: (configuration: LiveConfiguration, clock: Clock, log: ServiceLog) =>
        new ConfigurationWatcher(configuration, clock, log),
    },
    assembled<CycleRequestsParts, CycleRequests>(CycleRequests, {
      ...STATE,
      queue: JobQueue,
      log: ServiceLog,
    }),
    assembled<UnannouncedChangesParts, UnannouncedChanges>(UnannouncedChanges, {
      configuration: LiveConfiguration,
      events: NotificationEventStore,
      observer: CycleObserver,
      clock: Clock,
      log: ServiceLog,
    }),
    assembled<RepositoryWorkerParts, RepositoryWorker>(RepositoryWorker, {
      configuration: LiveConfiguration,
      cycles: CycleQueueStore,
      runs: RepositoryRunStore,
      sessions: LinkSessions,
      leases: LeaseKeeper,
      unannounced: UnannouncedChanges,
      queue: JobQueue,
      clock: Clock,
      log: ServiceLog,
    }),
    assembled<RestoreRequestsParts, RestoreRequests>(RestoreRequests, {
      restores: TagRestoreStore,
      queue: JobQueue,
      log: ServiceLog,
    }),
    assembled<RestoreWorkerParts, RestoreWorker>(RestoreWorker, {
      configuration: LiveConfiguration,
      restores: TagRestoreStore,
      deletions: DeletionViewStore,
      reconciler: Reconciler,
      log: ServiceLog,
    }),
    assembled<CycleWorkerParts, CycleWorker>(CycleWorker, {
      ...STATE,
      configuration: LiveConfiguration,
      history: HistoryStore,
      store: StateStore,
      sessions: LinkSessions,
      queue: JobQueue,
      observer: CycleObserver,
      clock: Clock,
      log: ServiceLog,
    }),
    assembled<LinkSchedulerParts, LinkScheduler>(LinkScheduler, {
      configuration: LiveConfiguration,
      registry: SchedulerRegistry,
      links: LinkStateStore,
      requests: CycleRequests,
      log: ServiceLog,
    }),
    assembled<SweeperParts, Sweeper>(Sweeper, {
      configuration: LiveConfiguration,
      links: LinkStateStore,
      restores: TagRestoreStore,
      requests: CycleRequests,
      queue: JobQueue,
      clock: Clock,
      log: ServiceLog,
    }),
    assembled<ServiceWorkParts, ServiceWork>(ServiceWork, {
      configuration: LiveConfiguration,
      watcher: ConfigurationWatcher,
      scheduler: LinkScheduler,
      sweeper: Sweeper,
      leases: LeaseKeeper,
      sessions: LinkSessions,
      queue: JobQueue,
      cycleWorker: CycleWorker,
      repositoryWorker: RepositoryWorker,
      restoreWorker: RestoreWorker,
      unannounced: UnannouncedChanges,
      clock: Clock,
      log: ServiceLog,
    }),
  ],
  exports: [CycleRequests, RestoreRequests, JobQueue, LinkScheduler, ConfigurationWatcher],
})
export class JobsModule {}
