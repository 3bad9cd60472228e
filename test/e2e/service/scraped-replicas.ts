import { setTimeout as sleep } from 'node:timers/promises';
import type { PrometheusPrograms } from '../../prometheus/prometheus-programs.ts';
import { RunningPrometheus, type Sample } from '../../prometheus/running-prometheus.ts';
import { WorkDirectory } from '../work-directory.ts';
import { freePort } from './free-port.ts';
import { RunningService } from './running-service.ts';

export interface ScrapedReplicasOptions {
  readonly programs: PrometheusPrograms;
  /** Everything of the configuration but the address to listen on. */
  readonly configuration: string;
  readonly environment: Record<string, string>;
  readonly ruleFiles?: readonly string[];
}

/** Two replicas of the service on one database, at addresses that outlive a restart, and the Prometheus that scrapes both. */
export class ScrapedReplicas {
  readonly prometheus: RunningPrometheus;
  readonly #directory: WorkDirectory;
  readonly #environment: Record<string, string>;
  readonly #files: readonly string[];
  readonly #urls: readonly string[];
  #services: readonly RunningService[] = [];

  private constructor(
    prometheus: RunningPrometheus,
    directory: WorkDirectory,
    environment: Record<string, string>,
    places: readonly { readonly file: string; readonly url: string }[],
  ) {
    this.prometheus = prometheus;
    this.#directory = directory;
    this.#environment = environment;
    this.#files = places.map(({ file }) => file);
    this.#urls = places.map(({ url }) => url);
  }

  static async start(options: ScrapedReplicasOptions): Promise<ScrapedReplicas> {
    const { programs, configuration, environment, ruleFiles = [] } = options;
    const directory = await WorkDirectory.create();
    const places = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const port = await freePort();
        const file = await directory.write(`${name}.yaml`, `${configuration}server: { port: ${port} }\n`);
        return { file, url: `http://127.0.0.1:${port}` };
      }),
    );
    const prometheus = await RunningPrometheus.start(programs, {
      jobs: [{ job: 'geo-reconciler', targets: places.map(({ url }) => url) }],
      ruleFiles,
    });
    const replicas = new ScrapedReplicas(prometheus, directory, environment, places);
    await replicas.startServices();
    return replicas;
  }

  /** The address of one of them. */
  get url(): string {
    const [url] = this.#urls;
    if (url === undefined) throw new Error('there are two replicas');
    return url;
  }

  async startServices(): Promise<void> {
    const settings = { environment: this.#environment, workingDirectory: this.#directory.path };
    this.#services = this.#files.map((file) => RunningService.start(file, file, settings));
    await Promise.all(this.#services.map((service) => service.url()));
  }

  async stopServices(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.stop()));
  }

  /** Asks for a resync and answers the id of its cycle. */
  async resync(link: string): Promise<string> {
    const answer = await fetch(`${this.url}/api/v1/links/${link}/resync`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    return ((await answer.json()) as { readonly id: string }).id;
  }

  /** Waits for the end of a cycle, and then for a scrape of both replicas that began after it. */
  async ended(cycleId: string): Promise<void> {
    for (;;) {
      const answer = await fetch(`${this.url}/api/v1/cycles/${cycleId}`);
      const { status } = (await answer.json()) as { readonly status: string };
      if (status === 'finished') break;
      await sleep(100);
    }
    await this.#scraped(Date.now() / 1000);
  }

  async resynced(link: string): Promise<void> {
    await this.ended(await this.resync(link));
  }

  /** Values by the label named; each series has to have one. */
  async valuesBy(label: string, expression: string): Promise<Readonly<Record<string, number>>> {
    return byLabel(label, await this.prometheus.query(expression));
  }

  async stop(): Promise<void> {
    await this.stopServices();
    await this.prometheus.stop();
    await this.#directory.remove();
  }

  /** The page asks the database at most once a second: a scrape that begins two seconds after a moment knows what was true then. */
  async #scraped(since: number): Promise<void> {
    await this.prometheus.waitFor(
      `timestamp(geo_reconciler_config_last_reload_success)`,
      (samples) => samples.length === this.#urls.length && samples.every(({ value }) => value > since + 2),
    );
  }
}

export function byLabel(label: string, samples: readonly Sample[]): Readonly<Record<string, number>> {
  return Object.fromEntries(samples.map(({ labels, value }) => [labels[label] ?? '', value]));
}
