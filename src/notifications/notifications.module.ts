import { Module } from '@nestjs/common';
import { LiveConfiguration } from '../config/live-configuration.ts';
import { assembled } from '../jobs/assembled.ts';
import { CycleRequests } from '../jobs/cycle-requests.ts';
import { JobsModule } from '../jobs/jobs.module.ts';
import { NotificationObserver } from '../jobs/notification-observer.ts';
import { ServiceLog } from '../jobs/service-log.ts';
import { NotificationEventStore } from '../state/notification-event.store.ts';
import { Clock } from '../time/clock.ts';
import { DirtyMarker, type DirtyMarkerParts } from './incoming/dirty-marker.ts';
import { EventIntake, type EventIntakeParts } from './incoming/event-intake.ts';
import { HooksController } from './incoming/hooks.controller.ts';
import { NotificationWork } from './notification-work.ts';

/** What registries tell us, and what we tell others. Needs, from modules that are global, what the working half needs. */
@Module({
  imports: [JobsModule],
  controllers: [HooksController],
  providers: [
    assembled<DirtyMarkerParts, DirtyMarker>(DirtyMarker, {
      configuration: LiveConfiguration,
      events: NotificationEventStore,
      requests: CycleRequests,
      clock: Clock,
      log: ServiceLog,
    }),
    assembled<EventIntakeParts, EventIntake>(EventIntake, {
      configuration: LiveConfiguration,
      events: NotificationEventStore,
      marker: DirtyMarker,
      observer: NotificationObserver,
      log: ServiceLog,
    }),
    {
      provide: NotificationWork,
      inject: [DirtyMarker],
      useFactory: (marker: DirtyMarker) => new NotificationWork(marker),
    },
  ],
})
export class NotificationsModule {}
