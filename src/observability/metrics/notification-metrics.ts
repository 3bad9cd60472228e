import {
  NotificationObserver,
  type IncomingResult,
  type OutgoingResult,
} from '../../jobs/notification-observer.ts';
import type { ServiceMetrics } from './service-metrics.ts';

/** Counts notifications, incoming and outgoing. */
export class NotificationMetrics extends NotificationObserver {
  readonly #metrics: ServiceMetrics;

  constructor(metrics: ServiceMetrics) {
    super();
    this.#metrics = metrics;
  }

  override received(hook: string, result: IncomingResult, count: number): void {
    this.#metrics.notifications.inc({ hook, result }, count);
  }

  override sent(hook: string, result: OutgoingResult): void {
    this.#metrics.notifications.inc({ hook, result });
  }
}
