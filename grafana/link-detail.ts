import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { buildDashboard, type Section } from './dashboard-frame.ts';
import { DATABASE, PROMETHEUS } from './data-sources.ts';
import { CONDITION, growthOfLinks, ofLinks, quantileOfLinks, rateOfLinks, WINDOW } from './expressions.ts';
import { OF_ROW, OF_SERIES, toApi, toRegistry, UID } from './links.ts';
import { figure } from './panels/figure.ts';
import { bars, coloured, layers, lines } from './panels/lines.ts';
import { CONDITION_WORDS, OUTCOME_WORDS } from './panels/mappings.ts';
import type { PanelPlan, PlannedPanel } from './panels/plan.ts';
import { records, type Column } from './panels/records.ts';
import { PostgresQuery } from './postgres-query.ts';
import { now, overTime } from './prometheus-query.ts';
import { FAILING_REPOSITORIES, LAST_CYCLES, LONGEST_BEHIND, SLOWEST_REPOSITORIES } from './statements.ts';
import {
  apiVariable,
  databaseVariable,
  jobVariable,
  linkVariable,
  prometheusVariable,
  secondaryVariable,
} from './variables.ts';

const PAIR = ['link', 'secondary'] as const;
const PAIR_LEGEND = '{{link}} → {{secondary}}';

const HALF = {
  unit: 'short',
  noValue: 'nothing in this time',
  width: 12,
  height: 9,
  datasource: PROMETHEUS,
} as const;

const toThisLink = toApi('This link in the API', `/links/${OF_SERIES('link')}`);

/** What does a link do, how long does it take, and which repositories does it fail at? */
export function linkDetail(): Dashboard {
  return buildDashboard({
    uid: UID.link,
    title: 'Link detail',
    description:
      'The cycles of links, their steps and bytes, and the repositories that are slow, behind or failing.',
    variables: [
      prometheusVariable(),
      databaseVariable(),
      jobVariable(),
      linkVariable(),
      secondaryVariable(),
      apiVariable(),
    ],
    sections: [rightNow(), cycles(), steps(), bytes(), repositories()],
  });
}

function rightNow(): Section {
  const size = { unit: 's', noValue: 'never', width: 6, height: 5, datasource: PROMETHEUS } as const;
  const aNumber = (
    plan: Pick<PanelPlan, 'title' | 'description' | 'limits' | 'mappings'>,
    expression: string,
  ) => figure({ ...size, ...plan, queries: [now(expression, PAIR_LEGEND)], leadsTo: [toThisLink] });
  const lagPart = `${ofLinks('replication_lag_seconds')} / ${ofLinks('lag_objective_seconds')}`;
  return {
    title: 'Right now',
    panels: [
      aNumber(
        {
          title: 'Condition',
          description:
            'Whether the secondary has what the primary has. `over the objective`: the tables below say which repositories are behind, and why.',
          mappings: CONDITION_WORDS,
        },
        CONDITION,
      ),
      figure({
        ...size,
        title: 'Lag as a part of the objective',
        description:
          'The age of the oldest open difference, divided by what the link allows. From 100 % on the objective is missed.',
        unit: 'percentunit',
        limits: { look: 0.5, wrong: 1 },
        queries: [now(lagPart, PAIR_LEGEND)],
        leadsTo: [toThisLink],
      }),
      aNumber(
        {
          title: 'Time since the last cycle',
          description:
            'A cycle that does not come when the schedule says so is a link that is paused, a service that is down, or a cycle that never ends.',
        },
        `time() - ${ofLinks('last_cycle_timestamp_seconds')}`,
      ),
      aNumber(
        {
          title: 'Time since the last success',
          description:
            'Since a cycle over the whole link left the secondary in sync. Much more than the time since the last cycle: something is open that no cycle closes.',
        },
        `time() - ${ofLinks('last_success_timestamp_seconds')}`,
      ),
    ],
  };
}

