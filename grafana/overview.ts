import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { buildDashboard, type Section } from './dashboard-frame.ts';
import { PROMETHEUS } from './data-sources.ts';
import { deletionsAndTrust } from './deletions-and-trust.ts';
import { CONDITION, ofLinks } from './expressions.ts';
import { OF_ROW, OF_SERIES, toApi, toLinkDetail, toRegistry, UID } from './links.ts';
import { HALF_OF_LINKS, NOT_SCRAPED } from './panels/faces.ts';
import { figure } from './panels/figure.ts';
import { coloured, layers, lines } from './panels/lines.ts';
import { CONDITION_WORDS, SEVERITY_WORDS } from './panels/mappings.ts';
import type { PanelPlan, PlannedPanel } from './panels/plan.ts';
import { records } from './panels/records.ts';
import { states } from './panels/states.ts';
import { now, nowAsRows, overTime } from './prometheus-query.ts';
import {
  apiVariable,
  jobVariable,
  linkVariable,
  prometheusVariable,
  secondaryVariable,
} from './variables.ts';

/** Is every secondary equal to its primary, and if not: since when, how much, and what holds it back? */
export function overview(): Dashboard {
  return buildDashboard({
    uid: UID.overview,
    title: 'Overview',
    description:
      'Whether every secondary has what its primary has. Numbers of replicas are not added up: all of them read one database.',
    variables: [prometheusVariable(), jobVariable(), linkVariable(), secondaryVariable(), apiVariable()],
    sections: [rightNow(), overTheTime(), deletionsAndTrust()],
  });
}

function rightNow(): Section {
  return { title: 'Right now', panels: [...numbers(), everyPair(), firing(), conditionOverTime()] };
}

function numbers(): readonly PlannedPanel[] {
  const lag = ofLinks('replication_lag_seconds');
  const objective = ofLinks('lag_objective_seconds');
  return [
    aNumber('Pairs behind', `sum(${lag} > bool 0)`, {
      description:
        'Pairs of a link and a secondary with a difference that is to be brought over. A few for a short time are pushes on their way.',
      limits: { look: 1 },
    }),
    aNumber('Pairs over the objective', `sum(${lag} > bool ${objective})`, {
      description:
        'Pairs that are behind for longer than `objective.lag` of their link allows. Not 0: users of that secondary miss images that they should have.',
      alerts: ['GeoReconcilerLagOverObjective'],
      limits: { wrong: 1 },
    }),
    aNumber('Oldest open difference', `max(${lag})`, {
      description:
        'How long the difference that is open longest has been known. It falls to 0 only when the secondary was read back equal. What cannot be read counts as different.',
      unit: 's',
      limits: {},
    }),
    aNumber('Tags that differ', `sum(${ofLinks('tags', { by: ['state'], where: 'state!="in_sync"' })})`, {
      description:
        'Tags that are missing, moved, orphaned, held or failed, over all pairs. Orphans that the configuration leaves in place are counted here, but not in the lag.',
      limits: { look: 1 },
    }),
    aNumber(
      'Failed repositories',
      `sum(${ofLinks('repositories', { by: ['state'], where: 'state="failed"' })})`,
      {
        description:
          'Repositories whose last run failed wholly or in part. They are retried by themselves, at most an hour later. If the number stays, the reason is in the details of the link.',
        alerts: ['GeoReconcilerRepositoriesFailed'],
        limits: { wrong: 1 },
      },
    ),
    aNumber('Deletions held', `sum(${ofLinks('tags', { by: ['state'], where: 'state="held"' })})`, {
      description:
        'Orphan tags that the gate keeps from being deleted until somebody with the role approver decides. Nothing is lost while they wait.',
      alerts: ['GeoReconcilerDeletionsHeld'],
      limits: { look: 1 },
      leadsTo: [toApi('Held deletions in the API', '/deletions?state=held')],
    }),
  ];
}

function aNumber(
  title: string,
  expression: string,
  plan: Pick<PanelPlan, 'description' | 'alerts' | 'limits' | 'leadsTo'> & { readonly unit?: string },
): PlannedPanel {
  return figure({
    title,
    unit: 'short',
    noValue: 'not known',
    width: 4,
    height: 4,
    datasource: PROMETHEUS,
    queries: [now(expression, title)],
    ...plan,
  });
}

const COLUMN_NAMES = [
  'Condition',
  'Lag',
  'Objective',
  'Tags that differ',
  'Failed repositories',
  'Deletions held',
  'Since success',
  'Since cycle',
] as const;

