import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AuditStore } from '../../../src/state/audit.store.ts';
import { StateError } from '../../../src/state/state-error.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { RunningApi, TOKENS, type Received } from './running-api.ts';

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

beforeEach(async () => {
  await api.rows('DELETE FROM link_cycle');
  await api.rows('DELETE FROM audit');
});

afterEach(() => {
  jest.restoreAllMocks();
});

const UNTRIED = { state: 'unknown', learntAt: null, forgottenAt: null };
const LINK = '/api/v1/links/eu-to-us';

async function post(path: string, body?: unknown): Promise<Received> {
  return await api.send({ method: 'POST', path, token: TOKENS.operator, body });
}

async function audit(): Promise<Record<string, unknown>[]> {
  return await api.rows(
    'SELECT caller, role, address, action, link, request, result, cycle_id FROM audit ORDER BY requested_at',
  );
}

describe('a resync', () => {
  it('is a cycle that an operator asked for, and says where it can be followed', async () => {
    const { status, headers, json } = await post(`${LINK}/resync`, {
      repositories: ['team/app', 'team/web-*'],
    });
    expect(status).toBe(202);
    expect(json).toMatchObject({
      link: 'eu-to-us',
      command: 'sync',
      status: 'waiting',
      repositories: ['team/app', 'team/web-*'],
      startedAt: null,
    });
    expect(headers.location).toBe(`/api/v1/cycles/${json.id}`);
    expect(await api.rows('SELECT id, cause, scope FROM link_cycle')).toEqual([
      {
        id: json.id,
        cause: 'operator',
        scope: { kind: 'some', due: 'only-named', patterns: ['team/app', 'team/web-*'], tags: [] },
      },
    ]);
  });

  it('that is asked for again while one waits is the same one, widened', async () => {
    const first = await post(`${LINK}/resync`, { repositories: ['team/app'] });
    const second = await post(`${LINK}/resync`, { repositories: ['team/web'] });
    const third = await post(`${LINK}/resync`);
    expect([second.json.id, third.json.id]).toEqual([first.json.id, first.json.id]);
    expect(second.json.repositories).toEqual(['team/app', 'team/web']);
    expect(third.json.repositories).toBeNull();
  });

  it('that twenty ask for at once is one cycle', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => post(`${LINK}/resync`)));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(all.map(({ json }) => json.id)).size).toBe(1);
    expect(await audit()).toHaveLength(20);
  });

  it('is another cycle than a plan and a verification', async () => {
    const ids = [
      (await post(`${LINK}/resync`)).json.id,
      (await post(`${LINK}/plan`)).json.id,
      (await post(`${LINK}/verify`, { depth: 'content' })).json.id,
    ];
    expect(new Set(ids).size).toBe(3);
    const rows = await api.rows('SELECT work FROM link_cycle ORDER BY kind');
    expect(rows.map(({ work }) => work)).toEqual([
      { command: 'plan' },
      { command: 'sync', mode: 'diff' },
      { command: 'verify', depth: 'content' },
    ]);
  });
});

describe('pause and resume', () => {
  it('hold a link back and let it go on, and doing either twice is doing it once', async () => {
    const paused = async (): Promise<unknown> =>
      (await api.rows('SELECT paused_at FROM link_state'))[0]?.paused_at;
    expect((await post(`${LINK}/pause`)).json).toEqual({ link: 'eu-to-us', paused: true });
    const since = await paused();
    await post(`${LINK}/pause`);
    expect(since).toBeInstanceOf(Date);
    expect(await paused()).toEqual(since);

    expect((await post(`${LINK}/resume`)).json).toEqual({ link: 'eu-to-us', paused: false });
    await post(`${LINK}/resume`);
    expect(await paused()).toBeNull();
    await post(`${LINK}/pause`);
  });
});

describe('a cancellation', () => {
  it('ends a cycle that waits at once, and says that a second one comes too late', async () => {
    const { json } = await post(`${LINK}/resync`);
    const first = await post(`/api/v1/cycles/${json.id}/cancel`);
    const second = await post(`/api/v1/cycles/${json.id}/cancel`);
    expect(first.status).toBe(202);
    expect(first.json).toMatchObject({ id: json.id, status: 'finished', cancelledAt: expect.any(String) });
    expect(second.json).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect((await audit()).map(({ action, result, cycle_id }) => [action, result, cycle_id])).toEqual([
      ['link.resync', 'done', json.id],
      ['cycle.cancel', 'done', json.id],
      ['cycle.cancel', 'CONFLICT', null],
    ]);
  });
});

