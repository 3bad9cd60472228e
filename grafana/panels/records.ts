import { TableCellDisplayMode, TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  type DashboardLink,
  type DynamicConfigValue,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { thresholdsOf, type Limits } from './limits.ts';
import { furnish, type PanelPlan } from './plan.ts';

/** What one column of a table differs in from the others. */
export interface Column {
  readonly unit?: string;
  readonly limits?: Limits;
  readonly mappings?: readonly ValueMapping[];
  readonly leadsTo?: readonly Builder<DashboardLink>[];
  readonly width?: number;
}

/** A table that can be filtered and sorted by every column. `columns` go by what stands above them. */
export function records(
  plan: PanelPlan,
  columns: Readonly<Record<string, Column>>,
  sortedBy: readonly { readonly column: string; readonly order: 'up' | 'down' }[] = [],
): PanelBuilder {
  const panel = furnish(new PanelBuilder(), plan)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .showHeader(true)
    .filterable(true)
    // What stands for an empty table must not stand in every empty cell.
    .overrideByRegexp('/.*/', [{ id: 'noValue', value: '–' }])
    .sortBy(
      sortedBy.map(({ column, order }) =>
        new TableSortByFieldStateBuilder().displayName(column).desc(order === 'down'),
      ),
    );
  for (const [name, column] of Object.entries(columns)) panel.overrideByName(name, propertiesOf(column));
  return panel;
}

function propertiesOf({ unit, limits, mappings, leadsTo, width }: Column): DynamicConfigValue[] {
  const isColoured = limits !== undefined || mappings !== undefined;
  return [
    ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
    ...(limits === undefined ? [] : [{ id: 'thresholds', value: thresholdsOf(limits).build() }]),
    ...(mappings === undefined ? [] : [{ id: 'mappings', value: mappings }]),
    ...(isColoured ? [{ id: 'custom.cellOptions', value: { type: TableCellDisplayMode.ColorText } }] : []),
    ...(leadsTo === undefined ? [] : [{ id: 'links', value: leadsTo.map((link) => link.build()) }]),
    ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
  ];
}
