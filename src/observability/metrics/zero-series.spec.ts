import { describe, expect, it } from '@jest/globals';
import type { Configuration } from '../../config/configuration.ts';
import { ServiceMetrics } from './service-metrics.ts';
import { ZeroSeries } from './zero-series.ts';

/** As much of a configuration as series are named by. */
function configurationOf(...secondaries: readonly string[]): Configuration {
  return {
    registries: new Map(['eu', ...secondaries].map((name) => [name, { name }])),
    links: [{ name: 'out', secondaries: secondaries.map((name) => ({ name })) }],
    notifications: { incoming: [{ path: '/hooks/eu' }], outgoing: [{ name: 'pager' }] },
  } as unknown as Configuration;
}

const LABELS = { link: 'out', secondary: 'us' };

describe('series before the first event', () => {
  it.each([
    'foreign_writes_total{link="out",secondary="us"}',
    'unannounced_changes_total{link="out",secondary="us"}',
    'copied_bytes_total{link="out",secondary="us"}',
    'blobs_total{link="out",secondary="us",result="mounted"}',
    'verification_total{link="out",secondary="us",result="failed"}',
    'tag_replication_seconds_count{link="out",secondary="us"}',
    'registry_retries_total{registry="eu"}',
    'registry_throttled_seconds_total{registry="us"}',
    'notifications_total{hook="/hooks/eu",result="refused"}',
    'notifications_total{hook="pager",result="dead"}',
  ])('%s is 0', async (series) => {
    const metrics = new ServiceMetrics();
    new ZeroSeries(metrics).begin(configurationOf('us'));

    expect(await metrics.registry.metrics()).toContain(`\ngeo_reconciler_${series} 0\n`);
  });

  it('begin for what a reload brings, and what counted on stays', async () => {
    const metrics = new ServiceMetrics();
    const zero = new ZeroSeries(metrics);
    zero.begin(configurationOf('us'));
    metrics.foreignWrites.inc(LABELS, 3);
    metrics.tagReplication.observe(LABELS, 7);
    zero.begin(configurationOf('us', 'asia'));

    const page = await metrics.registry.metrics();
    expect(page).toContain('foreign_writes_total{link="out",secondary="us"} 3\n');
    expect(page).toContain('tag_replication_seconds_sum{link="out",secondary="us"} 7\n');
    expect(page).toContain('foreign_writes_total{link="out",secondary="asia"} 0\n');
  });
});
