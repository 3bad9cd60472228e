import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { ServiceMetrics } from '../../src/observability/metrics/service-metrics.ts';
import { WorkDirectory } from '../e2e/work-directory.ts';
import { prometheusForTests } from './prometheus-for-tests.ts';
import { runPromtool } from './promtool.ts';

const found = await prometheusForTests();

const root = path.resolve(import.meta.dirname, '../..');
const RULES = path.join(root, 'deploy/prometheus/alerts.yaml');
const UNIT_TESTS = path.join(import.meta.dirname, 'alerts.test.yaml');

const Alert = z.strictObject({
  alert: z.string().regex(/^GeoReconciler[A-Z][A-Za-z]+$/),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning', 'info']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
});
const RuleFile = z.strictObject({
  groups: z.tuple([z.strictObject({ name: z.string(), rules: z.array(Alert) })]),
});
const UnitTests = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z
        .array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) }))
        .default([]),
    }),
  ),
});

const [{ rules }] = RuleFile.parse(parse(await readFile(RULES, 'utf8'))).groups;
const unitTests = UnitTests.parse(parse(await readFile(UNIT_TESTS, 'utf8')));
const runbook = await readFile(path.join(root, 'docs/runbook.md'), 'utf8');
const monitoring = await readFile(path.join(root, 'docs/monitoring.md'), 'utf8');
const names = rules.map(({ alert }) => alert);

/** Everything that the page has a line of, with the suffixes that Prometheus gives to histograms. */
const series = new Set(
  new ServiceMetrics().registry
    .getMetricsAsArray()
    .flatMap(({ name }) => [name, `${name}_bucket`, `${name}_count`, `${name}_sum`]),
);

function metricsIn(text: string): string[] {
  return [...new Set(text.match(/\bgeo_reconciler_[a-z_]+\b/g))];
}

describe('the alerts', () => {
  it.each(rules)('$alert has its section of the runbook', ({ alert, annotations }) => {
    expect(annotations.runbook_url).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    const [, section = ''] = runbook.split(`\n## ${alert}\n`);
    const [text = ''] = section.split('\n## ');
    expect(text).toMatch(/\*\*Means\.\*\* .+\*\*Look at\*\*.+\*\*Mend/s);
  });

  it('are all that the runbook has a section on', () => {
    expect(runbook.match(/(?<=^## ).+$/gm)).toEqual(names);
  });

  it.each(rules)('$alert asks for metrics that there are', ({ expr }) => {
    expect(metricsIn(expr).filter((name) => !series.has(name))).toEqual([]);
    expect(metricsIn(expr).length + Number(expr.includes('up{job="geo-reconciler"}'))).toBeGreaterThan(0);
  });

  it.each(rules)('$alert is shown to fire', ({ alert }) => {
    const firing = unitTests.tests
      .flatMap((test) => test.alert_rule_test)
      .filter(({ alertname, exp_alerts }) => alertname === alert && exp_alerts.length > 0);
    expect(firing).not.toEqual([]);
  });

  it('are all in the table of the documentation, and so is every metric', () => {
    const rows = monitoring.split('\n').filter((line) => line.startsWith('| `'));
    const cells = rows.flatMap((row) => (row.split('|')[1] ?? '').match(/(?<=`)[A-Za-z_]+(?=`)/g) ?? []);
    const own = [...new ServiceMetrics().registry.getMetricsAsArray()]
      .map(({ name }) => name)
      .filter((name) => name.startsWith('geo_reconciler_'))
      .map((name) => name.slice('geo_reconciler_'.length));
    expect(cells.toSorted()).toEqual([...own, ...names].toSorted());
  });
});

(found.isAvailable ? describe : describe.skip)(found.titleOf('the file of alerts'), () => {
  it('is one that Prometheus reads', async () => {
    expect(await runPromtool(found.programs(), ['check', 'rules', RULES])).toEqual({
      exitCode: 0,
      text: expect.stringContaining(`SUCCESS: ${rules.length} rules found`),
    });
  });

  it('passes its unit tests', async () => {
    expect(await runPromtool(found.programs(), ['test', 'rules', UNIT_TESTS])).toEqual({
      exitCode: 0,
      text: expect.stringContaining('SUCCESS'),
    });
  });

  it.each([
    { change: 'never fire', expr: 'vector(0) > 1', failure: /got:\[\s*\]/ },
    { change: 'always fire', expr: 'vector(1)', failure: /exp:\[\s*\]/ },
  ])('has unit tests that notice of each alert when all of them $change', async ({ expr, failure }) => {
    const directory = await WorkDirectory.create();
    try {
      const changed = rules.map((rule) => ({ ...rule, expr }));
      const file = await directory.write(
        'alerts.yaml',
        stringify({ groups: [{ name: 'changed', rules: changed }] }),
      );
      const tests = (await readFile(UNIT_TESTS, 'utf8')).replace('../../deploy/prometheus/alerts.yaml', file);
      const { exitCode, text } = await runPromtool(found.programs(), [
        'test',
        'rules',
        await directory.write('alerts.test.yaml', tests),
      ]);

      expect(exitCode).not.toBe(0);
      const failures = text.split('alertname: ').filter((part) => failure.test(part));
      const noticed = failures.map((part) => part.slice(0, part.indexOf(',')));
      expect(names.filter((name) => !noticed.includes(name))).toEqual([]);
    } finally {
      await directory.remove();
    }
  });
});
