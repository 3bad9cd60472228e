import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LiveConfiguration } from '../../../src/config/live-configuration.ts';
import { loadConfiguration } from '../../../src/config/load-configuration.ts';
import { Secret } from '../../../src/config/secret.ts';
import { NotificationObserver, type OutgoingResult } from '../../../src/jobs/notification-observer.ts';
import { ChangeTeller } from '../../../src/notifications/outgoing/change-teller.ts';
import { DeliveryWorker } from '../../../src/notifications/outgoing/delivery-worker.ts';
import type { Resolve } from '../../../src/notifications/outgoing/receiver-address.ts';
import { WebhookSender } from '../../../src/notifications/outgoing/webhook-sender.ts';
import { openState } from '../../../src/state/open-state.ts';
import type { OpenState } from '../../../src/state/opened-state.ts';
import type { ServiceStores } from '../../../src/state/service-stores.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { WorkDirectory } from '../../e2e/work-directory.ts';
import { QuietLog } from './quiet-log.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

/** Counts what became of messages. */
class Tally extends NotificationObserver {
  readonly results: OutgoingResult[] = [];

  override sent(_hook: string, result: OutgoingResult): void {
    this.results.push(result);
  }
}

const KEY = 'key of the signature';

const LOOPBACK = [{ address: '127.0.0.1', family: 4 }];

let postgres: PostgresHarness;
let directory: WorkDirectory;
let receiver: WebhookReceiver;
let state: OpenState;
let stores: ServiceStores;
let url: string;
let log: QuietLog;
let tally: Tally;
let configuration: LiveConfiguration;

beforeAll(async () => {
  [postgres, directory] = await Promise.all([startPostgres(), WorkDirectory.create()]);
}, 60_000);

afterAll(async () => {
  await Promise.all([postgres.stop(), directory.remove()]);
});

beforeEach(async () => {
  const clock = new SystemClock();
  [url, receiver] = await Promise.all([postgres.freshDatabase(), WebhookReceiver.start()]);
  state = await openState({ kind: 'postgres', url: new Secret(url) }, 'read-write', () => undefined, clock);
  stores = state.service!;
  log = new QuietLog();
  tally = new Tally();
  const file = await directory.write('geo-reconciler.yaml', CONFIGURATION);
  const environment = { KEY, CHAT: `http://chat.internal:${receiver.port}/T0K3N` };
  configuration = new LiveConfiguration(file, () => loadConfiguration(file, environment), clock.now());
});

afterEach(async () => {
  await Promise.all([state.close(), receiver.stop()]);
});

const CONFIGURATION = `
registries: { eu: { url: http://127.0.0.1:5001 }, us: { url: http://127.0.0.1:5002 } }
links: [{ name: eu-to-us, primary: eu, secondaries: [us], objective: { lag: 15m } }]
notifications:
  outgoing: [{ name: chat, url: { env: CHAT }, secret: { env: KEY }, allowPrivateAddresses: true }]
`;

function teller(): ChangeTeller {
  const { levels, outbox } = stores;
  return new ChangeTeller({ configuration, levels, outbox, clock: new SystemClock(), log });
}

function worker(resolve: Resolve = () => Promise.resolve(LOOPBACK)): DeliveryWorker {
  const clock = new SystemClock();
  const sender = new WebhookSender(clock, resolve);
  return new DeliveryWorker({ configuration, outbox: stores.outbox, sender, observer: tally, clock, log });
}

/** What a run of one repository wrote down. */
async function ended(
  repository: string,
  outcome: string,
  of: { cycle?: string; age?: string } = {},
): Promise<void> {
  const { cycle = 'none', age = '0 s' } = of;
  await runStatement(
    url,
    `INSERT INTO repository_state (link, secondary, primary_repository, secondary_repository, outcome, policy_hash,
       primary_origin, completed_cycles, last_cycle_id, last_finished_at)
     VALUES ('eu-to-us', 'us', '${repository}', '${repository}', '${outcome}', 'x', 'x', 1, '${cycle}', now() - interval '${age}')
     ON CONFLICT (link, secondary, primary_repository) DO UPDATE SET outcome = excluded.outcome,
       last_cycle_id = excluded.last_cycle_id, last_finished_at = excluded.last_finished_at`,
  );
}