function cycles(): Section {
  return { title: 'Cycles', panels: [cyclesByOutcome(), cycleDuration(), lastCycles()] };
}

function cyclesByOutcome(): PlannedPanel {
  return coloured(
    bars({
      ...HALF,
      title: `Cycles by outcome, in ${WINDOW}`,
      description:
        'Cycles that ended. `failed` and `partial` left repositories or tags behind; `held` left deletions to an approver; `differences` found something that it was not to mend.',
      noValue: 'no cycle ended',
      queries: [overTime(growthOfLinks('cycle_duration_seconds_count', { by: ['outcome'] }), '{{outcome}}')],
    }),
    { 'in-sync': 'green', differences: 'yellow', held: 'purple', partial: 'orange', failed: 'red' },
  );
}

function cycleDuration(): PlannedPanel {
  return lines({
    ...HALF,
    title: `How long cycles take (${WINDOW})`,
    description:
      'Half of the cycles are faster than 0.5, 95 of 100 than 0.95. Cycles that take longer than the time between two of them make the next one wait.',
    unit: 's',
    noValue: 'no cycle ended',
    queries: [0.5, 0.95].map((quantile) =>
      overTime(quantileOfLinks(quantile, 'cycle_duration_seconds', PAIR), `${PAIR_LEGEND} ${quantile}`),
    ),
    leadsTo: [toThisLink],
  });
}

const FROM_DATABASE = { unit: 'short', width: 24, height: 10, datasource: DATABASE } as const;

const OF_PAIR: Readonly<Record<string, Column>> = {
  link: { leadsTo: [toApi('This link in the API', `/links/${OF_ROW('link')}`)] },
  secondary: { leadsTo: [toRegistry(OF_ROW('secondary'))] },
};

const OF_REPOSITORY: Readonly<Record<string, Column>> = {
  ...OF_PAIR,
  repository: {
    leadsTo: [
      toApi(
        'This repository in the API, tag by tag',
        `/links/${OF_ROW('link')}/repositories/${OF_ROW('repository')}`,
      ),
    ],
    width: 260,
  },
  Outcome: { mappings: OUTCOME_WORDS },
  Took: { unit: 's' },
};

function lastCycles(): PlannedPanel {
  return records(
    {
      ...FROM_DATABASE,
      title: 'The last cycles',
      description:
        'The newest 100 cycles of the time range, one row for each secondary. `Failed` and `Held` are tags; `Reason` is why a registry could not be read at all. A click on the cycle has its steps.',
      noValue: 'none',
      queries: [new PostgresQuery(LAST_CYCLES)],
    },
    {
      ...OF_PAIR,
      Outcome: { mappings: OUTCOME_WORDS },
      Took: { unit: 's' },
      Sent: { unit: 'bytes' },
      Failed: { limits: { wrong: 1 } },
      Held: { limits: { look: 1 } },
      cycle: { leadsTo: [toApi('This cycle in the API', `/cycles/${OF_ROW('cycle')}`)] },
    },
  );
}

function steps(): Section {
  return { title: 'Steps', panels: [stepsByOutcome(), stepsByKind(), reasons()] };
}

function stepsByOutcome(): PlannedPanel {
  return coloured(
    layers({
      ...HALF,
      title: 'Steps by outcome',
      description:
        'Steps a second: a tag that was copied, moved, deleted or verified, or was to be. `failed` is tried again with the next cycle; `held` waits for approval; `skipped` was not to be done.',
      unit: 'cps',
      queries: [overTime(rateOfLinks('steps_total', { by: ['outcome'] }), '{{outcome}}')],
    }),
    { done: 'green', planned: 'blue', skipped: 'yellow', held: 'purple', failed: 'red' },
  );
}

function stepsByKind(): PlannedPanel {
  return layers({
    ...HALF,
    title: 'Steps by kind',
    description:
      'What the steps were for. Many `move-tag` are tags that are pushed again and again; many `verify-tag` are a verification or a recopy.',
    unit: 'cps',
    queries: [overTime(rateOfLinks('steps_total', { by: ['kind'] }), '{{kind}}')],
  });
}

