import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { dashboardFiles } from '../../grafana/dashboards.ts';
import { ServiceMetrics } from '../../src/observability/metrics/service-metrics.ts';
import {
  DASHBOARD_DIRECTORY,
  DASHBOARD_FILES,
  databaseTargetsOf,
  panelsOf,
  prometheusTargetsOf,
  readDashboard,
  type PanelDocument,
} from './dashboard-document.ts';
import { metricsOf } from './metric-names.ts';

const dashboards = DASHBOARD_FILES.map((file) => ({ file, dashboard: readDashboard(file) }));

/** "overview.json: In sync or not", and the panel. */
const panels = dashboards.flatMap(({ file, dashboard }) =>
  panelsOf(dashboard).map((panel) => [`${file}: ${panel.title}`, panel] as const),
);

const RULES = z.object({
  groups: z.array(
    z.object({
      rules: z.array(z.object({ alert: z.string(), annotations: z.object({ runbook_url: z.string() }) })),
    }),
  ),
});

/** What Prometheus itself says of a target. */
const OF_PROMETHEUS = new Map([
  ['up', ['job', 'instance']],
  [
    'ALERTS',
    ['alertname', 'alertstate', 'severity', 'job', 'instance', 'link', 'secondary', 'registry', 'hook'],
  ],
]);

/** Labels that every scraped series has. */
const SCRAPED = ['job', 'instance'];

/** Every series that the page of a service can have, with its labels. */
function exportedSeries(): ReadonlyMap<string, readonly string[]> {
  const metrics = new ServiceMetrics().registry.getMetricsAsArray();
  const series = metrics.flatMap((metric): [string, readonly string[]][] => {
    const labels = [...('labelNames' in metric ? (metric.labelNames as string[]) : []), ...SCRAPED];
    const isHistogram = String(metric.type) === 'histogram';
    const suffixes = isHistogram ? ['_bucket', '_sum', '_count'] : [''];
    return suffixes.map((suffix) => [
      `${metric.name}${suffix}`,
      suffix === '_bucket' ? [...labels, 'le'] : labels,
    ]);
  });
  return new Map([...series, ...OF_PROMETHEUS]);
}

