import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { buildDashboard, type Section } from './dashboard-frame.ts';
import { DATABASE, PROMETHEUS } from './data-sources.ts';
import { OF_PROCESS } from './expressions.ts';
import { UID } from './links.ts';
import { figure } from './panels/figure.ts';
import { atLeast } from './panels/limits.ts';
import { layers, lines } from './panels/lines.ts';
import { YES_OR_NO } from './panels/mappings.ts';
import type { PanelPlan, PlannedPanel } from './panels/plan.ts';
import { records } from './panels/records.ts';
import { PostgresQuery } from './postgres-query.ts';
import { now, overTime } from './prometheus-query.ts';
import { CONNECTIONS, DATABASE_SIZE, TABLES } from './statements.ts';
import {
  apiVariable,
  databaseVariable,
  instanceVariable,
  jobVariable,
  prometheusVariable,
} from './variables.ts';

const GONE = 'not scraped';

const HALF = { unit: 'short', noValue: GONE, width: 12, height: 8, datasource: PROMETHEUS } as const;

/** Of the database, so the same on every replica. */
const SHARED = 'job="$job"';

/** Are the processes of the service well, and does its queue move? */
export function service(): Dashboard {
  return buildDashboard({
    uid: UID.service,
    title: 'Service',
    description: 'The processes of the service, the queue they share, and their database.',
    variables: [prometheusVariable(), databaseVariable(), jobVariable(), instanceVariable(), apiVariable()],
    sections: [rightNow(), work(), processes(), database()],
  });
}

function rightNow(): Section {
  return {
    title: 'Right now',
    panels: [...replicas(), ...jobs()],
  };
}

function replicas(): readonly PlannedPanel[] {
  return [
    aNumber('Replicas up', `sum(up{${SHARED}})`, {
      description:
        'Replicas that Prometheus could scrape just now. 0: the service is down, or its address or token is wrong.',
      alerts: ['GeoReconcilerDown', 'GeoReconcilerReplicaDown'],
      limits: atLeast(1),
    }),
    aNumber(
      'Replicas without their database',
      `count(geo_reconciler_config_last_reload_success{${SHARED}}) - (count(geo_reconciler_queue_jobs{${SHARED},state="queued"}) or vector(0))`,
      {
        description:
          'Replicas that answer, but leave out the numbers of the database because they cannot read it. Not 0: nothing new begins there, and no tag is deleted.',
        alerts: ['GeoReconcilerStateUnreadable'],
        limits: { wrong: 1 },
      },
    ),
    aNumber('Configuration taken', `min(geo_reconciler_config_last_reload_success{${SHARED}})`, {
      description:
        '`no`: a replica was given a configuration with an error and goes on with the one before. Its log says what is wrong.',
      alerts: ['GeoReconcilerConfigReloadFailed'],
      limits: atLeast(1),
      mappings: YES_OR_NO,
    }),
  ];
}

function jobs(): readonly PlannedPanel[] {
  return [
    aNumber('Jobs waiting', `max(geo_reconciler_queue_jobs{${SHARED},state="queued"})`, {
      description:
        'Jobs of the shared queue that no replica has taken yet. It rises with a cycle and must fall again.',
      alerts: ['GeoReconcilerQueueStuck'],
      limits: {},
    }),
    aNumber(
      'Repositories worked on',
      `sum(max by (link, secondary) (geo_reconciler_repositories{${SHARED},state="running"}))`,
      {
        description:
          'Repositories, for each secondary, that a worker of any replica has in hand. A replica works on 16 at once; 0 while jobs wait is a queue that is stuck.',
        limits: {},
      },
    ),
    aNumber('Youngest replica', `time() - max(process_start_time_seconds{${OF_PROCESS}})`, {
      description:
        'Since when the replica that started last has been running. Always minutes: something kills the replicas.',
      unit: 's',
      limits: {},
    }),
  ];
}

function aNumber(
  title: string,
  expression: string,
  plan: Pick<PanelPlan, 'description' | 'alerts' | 'limits' | 'mappings'> & { readonly unit?: string },
): PlannedPanel {
  const queries = [now(expression, title)];
  return figure({
    title,
    unit: 'short',
    noValue: GONE,
    width: 4,
    height: 4,
    datasource: PROMETHEUS,
    queries,
    ...plan,
  });
}

