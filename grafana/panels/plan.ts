import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import type {
  DashboardLink,
  FieldColorBuilder,
  Panel,
  ThresholdsConfig,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { thresholdsOf, type Limits } from './limits.ts';

/** A query that can be told its letter. */
interface LetteredQuery extends Builder<Dataquery> {
  refId(refId: string): this;
}

/** What every panel has to say, whatever it looks like. */
export interface PanelPlan {
  readonly title: string;
  /** What is shown, and what a bad value means. */
  readonly description: string;
  /** The alerts that fire on what the panel shows: names of deploy/prometheus/alerts.yaml. */
  readonly alerts?: readonly string[];
  /** A unit of Grafana. */
  readonly unit: string;
  /** What stands there while there is nothing to show. */
  readonly noValue: string;
  /** Of the 24 columns that a dashboard has. */
  readonly width: number;
  readonly height: number;
  readonly datasource: DataSourceRef;
  readonly queries: readonly LetteredQuery[];
  readonly limits?: Limits | Builder<ThresholdsConfig>;
  readonly mappings?: readonly ValueMapping[];
  /** Where a click on a value leads. */
  readonly leadsTo?: readonly Builder<DashboardLink>[];
  readonly decimals?: number;
}

/** A panel whose place among the others is not known yet. */
export interface PlannedPanel extends Builder<Panel> {
  id(id: number): this;
}

/** What the builders of all kinds of panels have in common. */
interface PanelFurniture extends PlannedPanel {
  title(title: string): this;
  description(description: string): this;
  unit(unit: string): this;
  noValue(text: string): this;
  span(columns: number): this;
  height(rows: number): this;
  datasource(datasource: DataSourceRef): this;
  targets(queries: Builder<Dataquery>[]): this;
  thresholds(thresholds: Builder<ThresholdsConfig>): this;
  mappings(mappings: ValueMapping[]): this;
  dataLinks(links: Builder<DashboardLink>[]): this;
  decimals(decimals: number): this;
  colorScheme(color: FieldColorBuilder): this;
}

const LETTERS = 'ABCDEFGHIJKLMNOP';

/** Puts what a plan says on a panel. */
export function furnish<Kind extends PanelFurniture>(panel: Kind, plan: PanelPlan): Kind {
  const { limits = {}, mappings = [], leadsTo = [] } = plan;
  panel
    .title(plan.title)
    .description(descriptionOf(plan))
    .unit(plan.unit)
    .noValue(plan.noValue)
    .span(plan.width)
    .height(plan.height)
    .datasource(plan.datasource)
    .targets(plan.queries.map((query, index) => query.refId(LETTERS.charAt(index))))
    .thresholds('build' in limits ? limits : thresholdsOf(limits))
    .mappings([...mappings])
    .dataLinks([...leadsTo]);
  if (plan.decimals !== undefined) panel.decimals(plan.decimals);
  return panel;
}

/** Grafana reads it as Markdown. */
function descriptionOf({ description, alerts = [] }: PanelPlan): string {
  const lines = alerts.map((alert) => `Alert ${alert}: docs/runbook.md#${alert.toLowerCase()}`);
  return [description, ...lines].join('\n\n');
}