describe('the dashboards of Grafana', () => {
  it('are the ones that are generated: `npm run dashboards` changes nothing', async () => {
    const generated = dashboardFiles();
    const committed = (await readdir(DASHBOARD_DIRECTORY)).sort();

    expect(committed).toEqual(generated.map(({ name }) => name).sort());
    expect(committed).toEqual([...DASHBOARD_FILES].sort());
    for (const { name, text } of generated) {
      const stale = readFileSync(join(DASHBOARD_DIRECTORY, name), 'utf8') === text ? [] : [name];
      expect(stale).toEqual([]);
    }
  });

  it('have addresses of their own, and know each other by one tag', () => {
    const uids = dashboards.map(({ dashboard }) => dashboard.uid);
    expect(new Set(uids).size).toBe(uids.length);
    const linked = JSON.stringify(dashboards).matchAll(/"url":"\/d\/(?<uid>[a-z-]+)\?/g);
    const targets = new Set([...linked].map(({ groups }) => groups?.uid));
    expect([...targets].filter((uid) => uid === undefined || !uids.includes(uid))).toEqual([]);
    expect(targets.size).toBeGreaterThan(1);
  });
});

describe.each(dashboards)('$file', ({ dashboard }) => {
  const own = panelsOf(dashboard);

  it('numbers its panels and rows from 1, each once, in the order in which they stand', () => {
    expect(dashboard.panels.map(({ id }) => id)).toEqual(dashboard.panels.map((_panel, index) => index + 1));
  });

  it('puts no panel upon another, and none beyond the edge', () => {
    const cells = dashboard.panels.flatMap(({ id, gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => ({
        id,
        place: `${x + (cell % w)},${y + Math.floor(cell / w)}`,
        column: x + (cell % w),
      })),
    );
    const takenTwice = cells.filter(({ place, id }) =>
      cells.some((other) => other.place === place && other.id !== id),
    );
    expect(takenTwice.map(({ id }) => id)).toEqual([]);
    expect(cells.filter(({ column }) => column >= 24)).toEqual([]);
  });

  it('declares the variables that it uses, and uses those that it declares', () => {
    const text = JSON.stringify(dashboard);
    const used = [...text.matchAll(/\$\{?(?<name>[a-z][a-z_]*)\b/g)].map(({ groups }) => groups?.name);
    const declared = dashboard.templating.list.map(({ name }) => name);
    expect([...new Set(used)].sort()).toEqual([...declared].sort());
  });

  it('offers all links, secondaries, registries and replicas at once, and one deployment at a time', () => {
    const queried = dashboard.templating.list.filter(({ type }) => type === 'query');
    for (const { name, multi, includeAll, allValue } of queried) {
      // `All` goes into SQL as names, so it must not be a pattern.
      const manyOrOne =
        name === 'job' ? { multi: false, includeAll: false } : { multi: true, includeAll: true };
      expect({ name, multi, includeAll, allValue }).toEqual({ name, ...manyOrOne, allValue: undefined });
    }
    expect(queried.map(({ name }) => name)).toContain('job');
  });

  it('gives every panel one data source, by the variable that the dashboard has for its kind', () => {
    for (const panel of own) {
      const sources = new Set([panel, ...panel.targets].map(({ datasource }) => JSON.stringify(datasource)));
      expect([...sources]).toEqual([
        databaseTargetsOf(panel).length > 0
          ? '{"type":"grafana-postgresql-datasource","uid":"${database}"}'
          : '{"type":"prometheus","uid":"${prometheus}"}',
      ]);
    }
    expect(new Set(own.flatMap(({ targets }) => targets.map(({ refId }) => refId))).has('A')).toBe(true);
  });
});

describe.each(panels)('%s', (_title, panel: PanelDocument) => {
  it('has a unit of Grafana, and its columns too', () => {
    const known = new Set<unknown>(Object.values(units));
    const overridden = panel.fieldConfig.overrides.flatMap(({ properties }) =>
      properties.filter(({ id }) => id === 'unit').map(({ value }) => value),
    );
    const unknown = [panel.fieldConfig.defaults.unit, ...overridden].filter((unit) => !known.has(unit));
    expect(unknown).toEqual([]);
  });

  it('has colours with a shade for either theme: names, no numbers', () => {
    const text = JSON.stringify([panel.fieldConfig, panel.options]);
    const colors = [...text.matchAll(/"(?:color|fixedColor)":"(?<color>[^"]+)"/g)].map(
      ({ groups }) => groups?.color,
    );
    const palette = ['green', 'yellow', 'orange', 'red', 'blue', 'purple', 'text'];
    expect(colors.filter((color) => !palette.includes(color ?? ''))).toEqual([]);
    expect(text).not.toMatch(/#[0-9a-fA-F]{3,8}\b|background/);
  });

  it('gives each query a letter of its own', () => {
    expect(panel.targets.map(({ refId }) => refId)).toEqual(
      panel.targets.map((_target, index) => 'ABCDEFGHIJ'.charAt(index)),
    );
  });

  it('joins rows into one table where it has several queries for one', () => {
    const isJoined = panel.transformations?.some(({ id }) => id === 'merge') ?? false;
    expect(isJoined).toBe(panel.type === 'table' && panel.targets.length > 1);
  });
});

describe('the alerts', () => {
  const file = join(import.meta.dirname, '../../deploy/prometheus/alerts.yaml');
  const { groups } = RULES.parse(parse(readFileSync(file, 'utf8')));
  const alerts = groups.flatMap(({ rules }) =>
    rules.map(({ alert, annotations }) => ({ name: alert, runbook: annotations.runbook_url })),
  );
  const named = panels.flatMap(([, { description }]) =>
    [...description.matchAll(/^Alert (?<name>\w+): (?<runbook>\S+)$/gm)].map(({ groups }) => ({ ...groups })),
  );

  it('are each named on the panel that shows what they fire on, with their section of the runbook', () => {
    const byName = (one: { name?: string }, other: { name?: string }): number =>
      (one.name ?? '').localeCompare(other.name ?? '');
    expect(named.toSorted(byName)).toEqual(alerts.toSorted(byName));
  });
});

describe('expressions', () => {
  const expressions = panels.flatMap(([title, panel]) =>
    prometheusTargetsOf(panel).map(({ expr }) => [title, expr] as const),
  );
  const variables = dashboards.flatMap(({ file, dashboard }) =>
    dashboard.templating.list.flatMap(({ name, query }) =>
      typeof query === 'string'
        ? []
        : [[`${file}: $${name}`, query.query.replace(/^label_values\((.*), \w+\)$/, '$1')] as const],
    ),
  );

  it.each([...expressions, ...variables])('of %s read what the service tells: %s', (_title, expression) => {
    const exported = exportedSeries();
    const read = metricsOf(expression);

    expect(read.length).toBeGreaterThan(0);
    for (const { name, labels } of read) {
      const known = exported.get(name);
      expect([name, known]).toEqual([name, expect.anything()]);
      expect(labels.filter((label) => !known?.includes(label))).toEqual([]);
    }
  });

  it('show everything that the service tells of itself', () => {
    const own = [...exportedSeries().keys()].filter((name) => name.startsWith('geo_reconciler_'));
    const read = new Set(
      expressions.flatMap(([, expression]) => metricsOf(expression).map(({ name }) => name)),
    );
    // A histogram is read by its buckets or its count; the sum would say the mean, which hides the slow.
    const families = new Set([...read].map((name) => name.replace(/_(?:bucket|count)$/, '')));
    const unseen = own.filter((name) => !families.has(name.replace(/_(?:bucket|count|sum)$/, '')));
    expect(unseen).toEqual([]);
  });

  it('add up counters by their rate only, and never the gauges that every replica shows', () => {
    const metrics = new ServiceMetrics().registry.getMetricsAsArray();
    const isGauge = new Map(metrics.map(({ name, type }) => [name, String(type) === 'gauge']));
    const isShared = (name = ''): boolean => name.startsWith('geo_reconciler_') && isGauge.get(name) === true;
    const isCounter = (name = ''): boolean =>
      !OF_PROMETHEUS.has(name) && isGauge.get(name.replace(/_(?:bucket|sum|count)$/, '')) === false;

    for (const [title, expression] of expressions) {
      const addedUp = [...expression.matchAll(/\bsum(?: by \([^)]*\) )?\(+(?<name>\w+)\{/g)];
      const raw = [...expression.matchAll(/(?<!\b(?:rate|increase)\()\b(?<name>\w+)\{/g)];
      expect([title, addedUp.filter(({ groups }) => isShared(groups?.name))]).toEqual([title, []]);
      expect([title, raw.filter(({ groups }) => isCounter(groups?.name))]).toEqual([title, []]);
    }
  });
});
