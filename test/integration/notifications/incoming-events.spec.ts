import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LiveConfiguration } from '../../../src/config/live-configuration.ts';
import { loadConfiguration } from '../../../src/config/load-configuration.ts';
import { Secret } from '../../../src/config/secret.ts';
import { CycleRequests } from '../../../src/jobs/cycle-requests.ts';
import { JobQueue } from '../../../src/jobs/job-queue.ts';
import { DirtyMarker } from '../../../src/notifications/incoming/dirty-marker.ts';
import type { NotificationEvent } from '../../../src/state/notification-event.store.ts';
import { openState } from '../../../src/state/open-state.ts';
import type { OpenState } from '../../../src/state/opened-state.ts';
import type { ServiceStores } from '../../../src/state/service-stores.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { WorkDirectory } from '../../e2e/work-directory.ts';
import { QuietLog } from './quiet-log.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

let postgres: PostgresHarness;
let directory: WorkDirectory;
let state: OpenState;
let stores: ServiceStores;
let url: string;
let marker: DirtyMarker;

beforeAll(async () => {
  [postgres, directory] = await Promise.all([startPostgres(), WorkDirectory.create()]);
}, 60_000);

afterAll(async () => {
  await Promise.all([postgres.stop(), directory.remove()]);
});

beforeEach(async () => {
  url = await postgres.freshDatabase();
  const clock = new SystemClock();
  state = await openState({ kind: 'postgres', url: new Secret(url) }, 'read-write', () => undefined, clock);
  stores = state.service!;
  const file = await directory.write('geo-reconciler.yaml', CONFIGURATION);
  const configuration = new LiveConfiguration(
    file,
    () => loadConfiguration(file, { HOOK: 'secret' }),
    clock.now(),
  );
  const log = new QuietLog();
  // A queue that is not started hears nothing, as one whose database is away: the rows have to be enough.
  const queue = new JobQueue(new Secret(url), clock, log);
  const { cycles, marks, links } = stores;
  const requests = new CycleRequests({ configuration, cycles, marks, links, queue, log });
  marker = new DirtyMarker({ configuration, events: stores.notificationEvents, requests, clock, log });
});

afterEach(async () => {
  await marker.stop();
  await state.close();
});

const CONFIGURATION = `
registries:
  eu: { url: http://127.0.0.1:5001 }
  us: { url: http://127.0.0.1:5002 }
  ap: { url: http://127.0.0.1:5003 }
links:
  - { name: eu-to-us, primary: eu, secondaries: [us], repositories: { include: ["team/**"] }, rename: { prefix: "mirror/" } }
  - { name: us-to-ap, primary: us, secondaries: [ap] }
notifications:
  incoming:
    - { path: /hooks/eu, kind: distribution, registry: eu, secret: { env: HOOK } }
    - { path: /hooks/us, kind: distribution, registry: us, secret: { env: HOOK } }
`;

function event(of: Partial<NotificationEvent> = {}): NotificationEvent {
  return { id: randomUUID(), author: 'foreign', repository: 'team/app', tag: 'v1', digest: DIGEST, ...of };
}