function reasons(): PlannedPanel {
  const where = 'outcome=~"failed|held|skipped"';
  return bars({
    ...HALF,
    title: `Steps that were not done, in ${WINDOW}, by reason`,
    description:
      'Why tags were not brought over or not deleted. The README explains every reason and what to do about it; what is one here at every cycle does not pass by itself.',
    noValue: 'every step was done',
    width: 24,
    queries: [
      overTime(growthOfLinks('steps_total', { by: ['outcome', 'reason'], where }), '{{outcome}}: {{reason}}'),
    ],
  });
}

function bytes(): Section {
  return { title: 'Content', panels: [throughput(), blobs(), replicationTime()] };
}

function throughput(): PlannedPanel {
  return lines({
    ...HALF,
    title: 'Throughput',
    description:
      'Blob bytes a second that go to the secondary. Near 0 while tags are missing: something else holds it up, look at the registries.',
    unit: 'binBps',
    queries: [overTime(rateOfLinks('copied_bytes_total', { by: PAIR }), PAIR_LEGEND)],
    leadsTo: [toThisLink],
  });
}

function blobs(): PlannedPanel {
  return coloured(
    bars({
      ...HALF,
      title: `Blobs by how they came to be there, in ${WINDOW}`,
      description:
        '`copied` went over the wire, `mounted` were there in another repository, `present` were there already. Only `copied` where layers are shared: the registry does not mount.',
      queries: [overTime(growthOfLinks('blobs_total', { by: ['result'] }), '{{result}}')],
    }),
    { copied: 'blue', mounted: 'purple', present: 'green' },
  );
}

function replicationTime(): PlannedPanel {
  return lines({
    ...HALF,
    title: `From first seen different to read back equal (${WINDOW})`,
    description:
      'How long a tag waited after a cycle or a notification found the difference: half of the tags less than 0.5, 95 of 100 less than 0.95. Without notifications the time between two cycles comes on top of it.',
    unit: 's',
    noValue: 'no tag was replicated',
    width: 24,
    queries: [0.5, 0.95].map((quantile) =>
      overTime(quantileOfLinks(quantile, 'tag_replication_seconds', PAIR), `${PAIR_LEGEND} ${quantile}`),
    ),
    leadsTo: [toThisLink],
  });
}

function repositories(): Section {
  return { title: 'Repositories', panels: [failing(), behind(), slowest()] };
}

function failing(): PlannedPanel {
  return records(
    {
      ...FROM_DATABASE,
      title: 'Failing repositories',
      description:
        'Repositories whose last run failed wholly or in part; those that never succeeded come first. `Reason` and `Message` are of the repository, or of its first tag that failed.',
      noValue: 'no repository fails',
      queries: [new PostgresQuery(FAILING_REPOSITORIES)],
    },
    { ...OF_REPOSITORY, 'Failed tags': { limits: { wrong: 1 } } },
  );
}

function behind(): PlannedPanel {
  return records(
    {
      ...FROM_DATABASE,
      title: 'Repositories that are behind for longest',
      description:
        'How long the oldest difference of a repository has been open, and its tags by state. Orphans that the configuration leaves in place are among them.',
      noValue: 'no repository is behind',
      queries: [new PostgresQuery(LONGEST_BEHIND)],
    },
    {
      ...OF_REPOSITORY,
      'Behind for': { unit: 's' },
      Failed: { limits: { wrong: 1 } },
      Held: { limits: { look: 1 } },
    },
  );
}

function slowest(): PlannedPanel {
  return records(
    {
      ...FROM_DATABASE,
      title: 'Slowest repositories',
      description:
        'How long the last run over a repository took until its result for the secondary was written down. Minutes without much copied are many tags, or a registry that answers slowly.',
      noValue: 'no repository was worked on yet',
      queries: [new PostgresQuery(SLOWEST_REPOSITORIES)],
    },
    OF_REPOSITORY,
  );
}