/** A complete cycle, as the service writes it down. */
async function cycle(of: { status?: string; failure?: string | null; age?: string } = {}): Promise<string> {
  const { status = 'finished', failure = null, age = '0 s' } = of;
  const id = randomUUID();
  const at = `now() - interval '${age}'`;
  const finishedAt = status === 'finished' ? at : 'NULL';
  await runStatement(
    url,
    `INSERT INTO link_cycle (id, link, kind, cause, work, scope, status, requested_at, started_at, finished_at)
     VALUES ('${id}', 'eu-to-us', 'sync', 'schedule', '{}', '{"kind": "all"}', '${status}', ${at}, ${at}, ${finishedAt});
     INSERT INTO cycle (id, command, links, started_at, finished_at) VALUES ('${id}', 'sync', '{eu-to-us}', ${at}, ${finishedAt});
     INSERT INTO cycle_link (cycle_id, link, secondary, position, primary_registry, outcome, failure, totals, bytes_copied, steps, steps_left_out)
     SELECT '${id}', 'eu-to-us', 'us', 0, 'eu', 'failed', ${failure === null ? 'NULL' : `'{"reason": "${failure}"}'`}, '{}', 0, '[]', 0
     WHERE '${status}' = 'finished'`,
  );
  return id;
}

async function deliveries(): Promise<Record<string, unknown>[]> {
  return await runStatement(
    url,
    `SELECT id, state, attempts, last_error AS error, body::json ->> 'event' AS event,
       round(extract(epoch FROM due_at - now()))::integer AS "dueIn" FROM webhook_delivery ORDER BY created_at`,
  );
}

async function events(): Promise<unknown[]> {
  return (await deliveries()).map(({ event }) => event);
}

/** One message that waits. */
async function waiting(): Promise<void> {
  await ended('team/app', 'failed');
  await teller().look();
}

async function makeDue(): Promise<void> {
  await runStatement(url, 'UPDATE webhook_delivery SET due_at = now()');
}

describe('a change of state', () => {
  it('is told once, by however many replicas, and so is its end', async () => {
    await ended('team/app', 'partial');
    await Promise.all(Array.from({ length: 5 }, () => teller().look()));
    await teller().look();
    const failed = await events();
    await ended('team/app', 'in-sync');
    await Promise.all(Array.from({ length: 5 }, () => teller().look()));

    expect([failed, await events()]).toEqual([['failed'], ['failed', 'recovered']]);
  });

  it('is not told twice by a replica that slept over two of them', async () => {
    await waiting();

    const late = {
      hook: 'chat',
      link: 'eu-to-us',
      secondary: 'us',
      topic: 'condition',
      value: 'failed',
      version: 0,
    } as const;

    expect(await stores.outbox.announce(late, { id: 'late', body: '{}' })).toBe(false);
    expect(await events()).toEqual(['failed']);
  });

  it('is a registry that cannot be read, until it can; a cycle that was cut off says nothing', async () => {
    await cycle({ failure: 'NETWORK', age: '3 minutes' });
    await cycle({ failure: 'CANCELLED', age: '2 minutes' });
    await teller().look();
    const told = await events();
    await cycle({ age: '1 minute' });
    await teller().look();

    expect([told, await events()]).toEqual([['failed'], ['failed', 'recovered']]);
  });

  it('is not a failure of a repository that the last complete cycle no longer had', async () => {
    await ended('team/gone', 'failed', { age: '2 hours' });
    await cycle({ age: '1 hour' });
    await ended('team/app', 'in-sync');

    await teller().look();

    expect(await events()).toEqual([]);
  });

  it('is what is held, when the cycle that may still do it is over', async () => {
    const open = await cycle({ status: 'deleting' });
    await ended('team/app', 'held', { cycle: open });
    await teller().look();
    const early = await events();
    await runStatement(url, `UPDATE link_cycle SET status = 'finished'`);
    await teller().look();

    expect([early, await events()]).toEqual([[], ['held']]);
  });

  it('is a lag over the objective, but not of orphans that stay', async () => {
    await ended('team/app', 'in-sync');
    const differs = (tag: string, age: string, reason: string): Promise<unknown> =>
      runStatement(
        url,
        `INSERT INTO tag_state (link, secondary, primary_repository, tag, state, reason, orphan_observations, first_seen_different_at)
         VALUES ('eu-to-us', 'us', 'team/app', '${tag}', 'missing', ${reason}, 0, now() - interval '${age}')`,
      );
    await differs('orphan', '2 hours', `'DELETIONS_OFF'`);
    await differs('fresh', '14 minutes', 'NULL');
    await teller().look();
    const early = await events();
    await differs('old', '16 minutes', 'NULL');
    await teller().look();

    expect([early, await events()]).toEqual([[], ['lag']]);
  });
});