function work(): Section {
  return {
    title: 'Queue and workers',
    panels: [
      lines({
        ...HALF,
        title: 'Jobs of the queue',
        description:
          'Jobs that wait and that are worked on, of all replicas together. Waiting jobs with none in work: the workers are stuck, or no replica runs.',
        queries: [overTime(`max by (state) (geo_reconciler_queue_jobs{${SHARED}})`, '{{state}}')],
      }),
      layers({
        ...HALF,
        title: 'Repositories worked on, by link',
        description:
          'Repositories that a worker has in hand, for each secondary. A link that holds many for hours has a slow secondary: see the dashboard of the registries.',
        queries: [
          overTime(
            `max by (link, secondary) (geo_reconciler_repositories{${SHARED},state="running"})`,
            '{{link}} → {{secondary}}',
          ),
        ],
      }),
    ],
  };
}

function processes(): Section {
  return { title: 'Processes', panels: [memory(), heap(), cpu(), eventLoop(), collection(), files()] };
}

const BY_INSTANCE = '{{instance}}';

function memory(): PlannedPanel {
  return lines({
    ...HALF,
    title: 'Memory',
    description:
      'Resident memory of each replica, without the embedded database. It goes with the number of tags in work, not with the size of layers; one that only climbs is a leak.',
    unit: 'bytes',
    queries: [overTime(`process_resident_memory_bytes{${OF_PROCESS}}`, BY_INSTANCE)],
  });
}

function heap(): PlannedPanel {
  return lines({
    ...HALF,
    title: 'Heap',
    description:
      'What the JavaScript heap has in use and in reserve. In use all the time close to the reserve, and collections take long: give it more memory.',
    unit: 'bytes',
    queries: [
      overTime(`nodejs_heap_size_used_bytes{${OF_PROCESS}}`, `${BY_INSTANCE} in use`),
      overTime(`nodejs_heap_size_total_bytes{${OF_PROCESS}}`, `${BY_INSTANCE} reserved`),
    ],
  });
}

function cpu(): PlannedPanel {
  return lines({
    ...HALF,
    title: 'CPU',
    description:
      'Cores in use by each replica. Hashing and TLS take their part while content is copied; 1 and more all the time without copies is not right.',
    queries: [overTime(`rate(process_cpu_seconds_total{${OF_PROCESS}}[$__rate_interval])`, BY_INSTANCE)],
  });
}

function eventLoop(): PlannedPanel {
  return lines({
    ...HALF,
    title: 'Event loop',
    description:
      'By how much timers of a replica come too late: 99 of 100 less than this. From a second on, leases are in danger of running out, and answers of the API are slow.',
    unit: 's',
    limits: { look: 0.2, wrong: 1 },
    queries: [overTime(`nodejs_eventloop_lag_p99_seconds{${OF_PROCESS}}`, BY_INSTANCE)],
  });
}

function collection(): PlannedPanel {
  return layers({
    ...HALF,
    title: 'Garbage collection',
    description:
      'The part of the time that a replica spends collecting garbage. Above some percent the heap is too small for the work.',
    unit: 'percentunit',
    queries: [
      overTime(
        `sum by (instance) (rate(nodejs_gc_duration_seconds_sum{${OF_PROCESS}}[$__rate_interval]))`,
        BY_INSTANCE,
      ),
    ],
  });
}

function files(): PlannedPanel {
  return lines({
    ...HALF,
    title: 'Open files',
    description:
      'Open files and connections as a part of what the process may have open. Near 100 % requests and copies fail: raise `ulimit -n`.',
    unit: 'percentunit',
    limits: { look: 0.5, wrong: 0.9 },
    noValue: 'not told on this system',
    queries: [overTime(`process_open_fds{${OF_PROCESS}} / process_max_fds{${OF_PROCESS}}`, BY_INSTANCE)],
  });
}

function database(): Section {
  const size = { unit: 'short', noValue: 'the database does not answer', datasource: DATABASE } as const;
  return {
    title: 'Database',
    panels: [
      figure({
        ...size,
        title: 'Size of the database',
        description:
          'All tables with their indexes. It goes with the number of tags; history is kept for a while and then removed.',
        unit: 'bytes',
        width: 6,
        height: 10,
        queries: [new PostgresQuery(DATABASE_SIZE)],
      }),
      figure({
        ...size,
        title: 'Connections',
        description:
          'Connections to this database and to its whole server, and how many the server allows. Near that number replicas cannot connect any more.',
        width: 6,
        height: 10,
        queries: [new PostgresQuery(CONNECTIONS)],
      }),
      records(
        {
          ...size,
          title: 'Tables',
          description:
            'The largest tables. Many dead rows beside a last vacuum that is long ago: autovacuum does not keep up, and the database grows.',
          width: 12,
          height: 10,
          queries: [new PostgresQuery(TABLES)],
        },
        { Size: { unit: 'bytes' }, table: { width: 260 } },
      ),
    ],
  };
}
