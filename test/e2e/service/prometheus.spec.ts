import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ociImage } from '../../builders/image-content.ts';
import { pushContent } from '../../builders/push-content.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { prometheusForTests } from '../../prometheus/prometheus-for-tests.ts';
import { lintMetrics } from '../../prometheus/promtool.ts';
import type { RunningRegistry } from '../../registries/registry-provider.ts';
import { registryForTests } from '../../registries/registry-for-tests.ts';
import { largeImage } from '../large-image.ts';
import { noCache } from '../registry-pair.ts';
import { byLabel, ScrapedReplicas } from './scraped-replicas.ts';

const registry = await registryForTests();
const found = await prometheusForTests();

const REPOSITORY = 'team/app';

/** Of what is on its way for some seconds: three times the rate limit of the secondary. */
const LARGE_BYTES = 3_000_000;

/** Gauges come from the database, and every replica has them: `max by` says them once. */
const ONCE = 'max by (link, secondary, state)';

const title = registry.titleOf(found.titleOf('two replicas, as Prometheus sees them'));

(registry.isAvailable && found.isAvailable ? describe : describe.skip)(title, () => {
  let eu: RunningRegistry;
  let us: RunningRegistry;
  let de: RunningRegistry;
  let postgres: PostgresHarness;
  let replicas: ScrapedReplicas;

  beforeAll(async () => {
    const start = (): Promise<RunningRegistry> => registry.provider.start({ extraConfiguration: noCache });
    [eu, us, de, postgres] = await Promise.all([start(), start(), start(), startPostgres()]);
    for (const tag of ['v1', 'v2']) await pushContent(eu, REPOSITORY, ociImage(`app ${tag}`), { tag });
    replicas = await ScrapedReplicas.start({
      programs: found.programs(),
      configuration: `registries:
  eu: { url: "${eu.url}" }
  us: { url: "${us.url}", limits: { bytesPerSecond: ${LARGE_BYTES / 3} } }
  de: { url: "${de.url}" }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], schedule: "0 0 1 1 *", deletions: { orphans: report } }
  - { name: eu-to-de, primary: eu, secondaries: [de], schedule: "0 0 1 1 *", deletions: { orphans: delete },
      objective: { lag: 10m } }
database: { url: { env: DATABASE_URL } }
`,
      environment: { DATABASE_URL: await postgres.freshDatabase() },
    });
  }, 180_000);

  afterAll(async () => {
    await replicas.stop();
    await Promise.all([eu.stop(), us.stop(), de.stop(), postgres.stop()]);
  }, 60_000);

  const ask = (expression: string) => replicas.prometheus.valueOf(expression);
  const tagsOf = (link: string) =>
    replicas.valuesBy('state', `${ONCE} (geo_reconciler_tags{link="${link}"})`);
  const repositoriesOf = (link: string) =>
    replicas.valuesBy('state', `${ONCE} (geo_reconciler_repositories{link="${link}"})`);
  const lagOf = (link: string) =>
    ask(`max by (link) (geo_reconciler_replication_lag_seconds{link="${link}"})`);

  it('say once what all of them know, and together what each has done', async () => {
    const { prometheus } = replicas;
    await prometheus.waitFor(
      'geo_reconciler_last_success_timestamp_seconds',
      ({ length }) => length === 2 * 2,
    );
    await prometheus.waitForValue('max(geo_reconciler_queue_jobs{state="active"})', 0);

    expect(await tagsOf('eu-to-us')).toEqual(counts({ in_sync: 2 }));
    expect(await tagsOf('eu-to-de')).toEqual(counts({ in_sync: 2 }));
    expect(await ask('sum(max by (link, secondary, state) (geo_reconciler_tags))')).toBe(4);
    expect(await ask('sum(geo_reconciler_tags)')).toBe(8);
    expect(await ask('sum(geo_reconciler_steps_total{kind="copy-tag",outcome="done"})')).toBe(4);
    expect(await ask('sum(geo_reconciler_tag_replication_seconds_count)')).toBe(4);
    expect(await ask('sum(geo_reconciler_cycle_duration_seconds_count{outcome="in-sync"})')).toBe(2);
    expect(await ask('max(geo_reconciler_replication_lag_seconds)')).toBe(0);
    expect(
      await replicas.valuesBy('secondary', 'max by (secondary) (geo_reconciler_lag_objective_seconds)'),
    ).toEqual({ us: 900, de: 600 });
    expect(await ask('min(geo_reconciler_config_last_reload_success)')).toBe(1);
  }, 60_000);

  it('count what differs, and its age, from when it is found until it is read back equal', async () => {
    await pushContent(eu, REPOSITORY, largeImage('new', LARGE_BYTES), { tag: 'v3' });
    await pushContent(eu, REPOSITORY, largeImage('moved', LARGE_BYTES), { tag: 'v1' });
    const cycle = await replicas.resync('eu-to-us');
    await replicas.prometheus.waitFor(
      `${ONCE} (geo_reconciler_tags{link="eu-to-us"})`,
      (samples) => byLabel('state', samples).missing === 1 && byLabel('state', samples).moved === 1,
    );
    await replicas.prometheus.waitFor(
      'max by (link) (geo_reconciler_replication_lag_seconds{link="eu-to-us"})',
      ([lag]) => (lag?.value ?? 0) > 0,
    );
    // Replicas are scraped at different moments, and for a moment `max by` has what both of them said.
    await replicas.prometheus.waitForValue(
      'min(geo_reconciler_repositories{link="eu-to-us",state="running"})',
      1,
    );
    const running = await repositoriesOf('eu-to-us');
    await replicas.ended(cycle);

    expect(running).toEqual(places({ running: 1 }));
    expect(await tagsOf('eu-to-us')).toEqual(counts({ in_sync: 3 }));
    expect(await repositoriesOf('eu-to-us')).toEqual(places({ synced: 1 }));
    expect(await lagOf('eu-to-us')).toBe(0);
    expect(await ask('sum(geo_reconciler_copied_bytes_total{link="eu-to-us"})')).toBeGreaterThan(
      2 * LARGE_BYTES,
    );
    expect(await ask('sum(geo_reconciler_steps_total{link="eu-to-us",kind="move-tag",outcome="done"})')).toBe(
      1,
    );
  }, 120_000);

  it('show what fails, and that it no longer does', async () => {
    const success = 'max(geo_reconciler_last_success_timestamp_seconds{link="eu-to-us"})';
    const before = await ask(success);
    await us.restart({ extraConfiguration: noCache, access: 'readOnly' });
    await pushContent(eu, REPOSITORY, ociImage('app v4'), { tag: 'v4' });
    await replicas.resynced('eu-to-us');

    expect(await tagsOf('eu-to-us')).toEqual(counts({ in_sync: 3, failed: 1 }));
    expect(await repositoriesOf('eu-to-us')).toEqual(places({ failed: 1 }));
    expect(await lagOf('eu-to-us')).toBeGreaterThan(0);
    expect(await ask(success)).toBe(before);
    expect(await ask('max(geo_reconciler_last_cycle_timestamp_seconds{link="eu-to-us"})')).toBeGreaterThan(
      before,
    );

    await us.restart({ extraConfiguration: noCache, access: 'readWrite' });
    await replicas.resynced('eu-to-us');

    expect(await tagsOf('eu-to-us')).toEqual(counts({ in_sync: 4 }));
    expect(await lagOf('eu-to-us')).toBe(0);
    expect(await ask(success)).toBeGreaterThan(before);
  }, 120_000);

  it('show a change of somebody else as an increase', async () => {
    await pushContent(us, REPOSITORY, ociImage('by somebody else'), { tag: 'v2' });
    await replicas.resynced('eu-to-us');

    expect(
      await ask('sum(increase(geo_reconciler_foreign_writes_total{secondary="us"}[5m]))'),
    ).toBeGreaterThan(0);
    expect(await ask('sum(geo_reconciler_foreign_writes_total)')).toBe(1);
  }, 120_000);

  it('tell an orphan that is left in place from one whose deletion is held back', async () => {
    await pushContent(us, REPOSITORY, ociImage('stray'), { tag: 'stray' });
    await pushContent(de, REPOSITORY, ociImage('stray'), { tag: 'stray' });
    await replicas.resynced('eu-to-us');
    await replicas.resynced('eu-to-de');

    expect(await tagsOf('eu-to-us')).toEqual(counts({ in_sync: 4, orphan: 1 }));
    expect(await tagsOf('eu-to-de')).toEqual(counts({ in_sync: 4, held: 1 }));
    expect(await lagOf('eu-to-us')).toBe(0);
    expect(await lagOf('eu-to-de')).toBeGreaterThan(0);
    expect(
      await ask('sum(geo_reconciler_deletions_refused_total{link="eu-to-us",reason="REPORT_ONLY"})'),
    ).toBe(1);
    expect(await ask('sum(geo_reconciler_deletions_refused_total{link="eu-to-de"})')).toBe(1);
  }, 120_000);

  it('name nothing that grows with the content', async () => {
    const samples = await replicas.prometheus.query('{__name__=~"geo_reconciler_.+"}');
    const values = samples.flatMap(({ labels }) => Object.entries(labels));
    const names = new Set(values.map(([name]) => name));

    expect([...names].sort()).toEqual(
      '__name__ instance job kind le link operation outcome reason registry result secondary state status'.split(
        ' ',
      ),
    );
    expect(values.filter(([, value]) => /sha256|team\/|^v\d$|stray/.test(value))).toEqual([]);
  });

  it('write a page that the tool of Prometheus has nothing to say about', async () => {
    const page = await (await fetch(`${replicas.url}/metrics`)).text();
    const complaints = await lintMetrics(found.programs(), page);

    expect(complaints.filter((line) => line.startsWith('geo_reconciler_'))).toEqual([]);
  });

  it('know after a restart what they knew before, and count their own work anew', async () => {
    const gauges = [
      'geo_reconciler_tags',
      'geo_reconciler_repositories',
      'geo_reconciler_last_success_timestamp_seconds',
      'geo_reconciler_last_cycle_timestamp_seconds',
      'geo_reconciler_verified_tags',
    ].map((name) => `max by (__name__, link, secondary, state, result) (${name})`);
    const look = (): Promise<unknown> =>
      Promise.all(
        gauges.map((gauge) => replicas.prometheus.query(gauge).then((samples) => samples.map(asText))),
      );
    const before = await look();
    const lag = await lagOf('eu-to-de');
    await replicas.stopServices();
    await replicas.prometheus.waitForValue('sum(up)', 0);
    expect(await replicas.prometheus.query('geo_reconciler_tags')).toEqual([]);
    await replicas.startServices();
    await replicas.prometheus.waitFor(
      'geo_reconciler_tags{link="eu-to-de",state="held"}',
      ({ length }) => length === 2,
    );

    expect(await look()).toEqual(before);
    expect(await lagOf('eu-to-de')).toBeGreaterThan(lag);
    expect(await ask('sum(geo_reconciler_copied_bytes_total)')).toBe(0);
  }, 120_000);

  it('show a registry that does not answer', async () => {
    await de.kill();
    await replicas.resynced('eu-to-de');

    expect(
      await ask('sum(geo_reconciler_registry_requests_total{registry="de",status="0"})'),
    ).toBeGreaterThan(0);
    expect(
      await ask('sum(geo_reconciler_registry_requests_total{registry="de",status="200"}) or vector(0)'),
    ).toBe(0);
    expect(await repositoriesOf('eu-to-de')).toEqual(places({ failed: 1 }));
    expect(await lagOf('eu-to-de')).toBeGreaterThan(0);
  }, 120_000);
});

const STATES = { in_sync: 0, missing: 0, moved: 0, orphan: 0, held: 0, failed: 0 };
const POSITIONS = { synced: 0, pending: 0, running: 0, failed: 0, held: 0 };

function counts(of: Partial<typeof STATES>): typeof STATES {
  return { ...STATES, ...of };
}

function places(of: Partial<typeof POSITIONS>): typeof POSITIONS {
  return { ...POSITIONS, ...of };
}

function asText({ labels, value }: { readonly labels: object; readonly value: number }): string {
  return `${JSON.stringify(labels)} ${value}`;
}
