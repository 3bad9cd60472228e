import path from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { startPostgres, type PostgresHarness } from '../databases/postgres-harness.ts';
import { freePort } from '../e2e/service/free-port.ts';
import { RunningService } from '../e2e/service/running-service.ts';
import { WorkDirectory } from '../e2e/work-directory.ts';
import { prometheusForTests } from '../prometheus/prometheus-for-tests.ts';
import { RunningPrometheus } from '../prometheus/running-prometheus.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import type { ConfigurationFragment, RunningRegistry } from '../registries/registry-provider.ts';
import { read, ROOT, withSecrets } from './compose-file.ts';

const registry = await registryForTests();
const found = await prometheusForTests();

const title = registry.titleOf(found.titleOf('the parts of the compose file, on loopback'));

(registry.isAvailable && found.isAvailable ? describe : describe.skip)(title, () => {
  let primary: RunningRegistry;
  let secondary: RunningRegistry;
  let postgres: PostgresHarness;
  let directory: WorkDirectory;
  let service: RunningService;
  let seed: ChildProcess;
  let prometheus: RunningPrometheus;

  beforeAll(async () => {
    const port = await freePort();
    const address = `127.0.0.1:${port}`;
    const hooks = read('deploy/compose/primary-registry.yaml').replace('geo-reconciler:8080', address);
    const { notifications } = parse(hooks) as { readonly notifications: ConfigurationFragment };
    [primary, secondary, postgres, directory] = await Promise.all([
      registry.provider.start({ extraConfiguration: { notifications } }),
      registry.provider.start(),
      startPostgres(),
      WorkDirectory.create(),
    ]);
    const places = [
      ['http://primary:5000', primary.url],
      ['http://secondary:5000', secondary.url],
      ['/run/secrets/database_url', await directory.write('database-url', await postgres.freshDatabase())],
      ['host: 0.0.0.0', `host: 127.0.0.1\n  port: ${port}`],
    ] as const;
    const text = places.reduce(
      (result, [from, to]) => result.replace(from, to),
      read('deploy/compose/geo-reconciler.yaml'),
    );
    const file = await directory.write('geo-reconciler.yaml', withSecrets(text));
    service = RunningService.start('service', file, { workingDirectory: directory.path });
    await service.url();
    prometheus = await RunningPrometheus.start(found.programs(), {
      jobs: [
        {
          job: 'geo-reconciler',
          targets: [address],
          bearerToken: read('deploy/compose/viewer-token'),
        },
      ],
      ruleFiles: [path.join(ROOT, 'deploy/prometheus/alerts.yaml')],
    });
    const sides = ['--primary', primary.url, '--secondary', secondary.url, '--interval-seconds', '1'];
    seed = spawn(
      path.join(ROOT, 'node_modules/.bin/node'),
      [path.join(ROOT, 'deploy/compose/seed.ts'), ...sides],
      { stdio: 'ignore' },
    );
  }, 120_000);

  afterAll(async () => {
    seed.kill();
    await Promise.all([service.stop(), prometheus.stop()]);
    await Promise.all([primary.stop(), secondary.stop(), postgres.stop(), directory.remove()]);
  }, 60_000);

  it.each([
    ['what is in sync', 'max(geo_reconciler_tags{state="in_sync"}) > 15'],
    ['what is copied', 'sum(increase(geo_reconciler_copied_bytes_total[1m])) > 0'],
    ['notifications of the primary', 'sum(geo_reconciler_notifications_total{result="accepted"}) > 3'],
    ['no notification with a wrong secret', 'sum(geo_reconciler_notifications_total{result="refused"}) == 0'],
    ['writes of somebody else', 'sum(increase(geo_reconciler_foreign_writes_total[5m])) > 0'],
    ['deletions that the gate holds back', 'max(geo_reconciler_tags{state="held"}) > 0'],
    ['both registries', 'count(count by (registry) (geo_reconciler_registry_requests_total)) == 2'],
    ['the alert on writes of somebody else', 'ALERTS{alertname="GeoReconcilerForeignWrites"}'],
  ])(
    'show %s',
    async (_what, expression) => {
      const samples = await prometheus.waitFor(expression, ({ length }) => length > 0);
      expect(samples).not.toEqual([]);
    },
    120_000,
  );

  it('are scraped with the token, and not without', async () => {
    const { status } = await fetch(`${await service.url()}/metrics`, {
      headers: { 'x-forwarded-for': '192.0.2.1' },
    });

    expect(await prometheus.valueOf('up')).toBe(1);
    expect(status).toBe(401);
  });
});