describe('a message', () => {
  it('arrives with a signature over its time and body, an id, and nothing that is secret', async () => {
    await waiting();

    await worker().sendDue();

    const [message] = receiver.messages;
    const timestamp = String(message?.headers['x-geo-reconciler-timestamp']);
    const signature = createHmac('sha256', KEY).update(`${timestamp}.${message?.body}`).digest('hex');
    const body = JSON.parse(message?.body ?? '') as Record<string, unknown>;
    expect(message?.path).toBe('/T0K3N');
    expect(message?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-geo-reconciler-signature': `v1=${signature}`,
      'x-geo-reconciler-delivery': body.id,
    });
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(10);
    expect(body).toMatchObject({
      event: 'failed',
      link: 'eu-to-us',
      secondary: 'us',
      from: 'ok',
      to: 'failed',
      failedRepositories: 1,
      objectiveSeconds: 900,
    });
    expect(await deliveries()).toMatchObject([{ state: 'delivered', attempts: 1 }]);
    expect(JSON.stringify([message?.headers, body, log.lines])).not.toMatch(/T0K3N|key of/);
  });

  it('is sent by one of several replicas', async () => {
    await waiting();

    const sent = await Promise.all(Array.from({ length: 4 }, () => worker().sendDue()));

    expect(sent.toSorted()).toEqual([0, 0, 0, 1]);
    expect(receiver.messages).toHaveLength(1);
  });

  it('that a process had when it died is sent by another one when the lease is over, with the same id', async () => {
    await waiting();
    const [dead] = await stores.outbox.claim(['chat'], { limit: 8, leaseSeconds: 30 });
    const early = await worker().sendDue();
    await makeDue();

    await worker().sendDue();
    // The dead one was only slow: what it has to say comes too late to change anything.
    await stores.outbox.failed(dead!, { error: 'late', retryAfterSeconds: 1 });

    expect(early).toBe(0);
    expect(receiver.messages.map(({ headers }) => headers['x-geo-reconciler-delivery'])).toEqual([dead?.id]);
    expect(await deliveries()).toMatchObject([{ state: 'delivered', attempts: 2 }]);
  });

  it.each([
    ['an error', 503, {}],
    ['a refusal', 403, {}],
    ['a redirect, which is not followed', 307, { location: '/elsewhere' }],
  ])('is tried again after %s', async (_what, status, headers) => {
    receiver.answer = (response) => response.writeHead(status, headers).end('x'.repeat(1_000_000));
    await waiting();

    await worker().sendDue();

    const [delivery] = await deliveries();
    expect(delivery).toMatchObject({
      state: 'waiting',
      attempts: 1,
      error: `the receiver answered ${status}`,
    });
    expect(Math.abs(Number(delivery?.dueIn) - 30)).toBeLessThan(6);
    expect(receiver.messages).toHaveLength(1);
    expect(tally.results).toEqual(['retried']);
  });

  it('is given up when its receiver is gone', async () => {
    receiver.answer = (response) => response.writeHead(410).end();
    await waiting();

    await worker().sendDue();

    expect(await deliveries()).toMatchObject([{ state: 'dead', attempts: 1 }]);
    expect(tally.results).toEqual(['dead']);
  });

  it('is given up after eight attempts, and kept', async () => {
    receiver.answer = (response) => response.destroy();
    await waiting();
    for (let attempt = 0; attempt < 9; attempt++) {
      await worker().sendDue();
      await makeDue();
    }

    expect(receiver.messages).toHaveLength(8);
    expect(tally.results).toEqual([...Array<string>(7).fill('retried'), 'dead']);
    expect(await deliveries()).toMatchObject([
      { state: 'dead', error: 'the receiver cannot be reached (ECONNRESET)' },
    ]);
  });

  it('is not waited for longer than 5 s', async () => {
    receiver.answer = () => undefined;
    await waiting();
    const from = performance.now();

    await worker().sendDue();

    expect(performance.now() - from).toBeLessThan(6500);
    expect(await deliveries()).toMatchObject([{ error: 'the receiver did not answer within 5 s' }]);
  }, 15_000);

  it('goes to the address that was checked, although the name is another one by then', async () => {
    const answers = [LOOPBACK, [{ address: '169.254.169.254', family: 4 }]];
    let asked = 0;
    await waiting();

    await worker(() => Promise.resolve(answers[asked++] ?? [])).sendDue();

    expect({ asked, arrived: receiver.messages.length }).toEqual({ asked: 1, arrived: 1 });
  });

  it('goes nowhere where the name is the address of a metadata service', async () => {
    await waiting();

    await worker(() => Promise.resolve([{ address: '169.254.169.254', family: 4 }])).sendDue();

    const [delivery] = await deliveries();
    expect(delivery).toMatchObject({ state: 'waiting', attempts: 1 });
    expect(String(delivery?.error)).toContain('link-local');
  });
});