describe('the audit trail', () => {
  it.each([
    ['resync', 'link.resync', { repositories: ['team/app'] }, { repositories: ['team/app'], mode: 'diff' }],
    [
      'resync',
      'link.resync',
      { repositories: ['team/app'], tags: ['v1'], mode: 'recopy' },
      { repositories: ['team/app'], tags: ['v1'], mode: 'recopy' },
    ],
    ['plan', 'link.plan', {}, {}],
    ['verify', 'link.verify', {}, { depth: 'graph' }],
    ['pause', 'link.pause', {}, {}],
  ])('has who asked for what, from where, and what came of it: %s', async (name, action, body, request) => {
    const { json } = await post(`${LINK}/${name}`, body);
    expect(await audit()).toEqual([
      {
        caller: 'a-operator',
        role: 'operator',
        address: '127.0.0.1',
        action,
        link: 'eu-to-us',
        request,
        result: 'done',
        cycle_id: json.id ?? null,
      },
    ]);
    expect(
      api.log.lines.filter(({ message }) => message === 'a change through the API').at(-1)?.fields,
    ).toMatchObject({
      caller: 'a-operator',
      action,
      result: 'done',
    });
  });

  it.each(['resync', 'plan', 'verify', 'pause', 'resume'])(
    'that cannot be written keeps a change from being made: %s',
    async (name) => {
      jest
        .spyOn(AuditStore.prototype, 'open')
        .mockRejectedValue(new StateError('UNAVAILABLE', 'for the test'));
      const before = await api.rows('SELECT paused_at FROM link_state');

      const { status, json, headers } = await post(`${LINK}/${name}`);

      expect(json).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
      expect(status).toBe(503);
      expect(headers['retry-after']).toBe('5');
      expect(await api.rows('SELECT id FROM link_cycle')).toEqual([]);
      expect(await api.rows('SELECT paused_at FROM link_state')).toEqual(before);
    },
  );

  it('is not an answer away: a change whose end cannot be written down is no success', async () => {
    jest
      .spyOn(AuditStore.prototype, 'complete')
      .mockRejectedValue(new StateError('UNAVAILABLE', 'for the test'));
    expect((await post(`${LINK}/resync`)).json).toMatchObject({ status: 503 });
    expect((await audit()).map(({ result }) => result)).toEqual(['asked']);
  });

  it('loses what is older than its retention, and nothing else', async () => {
    await api.rows(`INSERT INTO audit (id, requested_at, caller, role, address, action, request, result) VALUES
      ('old', now() - interval '401 days', 'x', 'viewer', '', 'x', '{}', 'done'),
      ('young', now() - interval '399 days', 'x', 'viewer', '', 'x', '{}', 'done')`);
    await post(`${LINK}/pause`);
    const ids = (await api.rows('SELECT id FROM audit')).map(({ id }) => id);
    expect(ids).toContain('young');
    expect(ids).not.toContain('old');
  });

  it('has no row of a request that was refused before anything was tried', async () => {
    await post(`${LINK}/resync`, { nonsense: true });
    await post('/api/v1/links/nobody/resync');
    await api.send({ method: 'POST', path: `${LINK}/resync`, token: TOKENS.viewer });
    expect(await audit()).toEqual([]);
  });
});

describe('registries', () => {
  const read = async (path: string): Promise<Received> => await api.send({ path, token: TOKENS.viewer });

  it('come page by page, by name', async () => {
    const first = await read('/api/v1/registries?limit=1');
    const second = await read(`/api/v1/registries?limit=1&cursor=${first.json.nextCursor}`);
    expect(first.json.items?.map(({ name }) => name)).toEqual(['eu']);
    expect(second.json.items?.map(({ name }) => name)).toEqual(['us']);
    expect(second.json.nextCursor).toBeNull();
  });

  it('say which limits hold, and never more of a credential than its kind', async () => {
    const { json, text } = await read('/api/v1/registries/us');
    expect(json).toMatchObject({
      name: 'us',
      url: api.secondary.url,
      credentials: 'basic',
      limits: { concurrency: 3, requestsPerSecond: 20, bytesPerSecond: 1024 * 1024 },
      primaryOf: [],
      secondaryOf: ['eu-to-us'],
      health: { state: 'unknown', checkedAt: null },
      capabilities: {
        tagDelete: UNTRIED,
        digestDelete: UNTRIED,
        referrers: UNTRIED,
        mount: UNTRIED,
        sparseIndex: UNTRIED,
      },
    });
    expect(text).not.toMatch(/the-password-of-us|sync/);
  });

  it('say what the last cycle found', async () => {
    const failure = { side: 'secondary', reason: 'NETWORK', message: 'connection refused' };
    const listing = {
      failures: { us: failure },
      refused: [],
      requestsPrimary: 1,
      requestsSecondaries: { us: 1 },
    };
    await api.rows(`INSERT INTO link_cycle (id, link, kind, cause, work, scope, status, requested_at, started_at, listing)
      VALUES ('looked', 'eu-to-us', 'sync', 'schedule', '{"command":"sync"}', '{"kind":"all"}', 'finished',
        '2026-11-26T08:00:00Z', '2026-11-26T08:00:01Z', '${JSON.stringify(listing)}')`);
    const checkedAt = '2026-11-26T08:00:01.000Z';
    expect((await read('/api/v1/registries/us')).json.health).toEqual({
      state: 'unreachable',
      checkedAt,
      reason: 'NETWORK',
      message: 'connection refused',
    });
    expect((await read('/api/v1/registries/eu')).json.health).toMatchObject({
      state: 'reachable',
      checkedAt,
    });
  });
});
