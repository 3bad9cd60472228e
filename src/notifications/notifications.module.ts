import { Module } from '@nestjs/common';
import { LiveConfiguration } from '../config/live-configuration.ts';
import { assembled } from '../jobs/assembled.ts';
import { CycleRequests } from '../jobs/cycle-requests.ts';
import { JobsModule } from '../jobs/jobs.module.ts';
import { NotificationObserver } from '../jobs/notification-observer.ts';
import { ServiceLog } from '../jobs/service-log.ts';
import { NotificationEventStore } from '../state/notification-event.store.ts';
import { SideLevelStore } from '../state/side-level.store.ts';
import { WebhookOutboxStore } from '../state/webhook-outbox.store.ts';
import { Clock } from '../time/clock.ts';
import { DirtyMarker, type DirtyMarkerParts } from './incoming/dirty-marker.ts';
import { EventIntake, type EventIntakeParts } from './incoming/event-intake.ts';
import { HookDoor } from './incoming/hook-door.ts';
import { HooksController } from './incoming/hooks.controller.ts';
import { NotificationWork } from './notification-work.ts';
import { ChangeTeller, type ChangeTellerParts } from './outgoing/change-teller.ts';
import { DeliveryWorker, type DeliveryWorkerParts } from './outgoing/delivery-worker.ts';
import { resolveBySystem } from './outgoing/receiver-address.ts';
import { WebhookSender } from './outgoing/webhook-sender.ts';

/** What registries tell us, and what we tell others. Needs, from modules that are global, what the working half needs. */
@Module({
  imports: [JobsModule],
  controllers: [HooksController],
  providers: [
    {
      provide: HookDoor,
      inject: [LiveConfiguration, Clock],
      useFactory: (configuration: LiveConfiguration, clock: Clock) =>
        new HookDoor(() => configuration.current.notifications.incoming, clock),
    },
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
    assembled<ChangeTellerParts, ChangeTeller>(ChangeTeller, {
      configuration: LiveConfiguration,
      levels: SideLevelStore,
      outbox: WebhookOutboxStore,
      clock: Clock,
      log: ServiceLog,
    }),
    {
      provide: WebhookSender,
      inject: [Clock],
      useFactory: (clock: Clock) => new WebhookSender(clock, resolveBySystem),
    },
    assembled<DeliveryWorkerParts, DeliveryWorker>(DeliveryWorker, {
      configuration: LiveConfiguration,
      outbox: WebhookOutboxStore,
      sender: WebhookSender,
      observer: NotificationObserver,
      clock: Clock,
      log: ServiceLog,
    }),
    {
      provide: NotificationWork,
      inject: [DirtyMarker, ChangeTeller, DeliveryWorker],
      useFactory: (marker: DirtyMarker, teller: ChangeTeller, deliveries: DeliveryWorker) =>
        new NotificationWork([marker, teller, deliveries]),
    },
  ],
})
export class NotificationsModule {}
