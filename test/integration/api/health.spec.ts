import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { LiveConfiguration } from '../../../src/config/live-configuration.ts';
import { JobQueue } from '../../../src/jobs/job-queue.ts';
import { Clock } from '../../../src/time/clock.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { RunningApi, TOKENS } from './running-api.ts';

let postgres: PostgresHarness;
let api: RunningApi;

beforeAll(async () => {
  postgres = await startPostgres();
  api = await RunningApi.start(await postgres.freshDatabase(), 'tokens');
}, 120_000);

afterAll(async () => {
  await api.stop();
  await postgres.stop();
}, 60_000);

const UP = { database: 'up', queue: 'up', configuration: 'up' };

function changes(): unknown[] {
  return api.log.lines
    .filter(({ message }) => message.includes('ready'))
    .map(({ level, message, fields }) => [level, message, fields]);
}

/** What a driver may say, and nobody else should. */
const CAUSE = 'connect to postgres://service:secret@database failed';

type Mend = () => Promise<void> | void;

async function spoilConfiguration(): Promise<Mend> {
  const configuration = api.app.get(LiveConfiguration);
  const good = await readFile(configuration.file, 'utf8');
  await writeFile(configuration.file, 'links: [{ nonsense: true }]');
  configuration.reload(api.app.get(Clock).now());
  return async () => {
    await writeFile(configuration.file, good);
    configuration.reload(api.app.get(Clock).now());
  };
}

function breakDatabase(ping: () => Promise<void>): Mend {
  const spy = jest.spyOn(api.state, 'ping').mockImplementation(ping);
  return () => spy.mockRestore();
}

function breakQueue(): Mend {
  const spy = jest.spyOn(api.app.get(JobQueue), 'isAnswering', 'get').mockReturnValue(false);
  return () => spy.mockRestore();
}

describe('the health of the service', () => {
  it('is live, and ready with database, queue and configuration', async () => {
    const [live, ready] = await Promise.all([api.send({ path: '/healthz' }), api.send({ path: '/readyz' })]);

    expect([live.status, live.json]).toEqual([200, { status: 'ok' }]);
    expect([ready.status, ready.json]).toEqual([200, { status: 'ready', checks: UP }]);
  });

  it.each([
    ['its configuration', 'configuration', () => spoilConfiguration()],
    ['a database that answers', 'database', () => breakDatabase(() => Promise.reject(new Error(CAUSE)))],
    ['a database that answers in time', 'database', () => breakDatabase(() => new Promise(() => undefined))],
    ['its queue', 'queue', () => breakQueue()],
  ] as const)(
    'is not ready without %s, says which part it is and no more, and tells every change once',
    async (_what, part, spoil) => {
      const told = changes().length;

      const mend = await spoil();
      const refused = await api.send({ path: '/readyz' });
      const again = await api.send({ path: '/readyz' });
      await mend();
      const mended = await api.send({ path: '/readyz' });

      const checks = { ...UP, [part]: 'down' };
      expect([refused.status, refused.json]).toEqual([503, { status: 'not-ready', checks }]);
      expect(again.text).toBe(refused.text);
      expect(mended.status).toBe(200);
      expect(changes().slice(told)).toEqual([
        ['warn', 'the service is not ready', checks],
        ['info', 'the service is ready again', UP],
      ]);
      expect((await api.send({ path: '/healthz' })).status).toBe(200);
    },
  );
});

describe('the name of a request', () => {
  it('is the one that it came with, or a new one, and is in every problem', async () => {
    const path = '/api/v1/links/nothing';
    const [named, unnamed, insane] = await Promise.all([
      api.send({ path, token: TOKENS.viewer, headers: { 'x-request-id': 'deploy-42' } }),
      api.send({ path, token: TOKENS.viewer }),
      api.send({ path, token: TOKENS.viewer, headers: { 'x-request-id': 'a b{"level":"error"}' } }),
    ]);

    expect(named.headers['x-request-id']).toBe('deploy-42');
    expect(named.json).toMatchObject({ code: 'NOT_FOUND', requestId: 'deploy-42' });
    expect(unnamed.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(unnamed.json.requestId).toBe(unnamed.headers['x-request-id']);
    expect(insane.json.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is told with a refusal, which names the pattern of the route and nothing that was sent', async () => {
    const before = api.log.lines.length;

    await api.send({ path: '/api/v1/links/secret-link?reference=secret', token: 'a-wrong-token' });
    await api.send({ path: '/api/v1/links/secret-link', token: TOKENS.viewer });

    const lines = api.log.lines.slice(before);
    expect(lines).toMatchObject([
      {
        level: 'info',
        message: 'a request was refused',
        fields: { method: 'GET', route: '/api/v1/links/:link', status: 401, address: '127.0.0.1' },
      },
      {
        level: 'debug',
        message: 'a request was answered',
        fields: { route: '/api/v1/links/:link', status: 404 },
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });
});
