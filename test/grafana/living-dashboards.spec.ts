import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runStatement } from '../databases/postgres-harness.ts';
import { prometheusForTests } from '../prometheus/prometheus-for-tests.ts';
import { RunningPrometheus } from '../prometheus/running-prometheus.ts';
import { registryForTests } from '../registries/registry-for-tests.ts';
import {
  DASHBOARD_FILES,
  databaseTargetsOf,
  panelsOf,
  prometheusTargetsOf,
  readDashboard,
} from './dashboard-document.ts';
import { EventfulDeployment } from './eventful-deployment.ts';
import { clickedUrl, expressionOf, statementOf, valuesOf, type ChosenValues } from './substitution.ts';

const registry = await registryForTests();
const prometheusPrograms = await prometheusForTests();

const dashboards = DASHBOARD_FILES.map((file) => ({ file, dashboard: readDashboard(file) }));

/** Titles are unique within a dashboard. */
const panels = dashboards.flatMap(({ file, dashboard }) =>
  panelsOf(dashboard).map((panel) => ({ title: `${file}: ${panel.title}`, file, panel })),
);

const expressions = panels.flatMap(({ title, file, panel }) =>
  prometheusTargetsOf(panel).map((target) => ({ title: `${title} ${target.refId}`, file, target })),
);
const statements = panels.flatMap(({ title, file, panel }) =>
  databaseTargetsOf(panel).map((target) => ({ title: `${title} ${target.refId}`, file, target })),
);

function isThere({ length }: readonly unknown[]): boolean {
  return length > 0;
}

/** The statements of docs/dashboards.md, as somebody pastes them. */
function documentedGrants(): string {
  const document = readFileSync(join(import.meta.dirname, '../../docs/dashboards.md'), 'utf8');
  const [, grants] = /^```sql\n(.*?)^```$/ms.exec(document) ?? [];
  if (grants === undefined) throw new Error('docs/dashboards.md has no block of SQL');
  return grants;
}

const isAvailable = registry.isAvailable && prometheusPrograms.isAvailable;