function everyPair(): PlannedPanel {
  const differing = ofLinks('tags', { by: ['state'], where: 'state!="in_sync"' });
  const queries = [
    CONDITION,
    ofLinks('replication_lag_seconds'),
    ofLinks('lag_objective_seconds'),
    `sum by (link, secondary) (${differing})`,
    `sum by (link, secondary) (${ofLinks('repositories', { by: ['state'], where: 'state="failed"' })})`,
    `sum by (link, secondary) (${ofLinks('tags', { by: ['state'], where: 'state="held"' })})`,
    `time() - ${ofLinks('last_success_timestamp_seconds')}`,
    `time() - ${ofLinks('last_cycle_timestamp_seconds')}`,
  ];
  const panel = records(
    {
      title: 'Links and their secondaries',
      description:
        'One row for each pair. `in sync`: nothing differs that is to be brought over. `behind`: it does, within the objective. `over the objective`: it does for too long. `no success yet`: nothing is known to differ, but no cycle over the whole link has ended in sync.',
      unit: 'short',
      noValue: 'none',
      width: 24,
      height: 8,
      datasource: PROMETHEUS,
      queries: queries.map(nowAsRows),
    },
    {
      Condition: { mappings: CONDITION_WORDS },
      Lag: { unit: 's' },
      Objective: { unit: 's' },
      'Tags that differ': { limits: { look: 1 } },
      'Failed repositories': { limits: { wrong: 1 } },
      'Deletions held': { limits: { look: 1 } },
      'Since success': { unit: 's' },
      'Since cycle': { unit: 's' },
      link: { leadsTo: [toLinkDetail(OF_ROW), toApi('This link in the API', `/links/${OF_ROW('link')}`)] },
      secondary: { leadsTo: [toLinkDetail(OF_ROW), toRegistry(OF_ROW('secondary'))] },
    },
    [{ column: 'Condition', order: 'down' }],
  );
  return panel.withTransformation({ id: 'merge', options: {} }).withTransformation({
    id: 'organize',
    options: {
      excludeByName: { Time: true },
      indexByName: { link: 0, secondary: 1 },
      renameByName: Object.fromEntries(
        COLUMN_NAMES.map((name, index) => [`Value #${'ABCDEFGH'.charAt(index)}`, name]),
      ),
    },
  });
}

function firing(): PlannedPanel {
  const what = 'alertname, severity, link, secondary, registry, hook, instance';
  return records(
    {
      title: 'Alerts that fire',
      description:
        'The rules of deploy/prometheus/alerts.yaml that fire now, of all deployments. docs/runbook.md has a section for each: what to look at, and which command mends it.',
      unit: 'short',
      noValue: 'no alert fires, or Prometheus does not have the rules',
      width: 24,
      height: 6,
      datasource: PROMETHEUS,
      queries: [nowAsRows(`max by (${what}) (ALERTS{alertname=~"GeoReconciler.*",alertstate="firing"})`)],
    },
    {
      severity: { mappings: SEVERITY_WORDS },
      link: { leadsTo: [toLinkDetail(OF_ROW)] },
      registry: { leadsTo: [toRegistry(OF_ROW('registry'))] },
    },
  ).withTransformation({
    id: 'organize',
    options: { excludeByName: { Time: true, Value: true }, indexByName: { alertname: 0, severity: 1 } },
  });
}

function conditionOverTime(): PlannedPanel {
  return states({
    title: 'In sync or not',
    description:
      'The condition of every pair over time. Gaps are times in which the service was not scraped or could not read its database: nothing is known of them.',
    unit: 'short',
    noValue: NOT_SCRAPED,
    width: 24,
    height: 7,
    datasource: PROMETHEUS,
    queries: [overTime(CONDITION, '{{link}} → {{secondary}}')],
    mappings: CONDITION_WORDS,
    leadsTo: [toLinkDetail(OF_SERIES)],
  });
}

function overTheTime(): Section {
  return { title: 'Over time', panels: [lagAgainstObjective(), drift(), repositories(), sinceSuccess()] };
}

function lagAgainstObjective(): PlannedPanel {
  return lines({
    ...HALF_OF_LINKS,
    title: 'Lag against the objective',
    description:
      'The age of the oldest open difference, and dashed what the link is to stay below. A line that climbs steadily is a difference that nothing mends; one that comes back to 0 is work that gets done.',
    unit: 's',
    queries: [
      overTime(ofLinks('replication_lag_seconds'), '{{link}} → {{secondary}}'),
      overTime(ofLinks('lag_objective_seconds'), 'objective of {{link}} → {{secondary}}'),
    ],
    leadsTo: [toLinkDetail(OF_SERIES)],
  }).overrideByQuery('B', [
    { id: 'custom.lineStyle', value: { fill: 'dash', dash: [10, 10] } },
    { id: 'custom.lineWidth', value: 1 },
    { id: 'custom.showPoints', value: 'never' },
  ]);
}

function drift(): PlannedPanel {
  const differing = ofLinks('tags', { by: ['state'], where: 'state!="in_sync"' });
  return coloured(
    layers({
      ...HALF_OF_LINKS,
      title: 'Drift by state',
      description:
        'Tags that differ now. `missing` and `moved` are waiting to be copied, `failed` were tried in vain, `orphan` are only on the secondary, `held` are orphans whose deletion waits for approval.',
      queries: [overTime(`sum by (state) (${differing})`, '{{state}}')],
    }),
    { missing: 'blue', moved: 'yellow', orphan: 'purple', held: 'orange', failed: 'red' },
  );
}

function repositories(): PlannedPanel {
  return coloured(
    layers({
      ...HALF_OF_LINKS,
      title: 'Repositories by state',
      description:
        'Where repositories stand. `pending` and `running` that stay high are too much work for the workers; `failed` that stays needs a look at the reason.',
      queries: [overTime(`sum by (state) (${ofLinks('repositories', { by: ['state'] })})`, '{{state}}')],
    }),
    { synced: 'green', pending: 'yellow', running: 'blue', failed: 'red', held: 'orange' },
  );
}

function sinceSuccess(): PlannedPanel {
  return lines({
    ...HALF_OF_LINKS,
    title: 'Time since the last success',
    description:
      'Time since a cycle over the whole link left the secondary in sync. It should fall to 0 as often as the schedule says; a line that keeps climbing is a link that is paused, fails, or always has something open. Pairs without a success have no line.',
    alerts: ['GeoReconcilerNoSuccessfulCycle'],
    noValue: 'no cycle over a whole link has ended in sync yet',
    unit: 's',
    queries: [overTime(`time() - ${ofLinks('last_success_timestamp_seconds')}`, '{{link}} → {{secondary}}')],
    leadsTo: [toLinkDetail(OF_SERIES)],
  });
}
