import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { linkDetail } from './link-detail.ts';
import { overview } from './overview.ts';
import { registries } from './registries.ts';
import { service } from './service.ts';

/** A file below `grafana/dashboards`, and what is to be in it. */
export interface DashboardFile {
  readonly name: string;
  readonly text: string;
}

export function dashboardFiles(): readonly DashboardFile[] {
  return [
    fileOf('overview.json', overview()),
    fileOf('link-detail.json', linkDetail()),
    fileOf('registries.json', registries()),
    fileOf('service.json', service()),
  ];
}

function fileOf(name: string, dashboard: Dashboard): DashboardFile {
  return { name, text: `${JSON.stringify(dashboard, null, 2)}\n` };
}
