import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PROMETHEUS } from './data-sources.ts';

/** Over the time range of the dashboard; `legend` names each line by its labels. */
export function overTime(expression: string, legend: string): DataqueryBuilder {
  return query(expression).range().legendFormat(legend);
}

/** As of the end of the time range. */
export function now(expression: string, legend: string): DataqueryBuilder {
  return query(expression).instant().legendFormat(legend);
}

/** As of the end of the time range, with labels as columns. */
export function nowAsRows(expression: string): DataqueryBuilder {
  return query(expression).instant().format(PromQueryFormat.Table);
}

function query(expression: string): DataqueryBuilder {
  return new DataqueryBuilder().datasource(PROMETHEUS).expr(expression);
}
