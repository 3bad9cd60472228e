import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { buildDashboard, type Section } from './dashboard-frame.ts';
import { PROMETHEUS } from './data-sources.ts';
import { quantileOfRegistries, rateOfRegistries, WINDOW } from './expressions.ts';
import { OF_ROW, OF_SERIES, toApi, UID } from './links.ts';
import { bars, layers, lines } from './panels/lines.ts';
import type { PlannedPanel } from './panels/plan.ts';
import { records } from './panels/records.ts';
import { nowAsRows, overTime } from './prometheus-query.ts';
import { apiVariable, jobVariable, prometheusVariable, registryVariable } from './variables.ts';

const REGISTRY = ['registry'] as const;

/** Answers that say that something is wrong; 404 and 405 are answers to questions, 401 begins every login, 0 is none at all. */
const FAILED = 'status=~"0|429|5.."';

const HALF = {
  unit: 'reqps',
  noValue: 'no request in this time',
  width: 12,
  height: 9,
  datasource: PROMETHEUS,
} as const;

const toThisRegistry = toApi('This registry in the API', `/registries/${OF_SERIES('registry')}`);

/** How do the registries answer, and what do they make the service wait for? */
export function registries(): Dashboard {
  return buildDashboard({
    uid: UID.registries,
    title: 'Registries',
    description: 'Every request to a registry, of all replicas together.',
    variables: [prometheusVariable(), jobVariable(), registryVariable(), apiVariable()],
    sections: [
      { title: 'At a glance', panels: [everyRegistry()] },
      { title: 'Requests', panels: [requestRate(), operations(), answers(), failures()] },
      { title: 'Latency', panels: [latency(), latencyByOperation()] },
      { title: 'What slows it down', panels: [retries(), throttling()] },
      notifications(),
    ],
  });
}

function everyRegistry(): PlannedPanel {
  const requests = rateOfRegistries('registry_requests_total', { by: REGISTRY });
  const failed = rateOfRegistries('registry_requests_total', { by: REGISTRY, where: FAILED });
  const queries = [
    requests,
    `${failed} / ${requests}`,
    quantileOfRegistries(0.5, REGISTRY),
    quantileOfRegistries(0.99, REGISTRY),
    rateOfRegistries('registry_retries_total', { by: REGISTRY }),
    rateOfRegistries('registry_throttled_seconds_total', { by: REGISTRY }),
  ];
  const names = ['Requests', 'Failed', 'Median', '99 of 100 within', 'Repeated', 'Waiting'];
  return records(
    {
      title: 'Registries now',
      description:
        'One row for each registry. `Failed`: the part of the requests without an answer, refused by a rate limit (429), or answered 5xx. `Waiting`: seconds that requests wait for a rate limit, per second; 1 is one request that always waits.',
      unit: 'reqps',
      noValue: 'none',
      width: 24,
      height: 6,
      datasource: PROMETHEUS,
      queries: queries.map(nowAsRows),
    },
    {
      registry: { leadsTo: [toApi('This registry in the API', `/registries/${OF_ROW('registry')}`)] },
      Failed: { unit: 'percentunit', limits: { look: 0.001, wrong: 0.05 } },
      Median: { unit: 's' },
      '99 of 100 within': { unit: 's', limits: { look: 5, wrong: 30 } },
      Repeated: { limits: { look: 0.1 } },
      Waiting: { unit: 'short', limits: { look: 0.1, wrong: 4 } },
    },
    [{ column: 'Requests', order: 'down' }],
  )
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: { registry: 0 },
        renameByName: Object.fromEntries(
          names.map((name, index) => [`Value #${'ABCDEF'.charAt(index)}`, name]),
        ),
      },
    });
}

function requestRate(): PlannedPanel {
  return lines({
    ...HALF,
    title: 'Requests by registry',
    description:
      'Requests a second. A cycle without a change is one list of tags for every page and two HEADs for every tag; a rate that never comes down is work that is never done.',
    queries: [overTime(rateOfRegistries('registry_requests_total', { by: REGISTRY }), '{{registry}}')],
    leadsTo: [toThisRegistry],
  });
}