/** Waits until no event waits. */
async function processed(): Promise<void> {
  while ((await stores.notificationEvents.countWaiting()) > 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

async function dirty(): Promise<Record<string, readonly string[]>> {
  const due = async (link: string): Promise<readonly string[]> =>
    (await stores.marks.due(link)).map(({ name }) => name);
  return { 'eu-to-us': await due('eu-to-us'), 'us-to-ap': await due('us-to-ap') };
}

/** What an earlier cycle wrote down: `mirror/team/app:v1` is as we put it. */
async function applied(): Promise<void> {
  await runStatement(
    url,
    `INSERT INTO repository_state (link, secondary, primary_repository, secondary_repository, outcome, policy_hash,
       primary_origin, completed_cycles, last_cycle_id, last_finished_at)
     VALUES ('eu-to-us', 'us', 'team/app', 'mirror/team/app', 'in-sync', 'x', 'x', 1, 'x', now())`,
  );
  await runStatement(
    url,
    `INSERT INTO tag_state (link, secondary, primary_repository, tag, state, last_applied_digest, orphan_observations)
     VALUES ('eu-to-us', 'us', 'team/app', 'v1', 'in_sync', '${DIGEST}', 0)`,
  );
}

describe('events of a registry', () => {
  it('are written down once, whoever is told and however often', async () => {
    const told = [event(), event()];

    const counts = await Promise.all(
      Array.from({ length: 5 }, () => stores.notificationEvents.add('/hooks/eu', [...told, ...told])),
    );

    expect(counts.toSorted()).toEqual([0, 0, 0, 0, 2]);
    expect(await stores.notificationEvents.add('/hooks/us', told)).toBe(2);
  });

  it('that a process left behind when it died are marks soon after another one starts, and one cycle', async () => {
    await stores.notificationEvents.add('/hooks/eu', [event(), event(), event({ repository: 'team/web' })]);

    marker.start();
    await processed();

    expect(await dirty()).toEqual({ 'eu-to-us': ['team/app', 'team/web'], 'us-to-ap': [] });
    expect(await stores.cycles.unfinished('eu-to-us')).toMatchObject([{ cause: 'event', status: 'waiting' }]);
  });

  it('of which somebody made the mark and no note are the same mark again', async () => {
    await stores.notificationEvents.add('/hooks/eu', [event()]);
    await stores.marks.mark({ link: 'eu-to-us', repositories: ['team/app'], secondaries: ['us'] }, 'event');

    marker.start();
    await processed();

    expect(await dirty()).toMatchObject({ 'eu-to-us': ['team/app'] });
  });

  it('have announced a change from their arrival on, for as long as a run asks that began before they were a mark', async () => {
    const announced = (hook: string, repository: string, since: Date): Promise<boolean> =>
      stores.notificationEvents.hasAnnounced([hook], repository, since);
    const before = new Date(Date.now() - 60_000);
    const seen = [await announced('/hooks/eu', 'team/app', before)];
    await stores.notificationEvents.add('/hooks/eu', [event()]);
    seen.push(await announced('/hooks/eu', 'team/app', new Date(Date.now() + 60_000)));
    marker.start();
    await processed();
    seen.push(await announced('/hooks/eu', 'team/app', before));
    seen.push(
      await announced('/hooks/us', 'team/app', before),
      await announced('/hooks/eu', 'team/web', before),
    );
    seen.push(await announced('/hooks/eu', 'team/app', new Date(Date.now() + 60_000)));

    expect(seen).toEqual([false, true, true, false, false, false]);
  });

  it.each([
    ['that no link takes', '/hooks/eu', { repository: 'other/app' }, { 'eu-to-us': [], 'us-to-ap': [] }],
    ['by a hook that is gone', '/hooks/old', {}, { 'eu-to-us': [], 'us-to-ap': [] }],
    [
      'of what we put on a secondary: only the link that reads from there',
      '/hooks/us',
      { repository: 'mirror/team/app', author: 'own' },
      { 'eu-to-us': [], 'us-to-ap': ['mirror/team/app'] },
    ],
    [
      'of a tag on a secondary that is as we put it, whoever says so',
      '/hooks/us',
      { repository: 'mirror/team/app' },
      { 'eu-to-us': [], 'us-to-ap': ['mirror/team/app'] },
    ],
    [
      'of a tag on a secondary that somebody moved',
      '/hooks/us',
      { repository: 'mirror/team/app', digest: `sha256:${'b'.repeat(64)}` },
      { 'eu-to-us': ['team/app'], 'us-to-ap': ['mirror/team/app'] },
    ],
    [
      'of a tag on a secondary that somebody deleted',
      '/hooks/us',
      { repository: 'mirror/team/app', digest: null },
      { 'eu-to-us': ['team/app'], 'us-to-ap': ['mirror/team/app'] },
    ],
    [
      'of a tag that somebody added on a secondary',
      '/hooks/us',
      { repository: 'mirror/team/app', tag: 'theirs' },
      { 'eu-to-us': ['team/app'], 'us-to-ap': ['mirror/team/app'] },
    ],
  ] as const)('mark what they concern: %s', async (_what, hook, of, expected) => {
    await applied();
    await stores.notificationEvents.add(hook, [event(of)]);

    marker.start();
    await processed();

    expect(await dirty()).toEqual(expected);
  });

  it.each([
    ['a push a moment ago', [0.1], null, 0],
    ['a push that nothing followed', [0.3], null, 1],
    ['a burst that goes on', [0.1, 1], null, 0],
    ['a burst that has lasted for two seconds', [0.1, 1, 2.1], null, 3],
    ['a burst that goes on, of which some was told a moment ago', [0.1, 1, 2.1], 3, 0],
    ['a burst that has lasted for long after that', [0.1, 15.1], 14, 2],
    ['a burst after a rest', [0.1, 2.1], 20, 2],
    ['a push that nothing followed, after a burst', [0.3], 1, 1],
  ])('settle by repository: %s', async (_what, ages, processedAge, expected) => {
    const { notificationEvents: events } = stores;
    const busy = ages.map((_, index) => event({ id: String(index) }));
    const quiet = event({ id: 'other', repository: 'team/web' });
    await events.add('/hooks/eu', [...busy, event({ id: 'before' }), quiet]);
    const processed = processedAge === null ? `'-infinity'` : `now() - interval '${processedAge} seconds'`;
    const change = 'UPDATE notification_event SET';
    await runStatement(
      url,
      [
        `${change} processed_at = ${processed} WHERE event_id = 'before'`,
        `${change} received_at = now() - interval '1 second' WHERE event_id = 'other'`,
        ...ages.map(
          (age, id) => `${change} received_at = now() - interval '${age} s' WHERE event_id = '${id}'`,
        ),
      ].join(';'),
    );

    const settled = await events.settled(100);

    expect(settled.map(({ repository }) => repository).toSorted()).toEqual([
      ...Array<string>(expected).fill('team/app'),
      'team/web',
    ]);
  });

  it('are forgotten after a day, and not before they were marks', async () => {
    await stores.notificationEvents.add('/hooks/eu', [event({ id: 'old' }), event({ id: 'waiting' })]);
    await runStatement(url, `UPDATE notification_event SET received_at = now() - interval '2 days'`);
    await runStatement(url, `UPDATE notification_event SET processed_at = now() WHERE event_id = 'old'`);

    await stores.notificationEvents.prune();

    const left = await runStatement(url, 'SELECT event_id AS id FROM notification_event');
    expect(left).toEqual([{ id: 'waiting' }]);
  });
});
