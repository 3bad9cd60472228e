import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Buffer } from 'node:buffer';
import { parseRepositoryName } from '../../../src/oci/reference.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { EventReader } from '../../e2e/service/event-reader.ts';
import { repositoryRecord, tagRecord } from '../state/state-samples.ts';
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

const BASE = '/api/v1';
const LINK = `${BASE}/links/eu-to-us`;
const UNKNOWN_CYCLE = `${BASE}/cycles/0b5f6d2c-6d0e-4d65-9f0b-0d6f6f3a5d11`;

async function get(path: string): Promise<Received> {
  return await api.send({ path, token: TOKENS.viewer });
}

function cursorOf(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** What is remembered of a repository of the paused link. */
async function remember(repository: string, tags: readonly string[]): Promise<void> {
  await api.rows(
    `INSERT INTO repository_work (link, repository, secondary, state, dirty, retry_count, fence, changed_at)
     VALUES ('eu-to-us', '${repository}', 'us', 'synced', false, 0, 1, now())`,
  );
  await api.state.store.saveRepository(
    { link: 'eu-to-us', secondary: 'us', primaryRepository: parseRepositoryName(repository) },
    {
      repository: repositoryRecord({ outcome: 'in-sync', reason: null, message: null }),
      changedTags: tags.map((tag) => tagRecord(tag)),
      forgottenTags: [],
    },
  );
}

describe('a question that makes no sense', () => {
  it.each([
    ['a link that is not configured', `${BASE}/links/nowhere`, 404, 'NOT_FOUND'],
    ['repositories of such a link', `${BASE}/links/nowhere/repositories`, 404, 'NOT_FOUND'],
    ['a repository of such a link', `${BASE}/links/nowhere/repositories/team%2Fapp`, 404, 'NOT_FOUND'],
    ['a tag of such a link', `${BASE}/links/nowhere/wait?reference=team/app:v1`, 404, 'NOT_FOUND'],
    ['the loss of such a link', `${BASE}/links/nowhere/failover-report`, 404, 'NOT_FOUND'],
    ['cycles of such a link', `${BASE}/cycles?link=nowhere`, 404, 'NOT_FOUND'],
    ['a link with a NUL', `${BASE}/cycles?link=a%00b`, 404, 'NOT_FOUND'],
    ['a repository that nobody knows', `${LINK}/repositories/team%2Fnowhere`, 404, 'NOT_FOUND'],
    ['a repository that is not encoded', `${LINK}/repositories/team/app`, 404, 'NOT_FOUND'],
    ['a cycle that nobody knows', UNKNOWN_CYCLE, 404, 'NOT_FOUND'],
    ['its events', `${UNKNOWN_CYCLE}/events`, 404, 'NOT_FOUND'],
    ['no name of a repository', `${LINK}/repositories/..%2F..%2Fetc`, 400, 'INVALID_REQUEST'],
    ['a repository with a NUL', `${LINK}/repositories/a%00b`, 400, 'INVALID_REQUEST'],
    ['no id of a cycle', `${BASE}/cycles/a%27b`, 400, 'INVALID_REQUEST'],
    ['no state of a repository', `${LINK}/repositories?state=broken`, 400, 'INVALID_REQUEST'],
    ['two states at once', `${LINK}/repositories?state=failed&state=held`, 400, 'INVALID_REQUEST'],
    ['no outcome of a cycle', `${BASE}/cycles?outcome=fine`, 400, 'INVALID_REQUEST'],
    ['a filter that is none', `${BASE}/cycles?status=failed`, 400, 'INVALID_REQUEST'],
    ['no page', `${BASE}/links?limit=0`, 400, 'INVALID_REQUEST'],
    ['too large a page', `${LINK}/repositories?limit=501`, 400, 'INVALID_REQUEST'],
    ['a cursor that is none', `${LINK}/repositories?cursor=x`, 400, 'INVALID_REQUEST'],
    ['the cursor of another list', `${BASE}/cycles?cursor=${cursorOf('team/app')}`, 400, 'INVALID_REQUEST'],
    ['a cursor with a NUL', `${LINK}/repositories?cursor=${cursorOf('a\0b')}`, 400, 'INVALID_REQUEST'],
    ['no reference', `${LINK}/wait`, 400, 'INVALID_REQUEST'],
    ['a reference without a tag', `${LINK}/wait?reference=team/app`, 400, 'INVALID_REQUEST'],
    ['a reference outside the filters', `${LINK}/wait?reference=other/app:v1`, 400, 'INVALID_REQUEST'],
    ['too long a wait', `${LINK}/wait?reference=team/app:v1&timeoutSeconds=301`, 400, 'INVALID_REQUEST'],
    ['a report without an end', `${LINK}/failover-report?limit=100000`, 400, 'INVALID_REQUEST'],
  ])('like %s is refused', async (_what, path, status, code) => {
    const answer = await get(path);

    expect(answer).toMatchObject({ status, json: { status, code, detail: expect.stringMatching(/./) } });
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.text).not.toContain('SELECT');
  });

  it('never reaches a registry', () => {
    expect(api.registryRequests).toBe(0);
  });
});

