import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATABASE, PROMETHEUS } from './data-sources.ts';

const EVERYTHING = { selected: true, text: ['All'], value: ['$__all'] };

export function prometheusVariable(): Builder<VariableModel> {
  return new DatasourceVariableBuilder('prometheus').label('Prometheus').type(PROMETHEUS.type ?? '');
}

export function databaseVariable(): Builder<VariableModel> {
  return new DatasourceVariableBuilder('database')
    .label('Database')
    .description("The service's own database, read with a user that may do nothing else.")
    .type(DATABASE.type ?? '');
}

/** One at a time: numbers of two deployments are never added up. */
export function jobVariable(): Builder<VariableModel> {
  return labelVariable('job', 'label_values(geo_reconciler_config_last_reload_success, job)')
    .label('Deployment')
    .description('The job by which Prometheus scrapes all replicas of one deployment.');
}

export function linkVariable(): Builder<VariableModel> {
  return manyVariable('link', 'label_values(geo_reconciler_lag_objective_seconds{job="$job"}, link)').label(
    'Link',
  );
}

export function secondaryVariable(): Builder<VariableModel> {
  return manyVariable(
    'secondary',
    'label_values(geo_reconciler_lag_objective_seconds{job="$job",link=~"$link"}, secondary)',
  ).label('Secondary');
}

export function registryVariable(): Builder<VariableModel> {
  return manyVariable(
    'registry',
    'label_values(geo_reconciler_registry_requests_total{job="$job"}, registry)',
  ).label('Registry');
}

export function instanceVariable(): Builder<VariableModel> {
  return manyVariable(
    'instance',
    'label_values(geo_reconciler_config_last_reload_success{job="$job"}, instance)',
  ).label('Replica');
}

/** Where a browser finds the service. */
export function apiVariable(): Builder<VariableModel> {
  return new TextBoxVariableBuilder('api')
    .label('Address of the service')
    .description('Links to the API begin with it.')
    .defaultValue('http://localhost:8080');
}

/** All are chosen until somebody chooses. There is no `allValue`: `All` must be names in SQL as well as in PromQL. */
function manyVariable(name: string, query: string): QueryVariableBuilder {
  return labelVariable(name, query).multi(true).includeAll(true).current(EVERYTHING);
}

function labelVariable(name: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .datasource(PROMETHEUS)
    .query({ qryType: 1, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc);
}
