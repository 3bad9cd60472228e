import { Module, type DynamicModule } from '@nestjs/common';
import { ApiModule } from './api/api.module.ts';
import { NoRouteModule } from './api/http/no-route.module.ts';
import { RequestClock } from './api/http/request-clock.ts';
import { LiveConfiguration } from './config/live-configuration.ts';
import { JobsModule } from './jobs/jobs.module.ts';
import { NotificationObserver } from './jobs/notification-observer.ts';
import { ServiceLog } from './jobs/service-log.ts';
import { HooksController } from './notifications/incoming/hooks.controller.ts';
import { NotificationsModule } from './notifications/notifications.module.ts';
import { MetricsModule } from './observability/metrics/metrics.module.ts';
import type { ServiceMetrics } from './observability/metrics/service-metrics.ts';
import { CycleObserver } from './reconciliation/cycle-observer.ts';
import type { CycleTracer } from './reconciliation/cycle-tracer.ts';
import { Reconciler } from './reconciliation/reconciler.ts';
import { RegistryConnections } from './reconciliation/registry-connections.ts';
import { RegistryObserver } from './registry/registry-observer.ts';
import type { OpenState } from './state/opened-state.ts';
import { StateModule } from './state/state.module.ts';
import { StateStore } from './state/state-store.ts';
import { Clock } from './time/clock.ts';

/** What the process brings along when it starts. */
export interface ServiceParts {
  /** Of this program. */
  readonly version: string;
  readonly configuration: LiveConfiguration;
  readonly state: OpenState;
  readonly clock: Clock;
  readonly log: ServiceLog;
  readonly cycleObserver: CycleObserver;
  /** Frames nothing unless given. */
  readonly cycleTracer?: CycleTracer | undefined;
  readonly registryObserver: RegistryObserver;
  readonly notificationObserver: NotificationObserver;
  /** What `/metrics` shows; the observers fill it. */
  readonly metrics: ServiceMetrics;
}

/** The service as a whole. Whoever opened the state closes it, after the application has ended. */
@Module({})
export class AppModule {
  static of(parts: ServiceParts): DynamicModule {
    const { version, configuration, state, clock, log, cycleObserver, registryObserver } = parts;
    const values = [
      { provide: LiveConfiguration, useValue: configuration },
      { provide: Clock, useValue: clock },
      { provide: ServiceLog, useValue: log },
      { provide: CycleObserver, useValue: cycleObserver },
      { provide: RegistryObserver, useValue: registryObserver },
      { provide: NotificationObserver, useValue: parts.notificationObserver },
      { provide: RequestClock, useExisting: Clock },
    ];
    const connections = {
      provide: RegistryConnections,
      useFactory: () => new RegistryConnections(clock, registryObserver),
    };
    const reconciler = {
      provide: Reconciler,
      inject: [RegistryConnections, StateStore],
      useFactory: (open: RegistryConnections, store: StateStore) =>
        new Reconciler({
          connections: open,
          store,
          clock,
          observer: cycleObserver,
          tracer: parts.cycleTracer,
        }),
    };
    return {
      module: AppModule,
      global: true,
      imports: [
        StateModule.of(state),
        JobsModule,
        MetricsModule.of(parts.metrics),
        ApiModule.of({ version, selfAuthenticating: [HooksController] }),
        NotificationsModule,
        // The last one: it answers whatever nobody before it does.
        NoRouteModule,
      ],
      providers: [...values, connections, reconciler],
      exports: [...values.map(({ provide }) => provide), RegistryConnections, Reconciler],
    };
  }
}
