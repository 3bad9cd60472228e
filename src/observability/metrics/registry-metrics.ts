import { RegistryObserver, type FinishedRequest } from '../../registry/registry-observer.ts';
import type { ServiceMetrics } from './service-metrics.ts';

/** Counts and times the requests to every registry. */
export class RegistryMetrics extends RegistryObserver {
  readonly #metrics: ServiceMetrics;

  constructor(metrics: ServiceMetrics) {
    super();
    this.#metrics = metrics;
  }

  override requestFinished({ registry, operation, status, durationSeconds }: FinishedRequest): void {
    const labels = { registry, operation, status: String(status) };
    this.#metrics.requests.inc(labels);
    this.#metrics.requestDuration.observe(labels, durationSeconds);
  }

  override requestRetried(registry: string): void {
    this.#metrics.retries.inc({ registry });
  }

  override throttled(registry: string, seconds: number): void {
    this.#metrics.throttled.inc({ registry }, seconds);
  }
}
