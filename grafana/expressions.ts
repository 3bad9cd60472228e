/** What the variables of a dashboard choose among metrics of links. */
const OF_LINK = 'job="$job",link=~"$link",secondary=~"$secondary"';

const OF_REGISTRY = 'job="$job",registry=~"$registry"';

/** Metrics that every process has; the job says which processes are meant. */
export const OF_PROCESS = 'job="$job",instance=~"$instance"';

/** Cycles are minutes apart: a shorter window would mostly be empty. */
export const WINDOW = '1h';

/**
 * A gauge of links. Every replica shows the same numbers, out of the database they share, so replicas are not added up: the highest
 * of them is the newest wherever they differ for the time between two scrapes.
 */
export function ofLinks(metric: string, { by = [], where = '' }: Choice = {}): string {
  return `max by (${['link', 'secondary', ...by].join(', ')}) (geo_reconciler_${metric}{${both(OF_LINK, where)}})`;
}

/** A counter of links, of all replicas together: per second. */
export function rateOfLinks(metric: string, { by = [], where = '' }: Choice = {}): string {
  return `sum by (${by.join(', ')}) (rate(geo_reconciler_${metric}{${both(OF_LINK, where)}}[$__rate_interval]))`;
}

/** A counter of links, of all replicas together: how much it grew within a time. */
export function growthOfLinks(metric: string, { by = [], where = '' }: Choice = {}, within = WINDOW): string {
  return `sum by (${by.join(', ')}) (increase(geo_reconciler_${metric}{${both(OF_LINK, where)}}[${within}]))`;
}

/** A quantile over the last {@link WINDOW}, of all replicas together. */
export function quantileOfLinks(quantile: number, histogram: string, by: readonly string[]): string {
  return `histogram_quantile(${quantile}, ${growthOfLinks(`${histogram}_bucket`, { by: ['le', ...by] })})`;
}

/** A counter of registries, of all replicas together: per second. */
export function rateOfRegistries(metric: string, { by = [], where = '' }: Choice = {}): string {
  return `sum by (${by.join(', ')}) (rate(geo_reconciler_${metric}{${both(OF_REGISTRY, where)}}[$__rate_interval]))`;
}

export function quantileOfRegistries(quantile: number, by: readonly string[]): string {
  const buckets = rateOfRegistries('registry_request_duration_seconds_bucket', { by: ['le', ...by] });
  return `histogram_quantile(${quantile}, ${buckets})`;
}

/** Labels that are kept, and matchers besides those of the variables. */
interface Choice {
  readonly by?: readonly string[];
  readonly where?: string;
}

function both(variables: string, where: string): string {
  return where === '' ? variables : `${variables},${where}`;
}

const LAG = ofLinks('replication_lag_seconds');
const OBJECTIVE = ofLinks('lag_objective_seconds');
const SUCCESS = ofLinks('last_success_timestamp_seconds');

/** There as soon as the database can be read, unlike the lag, which is not known before the first listing. */
const IN_SYNC = ofLinks('tags', { where: 'state="in_sync"' });

/**
 * 0: in sync; 1: behind, within the objective; 2: behind for longer than the objective allows; 3: nothing is known to differ, but no
 * cycle over the whole link has ended in sync yet either. Without a number the service is not scraped, or cannot read its database.
 */
export const CONDITION =
  `(((${LAG} > bool 0) + (${LAG} > bool ${OBJECTIVE})) and on (link, secondary) (${LAG} > 0 or ${SUCCESS}))` +
  ` or on (link, secondary) (${IN_SYNC} * 0 + 3)`;
