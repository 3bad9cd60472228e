import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** From a request of a registry next door to a large layer over an ocean. */
const REQUEST_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** From a no-op of a small link to a first copy of everything. */
const CYCLE_BUCKETS_SECONDS = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 43_200];

/** From a push that a notification announced to an outage of a day. */
const REPLICATION_BUCKETS_SECONDS = [1, 2.5, 5, 10, 30, 60, 300, 900, 1800, 3600, 14_400, 43_200, 86_400];

const LINK = ['link', 'secondary'] as const;

/**
 * Everything that `/metrics` shows of this process (CONTRACT 5). Labels are names of the configuration and closed sets, never a
 * tag, a digest, an address or the text of an error.
 */
export class ServiceMetrics {
  readonly registry = new Registry();

  readonly tags = this.#gauge('tags', 'Tags by state, as last written down', [...LINK, 'state']);
  readonly repositories = this.#gauge('repositories', 'Repositories by state', [...LINK, 'state']);
  readonly lag = this.#gauge('replication_lag_seconds', 'Age of the oldest difference still open', LINK);
  readonly lagObjective = this.#gauge(
    'lag_objective_seconds',
    'The lag that the link is to stay below',
    LINK,
  );
  readonly lastSuccess = this.#gauge(
    'last_success_timestamp_seconds',
    'End of the last cycle that left everything in sync',
    LINK,
  );
  readonly lastCycle = this.#gauge('last_cycle_timestamp_seconds', 'End of the last cycle', LINK);
  readonly queueJobs = this.#gauge('queue_jobs', 'Jobs on the queue that all replicas share', ['state']);
  readonly verifiedTags = this.#gauge(
    'verified_tags',
    'Tags whose content was gone through, by what came of it last',
    [...LINK, 'result'],
  );
  readonly reloadSuccess = this.#gauge(
    'config_last_reload_success',
    'Whether the configuration file was taken when it was last read',
    [],
  );

  readonly tagReplication = this.#histogram(
    'tag_replication_seconds',
    'From the first sight of a difference to verified equality',
    { labels: LINK, buckets: REPLICATION_BUCKETS_SECONDS },
  );
  readonly cycleDuration = this.#histogram('cycle_duration_seconds', 'How long cycles took', {
    labels: [...LINK, 'outcome'],
    buckets: CYCLE_BUCKETS_SECONDS,
  });
  readonly requestDuration = this.#histogram(
    'registry_request_duration_seconds',
    'How long registries took to begin their answer',
    { labels: ['registry', 'operation', 'status'], buckets: REQUEST_BUCKETS_SECONDS },
  );

  readonly steps = this.#counter('steps_total', 'Steps that ended', [...LINK, 'kind', 'outcome', 'reason']);
  readonly copiedBytes = this.#counter('copied_bytes_total', 'Blob bytes sent to the secondary', LINK);
  readonly blobs = this.#counter('blobs_total', 'Blobs by how they came to the secondary', [
    ...LINK,
    'result',
  ]);
  readonly requests = this.#counter('registry_requests_total', 'Requests; status 0 is no answer', [
    'registry',
    'operation',
    'status',
  ]);
  readonly retries = this.#counter('registry_retries_total', 'Requests that were repeated', ['registry']);
  readonly throttled = this.#counter(
    'registry_throttled_seconds_total',
    'Time that requests waited for a rate limit or a Retry-After',
    ['registry'],
  );
  readonly verification = this.#counter('verification_total', 'Tags that were verified', [...LINK, 'result']);
  readonly deletionsRefused = this.#counter(
    'deletions_refused_total',
    'Deletions of orphan tags that the gate or the registry refused',
    [...LINK, 'reason'],
  );
  readonly foreignWrites = this.#counter(
    'foreign_writes_total',
    'Tags of the secondary that somebody else changed',
    LINK,
  );
  readonly unannouncedChanges = this.#counter(
    'unannounced_changes_total',
    'Changes of the primary that a cycle found and no notification told',
    LINK,
  );
  readonly notifications = this.#counter('notifications_total', 'Notifications of registries by result', [
    'hook',
    'result',
  ]);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  #gauge<Label extends string>(name: string, help: string, labels: readonly Label[]): Gauge<Label> {
    return new Gauge({ name: nameOf(name), help, labelNames: [...labels], registers: [this.registry] });
  }

  #counter<Label extends string>(name: string, help: string, labels: readonly Label[]): Counter<Label> {
    return new Counter({ name: nameOf(name), help, labelNames: [...labels], registers: [this.registry] });
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    { labels, buckets }: { readonly labels: readonly Label[]; readonly buckets: number[] },
  ): Histogram<Label> {
    const registers = [this.registry];
    return new Histogram({ name: nameOf(name), help, labelNames: [...labels], buckets, registers });
  }
}

function nameOf(name: string): string {
  return `geo_reconciler_${name}`;
}
