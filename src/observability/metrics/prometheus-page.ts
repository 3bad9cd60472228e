import type { LiveConfiguration } from '../../config/live-configuration.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import { MetricsPage } from '../../jobs/metrics-page.ts';
import { errorFields, type ServiceLog } from '../../jobs/service-log.ts';
import type { LinkViewStore } from '../../state/views/link-view.store.ts';
import { PatientReading } from './patient-reading.ts';
import type { ServiceMetrics } from './service-metrics.ts';
import { readSharedNumbers, showSharedNumbers, type SharedNumbers } from './shared-numbers.ts';
import { ZeroSeries } from './zero-series.ts';

export interface PrometheusPageParts {
  readonly metrics: ServiceMetrics;
  readonly configuration: LiveConfiguration;
  readonly links: LinkViewStore;
  readonly queue: JobQueue;
  readonly log: ServiceLog;
}

/**
 * Prometheus gives a scrape ten seconds unless it is told otherwise, and some tell it five. A database that needs longer than 4 s is
 * read on, and what came of it is shown by the next scrapes: for less than a minute, which no alert worth having tells from now.
 */
const PATIENCE = {
  freshMilliseconds: 1_000,
  waitMilliseconds: 4_000,
  keptMilliseconds: 45_000,
  now: () => performance.now(),
};

/**
 * The page that Prometheus reads. What the database knows is read when somebody looks; where it cannot be read those numbers are
 * left out, so that nothing old is taken for new.
 */
export class PrometheusPage extends MetricsPage {
  override readonly contentType: string;
  readonly #parts: PrometheusPageParts;
  readonly #shared: PatientReading<SharedNumbers>;

  constructor(parts: PrometheusPageParts) {
    super();
    this.#parts = parts;
    this.contentType = parts.metrics.registry.contentType;
    this.#shared = new PatientReading(() => this.#read(), PATIENCE);
    const zero = new ZeroSeries(parts.metrics);
    zero.begin(parts.configuration.current);
    parts.configuration.onChange(({ after }) => zero.begin(after));
  }

  override async text(): Promise<string> {
    const { metrics } = this.#parts;
    showSharedNumbers(metrics, await this.#shared.take());
    this.#showConfiguration();
    return await metrics.registry.metrics();
  }

  async #read(): Promise<SharedNumbers> {
    const { configuration, links, queue, log } = this.#parts;
    try {
      return await readSharedNumbers(configuration, links, queue);
    } catch (error) {
      log.debug(errorFields(error), 'the numbers of the database cannot be had');
      throw error;
    }
  }

  /** What is known without a database. */
  #showConfiguration(): void {
    const { metrics, configuration } = this.#parts;
    metrics.reloadSuccess.set(configuration.lastReload.kind === 'ok' ? 1 : 0);
    metrics.lagObjective.reset();
    for (const { name: link, secondaries, objectiveLagSeconds } of configuration.current.links)
      for (const { name: secondary } of secondaries)
        metrics.lagObjective.set({ link, secondary }, objectiveLagSeconds);
  }
}
