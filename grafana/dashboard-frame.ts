import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  type Dashboard,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { linksOfDashboard, TAG } from './links.ts';
import type { PlannedPanel } from './panels/plan.ts';

/** Panels that answer one question. */
export interface Section {
  readonly title: string;
  readonly panels: readonly PlannedPanel[];
}

export interface DashboardPlan {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Builder<VariableModel>[];
  readonly sections: readonly Section[];
}

/** Numbers the panels from 1 in the order in which they stand: addresses name them by these numbers. */
export function buildDashboard({ uid, title, description, variables, sections }: DashboardPlan): Dashboard {
  const dashboard = new DashboardBuilder(`geo-reconciler / ${title}`)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .variables([...variables])
    .annotations([])
    .links([...linksOfDashboard()]);
  let id = 0;
  for (const section of sections) {
    dashboard.withRow(new RowBuilder(section.title).id((id += 1)));
    for (const panel of section.panels) dashboard.withPanel(panel.id((id += 1)));
  }
  return dashboard.build();
}
