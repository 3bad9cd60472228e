import type { LiveConfiguration } from '../../config/live-configuration.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import { MetricsPage } from '../../jobs/metrics-page.ts';
import { errorFields, type ServiceLog } from '../../jobs/service-log.ts';
import type { LinkViewStore, SecondaryView } from '../../state/views/link-view.store.ts';
import type { ServiceMetrics } from './service-metrics.ts';

export interface PrometheusPageParts {
  readonly metrics: ServiceMetrics;
  readonly configuration: LiveConfiguration;
  readonly links: LinkViewStore;
  readonly queue: JobQueue;
  readonly log: ServiceLog;
}

/** Two scrapers, or an impatient one, ask the database no more often than this. */
const FRESH_MILLISECONDS = 1000;

/**
 * The page that Prometheus reads. What the database knows is read when somebody looks; where it cannot be read those numbers are
 * left out, so that nothing old is taken for new.
 */
export class PrometheusPage extends MetricsPage {
  override readonly contentType: string;
  readonly #parts: PrometheusPageParts;
  #gathering: { readonly startedAt: number; readonly done: Promise<void> } | undefined;

  constructor(parts: PrometheusPageParts) {
    super();
    this.#parts = parts;
    this.contentType = parts.metrics.registry.contentType;
  }

  override async text(): Promise<string> {
    const { metrics, configuration } = this.#parts;
    metrics.reloadSuccess.set(configuration.lastReload.kind === 'ok' ? 1 : 0);
    await this.#gatherOnce();
    return await metrics.registry.metrics();
  }

  async #gatherOnce(): Promise<void> {
    const now = performance.now();
    if (this.#gathering === undefined || now - this.#gathering.startedAt > FRESH_MILLISECONDS)
      this.#gathering = { startedAt: now, done: this.#gather() };
    await this.#gathering.done;
  }

  async #gather(): Promise<void> {
    const { metrics, configuration, links, log } = this.#parts;
    try {
      const views = await Promise.all(
        configuration.current.links.map(async ({ name, secondaries, objectiveLagSeconds }) => {
          const of = { link: name, secondaries: secondaries.map((secondary) => secondary.name) };
          const view = await links.load(of);
          const verified = await links.verified(of);
          return { link: name, objectiveLagSeconds, secondaries: view.secondaries, verified };
        }),
      );
      const counts = await this.#parts.queue.counts();
      this.#forget();
      for (const { link, objectiveLagSeconds, secondaries, verified } of views) {
        for (const view of secondaries) this.#show(link, view, objectiveLagSeconds);
        for (const { secondary, ok, failed } of verified) {
          metrics.verifiedTags.set({ link, secondary, result: 'ok' }, ok);
          metrics.verifiedTags.set({ link, secondary, result: 'failed' }, failed);
        }
      }
      const sum = (of: 'queued' | 'active'): number => counts.reduce((total, count) => total + count[of], 0);
      metrics.queueJobs.set({ state: 'queued' }, sum('queued'));
      metrics.queueJobs.set({ state: 'active' }, sum('active'));
    } catch (error) {
      this.#forget();
      log.debug(errorFields(error), 'the numbers of the database cannot be had');
    }
  }

  /** A link that left the configuration, or a database that does not answer, leaves no line behind. */
  #forget(): void {
    const { tags, repositories, verifiedTags, queueJobs } = this.#parts.metrics;
    const { lag, lagObjective, lastCycle, lastSuccess } = this.#parts.metrics;
    const counts = [tags, repositories, verifiedTags, queueJobs];
    const times = [lag, lagObjective, lastCycle, lastSuccess];
    for (const gauge of [...counts, ...times]) gauge.reset();
  }

  #show(link: string, view: SecondaryView, objectiveLagSeconds: number): void {
    const { metrics } = this.#parts;
    const labels = { link, secondary: view.secondary };
    for (const [state, count] of Object.entries(view.tags)) metrics.tags.set({ ...labels, state }, count);
    for (const [state, count] of Object.entries(view.repositories))
      metrics.repositories.set({ ...labels, state }, count);
    metrics.lag.set(labels, view.lagSeconds);
    metrics.lagObjective.set(labels, objectiveLagSeconds);
    if (view.lastCycle !== null) metrics.lastCycle.set(labels, seconds(view.lastCycle.finishedAt));
    if (view.lastSuccess !== null) metrics.lastSuccess.set(labels, seconds(view.lastSuccess.finishedAt));
  }
}

function seconds(date: Date): number {
  return date.getTime() / 1000;
}
