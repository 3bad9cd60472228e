import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** Who imports a dashboard chooses the data sources: no uid of one installation is written into a panel. */
export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: '${prometheus}' };

/** The database of the service, by a user that may only read (docs/dashboards.md). */
export const DATABASE: DataSourceRef = { type: 'grafana-postgresql-datasource', uid: '${database}' };