describe('reading', () => {
  beforeAll(async () => {
    await remember('team/app', ['v1', '__proto__', 'constructor']);
    await remember('team/web', ['v1']);
  });

  it('shows a link as it is configured, and no secret', async () => {
    const answer = await get(LINK);

    expect(answer.json).toMatchObject({
      name: 'eu-to-us',
      state: 'paused',
      configuration: { repositories: { include: ['team/**'], exclude: ['team/scratch'] } },
      secondaries: [{ secondary: 'us', tags: { in_sync: 4 }, repositories: { synced: 2 } }],
    });
    expect(answer.text).not.toMatch(/password|credentials|token/i);
  });

  it('goes from page to page by cursors', async () => {
    const first = await get(`${LINK}/repositories?limit=1`);
    const second = await get(`${LINK}/repositories?limit=1&cursor=${first.json.nextCursor}`);
    const tags = await get(`${LINK}/repositories/team%2Fapp?limit=2`);
    const rest = await get(`${LINK}/repositories/team%2Fapp?limit=2&cursor=${tags.json.tags?.nextCursor}`);

    expect(first.json.items).toMatchObject([{ repository: 'team/app' }]);
    expect(second.json.items).toMatchObject([{ repository: 'team/web' }]);
    expect(second.json.nextCursor).toBeNull();
    expect(tags.json.tags?.items).toMatchObject([{ tag: '__proto__' }, { tag: 'constructor' }]);
    expect(rest.json.tags?.items).toMatchObject([{ tag: 'v1' }]);
    expect(rest.json.tags?.nextCursor).toBeNull();
  });

  it('answers a wait on a paused link with 504, and says that nobody has looked', async () => {
    const answer = await get(`${LINK}/wait?reference=team/app:v1&timeoutSeconds=1`);

    expect(answer).toMatchObject({
      status: 504,
      json: { code: 'TIMEOUT', errors: [{ message: expect.stringContaining('paused') }] },
    });
    expect(api.registryRequests).toBe(0);
  });

  it('lets so many callers follow a cycle, and tells the next one to come back', async () => {
    const { json } = await api.send({
      method: 'POST',
      path: `${LINK}/resync`,
      token: TOKENS.operator,
      body: {},
    });
    const url = `http://127.0.0.1:${api.port}${BASE}/cycles/${json.id}/events`;
    const headers = { authorization: `Bearer ${TOKENS.viewer}` };
    const readers = await Promise.all(Array.from({ length: 128 }, () => EventReader.open(url, headers)));

    const refused = await get(`${BASE}/cycles/${json.id}/events`);
    readers.forEach((reader) => reader.close());
    const cancelled = await api.send({
      method: 'POST',
      path: `${BASE}/cycles/${json.id}/cancel`,
      token: TOKENS.operator,
      body: {},
    });
    let last: EventReader | undefined;
    // The service learns from the sockets that its readers are gone, a moment later.
    while (last === undefined) last = await EventReader.open(url, headers).catch(() => undefined);
    await last.ended;

    expect(refused).toMatchObject({ status: 429, json: { code: 'TOO_MANY_REQUESTS' } });
    expect(refused.headers['retry-after']).toBe('5');
    expect(cancelled.status).toBe(202);
    expect(last.named('finished')).toMatchObject([{ status: 'finished', outcome: null, results: [] }]);
  }, 60_000);
});
