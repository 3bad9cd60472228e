import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Where Grafana's provisioning is pointed at. */
export const DASHBOARD_DIRECTORY = join(import.meta.dirname, '../../grafana/dashboards');

export const DASHBOARD_FILES = [
  'overview.json',
  'link-detail.json',
  'registries.json',
  'service.json',
] as const;

const DATA_SOURCE = z.strictObject({
  type: z.enum(['prometheus', 'grafana-postgresql-datasource']),
  // Of the dashboard's own variables, never the uid of one installation.
  uid: z.enum(['${prometheus}', '${database}']),
});

const LINK = z.strictObject({
  title: z.string().min(1),
  type: z.enum(['link', 'dashboards']),
  icon: z.string(),
  tooltip: z.string(),
  url: z.string().optional(),
  tags: z.array(z.string()),
  asDropdown: z.boolean(),
  targetBlank: z.boolean(),
  includeVars: z.boolean(),
  keepTime: z.boolean(),
});

const MAPPING = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('value'),
    options: z.record(z.string(), z.strictObject({ text: z.string(), color: z.string(), index: z.int() })),
  }),
  z.strictObject({
    type: z.literal('special'),
    options: z.strictObject({
      match: z.enum(['true', 'false', 'null', 'nan', 'null+nan', 'empty']),
      result: z.strictObject({ text: z.string(), color: z.string(), index: z.int() }),
    }),
  }),
]);

const THRESHOLDS = z.strictObject({
  mode: z.enum(['absolute', 'percentage']),
  steps: z
    .array(z.strictObject({ value: z.number().nullable(), color: z.string() }))
    .min(1)
    .refine(([first, ...others]) => first?.value === null && others.every(({ value }) => value !== null)),
});

const PROMETHEUS_TARGET = z.strictObject({
  datasource: DATA_SOURCE,
  refId: z.string().regex(/^[A-Z]$/),
  expr: z.string().min(1),
  range: z.boolean(),
  instant: z.boolean(),
  format: z.enum(['time_series', 'table']).optional(),
  legendFormat: z.string().min(1).optional(),
});

const DATABASE_TARGET = z.strictObject({
  datasource: DATA_SOURCE,
  refId: z.string().regex(/^[A-Z]$/),
  format: z.literal('table'),
  editorMode: z.literal('code'),
  rawQuery: z.literal(true),
  rawSql: z.string().min(1),
});

const OVERRIDE = z.strictObject({
  matcher: z.discriminatedUnion('id', [
    z.strictObject({ id: z.literal('byName'), options: z.string() }),
    z.strictObject({ id: z.literal('byRegexp'), options: z.literal('/.*/') }),
    z.strictObject({ id: z.literal('byFrameRefID'), options: z.string() }),
  ]),
  properties: z.array(z.strictObject({ id: z.string(), value: z.unknown() })).min(1),
});

const PANEL = z.strictObject({
  type: z.enum(['stat', 'timeseries', 'table', 'state-timeline']),
  id: z.int(),
  title: z.string().min(1),
  description: z.string().min(20),
  transparent: z.boolean(),
  repeatDirection: z.literal('h'),
  datasource: DATA_SOURCE,
  gridPos: z.strictObject({ x: z.int(), y: z.int(), w: z.int().max(24), h: z.int() }),
  targets: z.array(z.union([PROMETHEUS_TARGET, DATABASE_TARGET])).min(1),
  options: z.record(z.string(), z.unknown()),
  transformations: z
    .array(z.strictObject({ id: z.enum(['merge', 'organize']), options: z.record(z.string(), z.unknown()) }))
    .optional(),
  fieldConfig: z.strictObject({
    defaults: z.strictObject({
      unit: z.string().min(1),
      noValue: z.string().min(1),
      decimals: z.int().optional(),
      min: z.number().optional(),
      color: z.strictObject({ mode: z.string() }),
      thresholds: THRESHOLDS,
      mappings: z.array(MAPPING),
      links: z.array(LINK),
      custom: z.record(z.string(), z.unknown()).optional(),
    }),
    overrides: z.array(OVERRIDE),
  }),
});

const ROW = z.strictObject({
  type: z.literal('row'),
  id: z.int(),
  title: z.string().min(1),
  collapsed: z.literal(false),
  gridPos: z.strictObject({ x: z.int(), y: z.int(), w: z.literal(24), h: z.literal(1) }),
  panels: z.array(z.never()),
});

const VARIABLE = z.looseObject({
  type: z.enum(['datasource', 'query', 'textbox']),
  name: z.string(),
  label: z.string().min(1),
  query: z.union([
    z.string(),
    z.strictObject({ qryType: z.literal(1), query: z.string(), refId: z.string() }),
  ]),
  datasource: DATA_SOURCE.optional(),
  multi: z.boolean(),
  includeAll: z.boolean(),
});

/**
 * What Grafana documents of a dashboard (schema version 42), as far as these dashboards go: what is not in here, a dashboard must
 * not have, so that nothing gets into one that nobody has checked.
 */
const DASHBOARD = z.strictObject({
  uid: z
    .string()
    .min(8)
    .max(40)
    .regex(/^[a-z-]+$/),
  title: z.string().regex(/^geo-reconciler \/ /),
  description: z.string().min(20),
  tags: z.tuple([z.literal('geo-reconciler')]),
  timezone: z.literal('browser'),
  editable: z.literal(true),
  graphTooltip: z.literal(1),
  fiscalYearStartMonth: z.literal(0),
  schemaVersion: z.literal(42),
  time: z.strictObject({ from: z.string(), to: z.string() }),
  refresh: z.string(),
  templating: z.strictObject({ list: z.array(VARIABLE) }),
  annotations: z.strictObject({ list: z.tuple([]) }),
  links: z.array(LINK).min(1),
  panels: z.array(z.union([ROW, PANEL])),
});

export type DashboardDocument = z.output<typeof DASHBOARD>;
export type PanelDocument = z.output<typeof PANEL>;
export type PrometheusTarget = z.output<typeof PROMETHEUS_TARGET>;
export type DatabaseTarget = z.output<typeof DATABASE_TARGET>;

/** Reads a committed dashboard. Throws where it has anything that Grafana or these tests do not know. */
export function readDashboard(file: string): DashboardDocument {
  return DASHBOARD.parse(JSON.parse(readFileSync(join(DASHBOARD_DIRECTORY, file), 'utf8')));
}

/** Without the rows between them. */
export function panelsOf({ panels }: DashboardDocument): readonly PanelDocument[] {
  return panels.filter((panel) => panel.type !== 'row');
}

export function prometheusTargetsOf(panel: PanelDocument): readonly PrometheusTarget[] {
  return panel.targets.filter((target) => 'expr' in target);
}

export function databaseTargetsOf(panel: PanelDocument): readonly DatabaseTarget[] {
  return panel.targets.filter((target) => 'rawSql' in target);
}