function operations(): PlannedPanel {
  return layers({
    ...HALF,
    title: 'Requests by operation',
    description:
      'What the requests are for. Mostly `manifest-head` is comparing; `blob-get` and `upload-…` are copying. Many `blob-head` are content that is there already.',
    queries: [overTime(rateOfRegistries('registry_requests_total', { by: ['operation'] }), '{{operation}}')],
  });
}

function answers(): PlannedPanel {
  return layers({
    ...HALF,
    title: 'Answers by status',
    description:
      'HTTP status of the answers; 0 is none (no connection, a time-out). 401 begins a login and 404 answers a question: neither is wrong in itself. 403: the account may not do it. 429: too many requests. 5xx: the registry is ill.',
    queries: [overTime(rateOfRegistries('registry_requests_total', { by: ['status'] }), '{{status}}')],
  });
}

function failures(): PlannedPanel {
  const failed = rateOfRegistries('registry_requests_total', { by: REGISTRY, where: FAILED });
  const all = rateOfRegistries('registry_requests_total', { by: REGISTRY });
  return lines({
    ...HALF,
    title: 'Failed requests',
    description:
      'The part of all requests that had no answer, a 429 or a 5xx. Above some percent the circuit breaker opens and repositories fail; they are retried by themselves.',
    alerts: ['GeoReconcilerRegistryUnreachable'],
    unit: 'percentunit',
    noValue: 'no request failed in this time',
    queries: [overTime(`${failed} / ${all}`, '{{registry}}')],
    leadsTo: [toThisRegistry],
  });
}

function latency(): PlannedPanel {
  return lines({
    ...HALF,
    title: 'Latency by registry',
    description:
      'How long a registry takes to begin its answer: half of the requests are faster than the median (0.5), 99 of 100 than 0.99. A median that climbs is a registry at its limit; lower `maxRequestsPerSecond` or its concurrency, or mend the registry.',
    unit: 's',
    queries: [0.5, 0.95, 0.99].map((quantile) =>
      overTime(quantileOfRegistries(quantile, REGISTRY), `{{registry}} ${quantile}`),
    ),
    leadsTo: [toThisRegistry],
  });
}

function latencyByOperation(): PlannedPanel {
  return lines({
    ...HALF,
    title: 'Latency by operation (0.95)',
    description:
      'Within which time 95 of 100 requests for the same thing have the beginning of their answer. `upload-put` has the whole upload in it, and so depends on the size of the blobs.',
    unit: 's',
    queries: [overTime(quantileOfRegistries(0.95, [...REGISTRY, 'operation']), '{{registry}} {{operation}}')],
    leadsTo: [toThisRegistry],
  });
}

function retries(): PlannedPanel {
  return lines({
    ...HALF,
    title: 'Repeated requests',
    description:
      'Requests a second that were sent again after an answer that may pass, or none. A few are the network; many are a registry that cannot keep up.',
    noValue: 'no request was repeated',
    queries: [overTime(rateOfRegistries('registry_retries_total', { by: REGISTRY }), '{{registry}}')],
    leadsTo: [toThisRegistry],
  });
}

function throttling(): PlannedPanel {
  return lines({
    ...HALF,
    title: 'Waiting for a rate limit',
    description:
      'Seconds that requests wait, per second: 1 is one request that always waits. They wait for the limit of the configuration, or because the registry said Retry-After. While the lag is fine, waiting is what was asked for.',
    unit: 'short',
    noValue: 'nothing had to wait',
    queries: [
      overTime(rateOfRegistries('registry_throttled_seconds_total', { by: REGISTRY }), '{{registry}}'),
    ],
    leadsTo: [toThisRegistry],
  });
}

function notifications(): Section {
  const received = `sum by (hook, result) (increase(geo_reconciler_notifications_total{job="$job"}[${WINDOW}]))`;
  const panel = bars({
    ...HALF,
    title: `Notifications, in ${WINDOW}`,
    description:
      'What registries told (hooks by their path) and what was told to others (hooks by their name). `refused` asks for a look at the secret of the hook; `dead` messages were given up. None at all while people push: the registry does not send.',
    alerts: ['GeoReconcilerWebhookGivenUp'],
    unit: 'short',
    noValue: 'no notification was received or sent',
    width: 24,
    queries: [overTime(received, '{{hook}} {{result}}')],
  });
  return { title: 'Notifications', panels: [panel] };
}
