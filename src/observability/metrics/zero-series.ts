import type { Configuration } from '../../config/configuration.ts';
import type { ServiceMetrics } from './service-metrics.ts';

const BLOB_RESULTS = ['copied', 'mounted', 'present'];
const VERIFICATION_RESULTS = ['ok', 'failed'];
const INCOMING_RESULTS = ['accepted', 'duplicate', 'ignored', 'refused'];
const OUTGOING_RESULTS = ['delivered', 'retried', 'dead'];

/**
 * Series that are there before the first thing happens that they count. Prometheus sees an increase between two samples only: a
 * counter that appears with its first event hides that event from `rate` and `increase`, and so from every alert.
 */
export class ZeroSeries {
  readonly #metrics: ServiceMetrics;
  readonly #begun = new Set<string>();

  constructor(metrics: ServiceMetrics) {
    this.#metrics = metrics;
  }

  /** May be called again, with what came to the configuration since: what counted on stays. */
  begin({ links, registries, notifications }: Configuration): void {
    for (const { name, secondaries } of links)
      for (const secondary of secondaries) this.#beginLink({ link: name, secondary: secondary.name });
    for (const registry of registries.keys()) {
      this.#metrics.retries.inc({ registry }, 0);
      this.#metrics.throttled.inc({ registry }, 0);
    }
    for (const { path } of notifications.incoming) this.#beginHook(path, INCOMING_RESULTS);
    for (const { name } of notifications.outgoing) this.#beginHook(name, OUTGOING_RESULTS);
  }

  #beginLink(labels: { readonly link: string; readonly secondary: string }): void {
    const { copiedBytes, foreignWrites, unannouncedChanges } = this.#metrics;
    const { blobs, verification, tagReplication } = this.#metrics;
    for (const counter of [copiedBytes, foreignWrites, unannouncedChanges]) counter.inc(labels, 0);
    for (const result of BLOB_RESULTS) blobs.inc({ ...labels, result }, 0);
    for (const result of VERIFICATION_RESULTS) verification.inc({ ...labels, result }, 0);
    const key = JSON.stringify(labels);
    // A histogram knows no "nothing more": it would begin anew.
    if (!this.#begun.has(key)) tagReplication.zero(labels);
    this.#begun.add(key);
  }

  #beginHook(hook: string, results: readonly string[]): void {
    for (const result of results) this.#metrics.notifications.inc({ hook, result }, 0);
  }
}