(isAvailable ? describe : describe.skip)(
  prometheusPrograms.titleOf(registry.titleOf('what the dashboards ask for')),
  () => {
    let deployment: EventfulDeployment;
    let prometheus: RunningPrometheus;
    let grafanaUrl: string;
    /** What Grafana chooses when a dashboard is opened: the first deployment, and all of the rest. */
    const chosen = new Map<string, ChosenValues>();

    beforeAll(async () => {
      deployment = await EventfulDeployment.start(registry.provider);
      prometheus = await RunningPrometheus.start(prometheusPrograms.programs(), {
        jobs: [{ job: 'geo-reconciler', targets: deployment.replicaUrls }],
        ruleFiles: [join(import.meta.dirname, '../../deploy/prometheus/alerts.yaml')],
      });
      // A counter that is born with its first event grows with its second.
      for (const round of [1, 2]) {
        await deployment.haveEverythingHappen(round);
        await prometheus.waitForValue(
          'max(geo_reconciler_unannounced_changes_total{link="eu-to-all",secondary="us"})',
          round,
        );
      }
      await prometheus.waitFor('ALERTS{alertname="GeoReconcilerForeignWrites",alertstate="firing"}', isThere);
      await prometheus.waitFor('geo_reconciler_last_success_timestamp_seconds', isThere);
      await deployment.startSecondReplica();
      await prometheus.waitForValue('sum(up)', 2);
      await prometheus.waitForValue('sum(geo_reconciler_queue_jobs{state="active"})', 0);
      for (const { file, dashboard } of dashboards)
        chosen.set(file, await valuesOf(dashboard, async (expression) => await prometheus.query(expression)));
      await runStatement(deployment.databaseUrl, documentedGrants());
      const url = new URL(deployment.databaseUrl);
      url.username = 'grafana';
      url.password = 'choose-your-own';
      grafanaUrl = url.href;
    }, 300_000);

    afterAll(async () => {
      // Either may not have come up.
      await (prometheus as RunningPrometheus | undefined)?.stop();
      await (deployment as EventfulDeployment | undefined)?.stop();
    }, 60_000);

    it('is chosen by variables that find everything there is', () => {
      expect(Object.fromEntries(chosen.get('link-detail.json') ?? [])).toEqual({
        job: ['geo-reconciler'],
        link: ['eu-to-all', 'quiet'],
        secondary: ['ap', 'us'],
      });
      expect(chosen.get('registries.json')?.get('registry')).toEqual(['ap', 'eu', 'us']);
      expect(chosen.get('service.json')?.get('instance')).toHaveLength(2);
    });

    it.each(expressions)('is in Prometheus: $title', async ({ file, target }) => {
      const expression = expressionOf(target.expr, chosen.get(file) ?? new Map<string, never>());
      const to = new Date(Date.now());
      const values = target.instant
        ? (await prometheus.query(expression, to)).map(({ value }) => value)
        : (
            await prometheus.queryRange(expression, {
              from: new Date(to.getTime() - 120_000),
              to,
              stepSeconds: 2,
            })
          ).flatMap((series) => series.values.map(([, value]) => value));

      const known = values.filter((value) => !Number.isNaN(value));
      // What is counted has happened, so a panel of it is not a flat line at 0.
      const isCounted = /\b(?:rate|increase)\(/.test(expression);
      expect(Math.max(...known)).toBeGreaterThan(isCounted ? 0 : -Infinity);
    });

    it.each(statements)(
      'is in the database, for a user with the documented rights: $title',
      async ({ file, target }) => {
        const statement = statementOf(target.rawSql, chosen.get(file) ?? new Map<string, never>());

        const rows = await runStatement(grafanaUrl, statement);

        expect(rows.length).toBeGreaterThan(0);
      },
    );

    it.each(statements)('is a statement also where a variable has no value: $title', async ({ target }) => {
      const nothing = new Map([
        ['link', []],
        ['secondary', []],
      ]);
      await expect(runStatement(grafanaUrl, statementOf(target.rawSql, nothing))).resolves.toEqual(
        expect.anything(),
      );
    });

    it.each([
      ['overview.json', 'Pairs behind', 2],
      ['overview.json', 'Failed repositories', 1],
      ['overview.json', 'Deletions held', 1],
      ['overview.json', 'Tags that differ', 2],
      ['service.json', 'Replicas up', 2],
      ['service.json', 'Replicas without their database', 0],
      ['service.json', 'Configuration taken', 1],
      ['service.json', 'Repositories worked on', 0],
    ])('is right with two replicas: %s: %s is %i', async (file, title, value) => {
      await expect(valueOn(file, title)).resolves.toBe(value);
    });

    it('tells pairs that are in sync from pairs that are behind', async () => {
      const [target] = prometheusTargetsOf(panelOn('overview.json', 'In sync or not'));
      const samples = await prometheus.query(expressionOf(target!.expr, chosen.get('overview.json')!));

      expect(
        Object.fromEntries(
          samples.map(({ labels, value }) => [`${labels.link} → ${labels.secondary}`, value]),
        ),
      ).toEqual({ 'eu-to-all → ap': 1, 'eu-to-all → us': 1, 'quiet → us': 0 });
    });

    it('leads to answers of the API', async () => {
      const [cycle] = await rowsOn('link-detail.json', 'The last cycles');
      const clicked = { ...cycle, repository: 'team/broken', registry: 'eu', link: 'eu-to-all' };
      const urls = [...JSON.stringify(dashboards).matchAll(/"url":"(?<url>\$\{api:raw\}[^"]*)"/g)].map(
        ({ groups }) => clickedUrl(groups!.url!, deployment.url, clicked),
      );

      const answers = await Promise.all(
        [...new Set(urls)].map(async (url) => [url, (await fetch(url)).status]),
      );

      expect(answers.length).toBeGreaterThanOrEqual(6);
      expect(answers.filter(([, status]) => status !== 200)).toEqual([]);
    });

    it('names the repository that fails, and why', async () => {
      const rows = await rowsOn('link-detail.json', 'Failing repositories');

      expect(rows).toEqual([
        expect.objectContaining({
          link: 'eu-to-all',
          secondary: 'ap',
          repository: 'team/broken',
          Reason: 'FORBIDDEN',
          'Last success': null,
        }),
      ]);
    });

    it('is closed to a user with the documented rights where no panel looks', async () => {
      await expect(runStatement(grafanaUrl, 'SELECT * FROM audit')).rejects.toThrow('permission denied');
      await expect(runStatement(grafanaUrl, 'DELETE FROM tag_state')).rejects.toThrow(
        'read-only transaction',
      );
    });

    it('is not 0 but nothing when the database is gone, and the service dashboard says so', async () => {
      await deployment.loseDatabase();
      while ((await valueOn('service.json', 'Replicas without their database')) !== 2) await sleep(500);

      await expect(valueOn('overview.json', 'Pairs behind')).rejects.toThrow('0 series');
      await expect(valueOn('overview.json', 'Deletions held')).rejects.toThrow('0 series');
      await expect(valueOn('service.json', 'Replicas up')).resolves.toBe(2);
    }, 120_000);

    async function valueOn(file: string, title: string): Promise<number> {
      const [target] = prometheusTargetsOf(panelOn(file, title));
      return await prometheus.valueOf(expressionOf(target!.expr, chosen.get(file)!));
    }

    async function rowsOn(file: string, title: string): Promise<readonly Record<string, unknown>[]> {
      const [target] = databaseTargetsOf(panelOn(file, title));
      return await runStatement(grafanaUrl, statementOf(target!.rawSql, chosen.get(file)!));
    }

    function panelOn(file: string, title: string): ReturnType<typeof panelsOf>[number] {
      return panels.find((each) => each.file === file && each.panel.title === title)!.panel;
    }
  },
);
