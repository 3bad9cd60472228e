import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { parseDigest } from '../../../src/oci/digest.ts';
import { parseRepositoryName, parseTag } from '../../../src/oci/reference.ts';
import { ociImage } from '../../builders/image-content.ts';
import type { BuiltContent } from '../../builders/built-content.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { seed } from '../execution/copy-bench.ts';
import { deletionEntry, digestOfText, KEY, repositoryRecord } from '../state/state-samples.ts';
import { RunningApi, TOKENS, type Received } from './running-api.ts';

const BASE = '/api/v1/deletions';
const PLACE = { link: 'eu-to-us', secondary: 'us', repository: parseRepositoryName('mirror/team/app') };

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
  for (const table of ['link_cycle', 'audit', 'held_plan', 'deletion', 'deletion_freeze', 'tag_restore'])
    await api.rows(`DELETE FROM ${table}`);
});

async function post(path: string, body?: unknown, role: keyof typeof TOKENS = 'approver'): Promise<Received> {
  return await api.send({ method: 'POST', path: `${BASE}/${path}`, token: TOKENS[role], body });
}

async function get(path = ''): Promise<Received> {
  return await api.send({ path: `${BASE}${path}`, token: TOKENS.viewer });
}

async function audit(): Promise<Record<string, unknown>[]> {
  return await api.rows(
    'SELECT caller, action, link, request, result, cycle_id FROM audit ORDER BY requested_at',
  );
}

function hashOf(...tags: string[]): string {
  return digestOfText(tags.join(' ')).slice('sha256:'.length);
}

/** A cycle has held tags back; answers the hash of the plan. */
async function held(...tags: string[]): Promise<string> {
  const hash = hashOf(...tags);
  const items = tags.map((tag) => ({
    tag: parseTag(tag),
    secondaryDigest: digestOfText(tag),
    reason: 'OVER_BUDGET' as const,
    message: '6 of 12 tags would be deleted',
  }));
  await settle({ kind: 'held', plan: { hash, items } });
  return hash;
}

type Settlement = Parameters<typeof api.state.store.settleHeldPlan>[0];

async function settle(waiting: Settlement['waiting'], executed?: Settlement['executed']): Promise<void> {
  const primaryRepository = parseRepositoryName('team/app');
  const rest = { primaryRepository, cycleId: 'cycle-1', deletedTags: [] };
  await api.state.store.settleHeldPlan({ ...PLACE, ...rest, waiting, executed });
}

describe('held plans', () => {
  it('are listed with what they would delete, and shown whole under their hash', async () => {
    const tags = Array.from({ length: 101 }, (_, number) => `old-${String(number).padStart(3, '0')}`);
    const hash = await held(...tags);

    const { status, json } = await get('?state=held');
    const one = await get(`/${hash}`);

    const plan = {
      kind: 'plan',
      hash,
      link: 'eu-to-us',
      secondary: 'us',
      repository: 'team/app',
      secondaryRepository: 'mirror/team/app',
      state: 'held',
      tagCount: 101,
      decision: null,
      expiresAt: null,
      result: null,
      cycle: 'cycle-1',
    };
    expect([status, json.nextCursor, json.freezes]).toEqual([200, null, []]);
    expect(json.items).toMatchObject([{ ...plan, itemsLeftOut: 1 }]);
    expect(one.json).toMatchObject({ ...plan, itemsLeftOut: 0 });
    expect(one.json.items?.[100]).toEqual({
      tag: 'old-100',
      digest: digestOfText('old-100'),
      reason: 'OVER_BUDGET',
      message: '6 of 12 tags would be deleted',
    });
  });

  it('are what is listed when nothing else is asked for, page by page', async () => {
    const first = await held('old-1');
    const second = await held('old-1', 'old-2');
    expect((await get()).json.items).toMatchObject([{ hash: second }]);

    const page = await get('?state=superseded&link=eu-to-us&limit=1');
    expect(page.json.items).toMatchObject([{ hash: first, state: 'superseded' }]);
    expect(page.json.nextCursor).toBeNull();
    await held('old-3');
    const two = await get('?state=superseded&limit=1');
    const rest = await get(`?state=superseded&limit=1&cursor=${two.json.nextCursor}`);
    expect([two.json.items, rest.json.items]).toMatchObject([[{ hash: second }], [{ hash: first }]]);
  });

  it.each([
    ['?state=gone', 400],
    ['?state=held&state=done', 400],
    ['?order=up', 400],
    ['?cursor=nonsense!', 400],
    ['?link=nowhere', 404],
    ['/unknown', 404],
  ])('are not found by %s: %d', async (query, status) => {
    expect((await get(query)).status).toBe(status);
  });
});

describe('an approval', () => {
  it('is written down, and has the repository looked at now', async () => {
    const hash = await held('old-1');

    const { status, headers, json } = await post(`${hash}/approve`, { reason: 'looked at all' });

    const [cycle] = await api.rows('SELECT id, cause, scope, work FROM link_cycle');
    expect(status).toBe(202);
    expect(headers.location).toBe(`/api/v1/cycles/${String(cycle?.id)}`);
    expect(json).toMatchObject({
      plan: { hash, state: 'approved', decision: { by: 'a-approver', reason: 'looked at all' } },
      cycle: { id: cycle?.id, repositories: ['team/app'] },
    });
    expect(cycle).toMatchObject({
      cause: 'operator',
      scope: { kind: 'some', patterns: ['team/app'], tags: [] },
    });
    expect(await audit()).toEqual([
      {
        caller: 'a-approver',
        action: 'deletions.approve',
        link: 'eu-to-us',
        request: { plan: hash, reason: 'looked at all' },
        result: 'done',
        cycle_id: cycle?.id,
      },
    ]);
  });

  it.each([
    ['expired', 'ran out'],
    ['superseded', `is now ${hashOf('old-2')}`],
    ['executed', '1 deleted'],
    ['withdrawn', 'none of its tags waits'],
  ])('of a plan that is %s is refused, and says why', async (end, why) => {
    const hash = await held('old-1');
    await post(`${hash}/approve`);
    const [row] = await api.rows('SELECT id FROM held_plan');
    const id = String(row?.id);
    const ends: Record<string, () => Promise<unknown>> = {
      expired: () => api.rows(`UPDATE held_plan SET expires_at = now() - interval '1 second'`),
      superseded: () => held('old-2'),
      executed: () =>
        settle({ kind: 'nothing' }, { id, result: { deleted: 1, held: 0, failed: 0, skipped: 0 } }),
      withdrawn: () => settle({ kind: 'nothing' }),
    };
    await ends[end]?.();

    for (const decision of ['approve', 'reject']) {
      const { status, json } = await post(`${hash}/${decision}`);
      expect([status, json.code]).toEqual([409, 'CONFLICT']);
      expect(json.detail).toContain(why);
    }
    expect((await audit()).map(({ result }) => result)).toEqual(['done', 'CONFLICT', 'CONFLICT']);
    expect((await get(`?state=${end}`)).json.items).toMatchObject([{ hash, state: end }]);
  });

  it('of a plan that nobody knows is not found', async () => {
    for (const decision of ['approve', 'reject'])
      expect((await post(`${'0'.repeat(64)}/${decision}`)).json).toMatchObject({ code: 'NOT_FOUND' });
    expect(await audit()).toEqual([]);
  });

  it.each(['viewer', 'operator'] as const)('is not for a %s', async (role) => {
    const hash = await held('old-1');
    for (const decision of [`${hash}/approve`, `${hash}/reject`, 'some-id/restore'])
      expect((await post(decision, undefined, role)).json).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect((await get(`/${hash}`)).json).toMatchObject({ state: 'held' });
  });

  it.each([
    { title: 'a number', body: { reason: 5 } },
    { title: 'a novel', body: { reason: 'x'.repeat(1001) } },
    { title: 'an unknown field', body: { because: 'x' } },
  ])('cannot be asked for with $title', async ({ body }) => {
    const hash = await held('old-1');
    expect((await post(`${hash}/approve`, body)).status).toBe(400);
  });
});

describe('a rejection', () => {
  it('stays, and can be taken back by an approval', async () => {
    const hash = await held('old-1');
    const { status, json } = await post(`${hash}/reject`, { reason: 'still needed' });
    expect([status, json.state, json.decision]).toMatchObject([200, 'rejected', { reason: 'still needed' }]);
    expect((await get('?state=rejected')).json.items).toHaveLength(1);
    expect(await api.rows('SELECT id FROM link_cycle')).toEqual([]);
    expect((await post(`${hash}/approve`)).json.plan).toMatchObject({ state: 'approved' });
  });
});

describe('a freeze', () => {
  it('is shown wherever somebody would look for it, until it is lifted', async () => {
    const frozen = await post('freeze', { reason: 'storage is odd' }, 'operator');
    const one = await post('freeze', { secondary: 'us' }, 'operator');

    const global = { secondary: null, by: 'a-operator', at: expect.any(String), reason: 'storage is odd' };
    expect(frozen.json.freezes).toEqual([global]);
    expect(one.json.freezes).toHaveLength(2);
    expect((await get()).json.freezes).toEqual(one.json.freezes);
    const link = await api.send({ path: '/api/v1/links/eu-to-us', token: TOKENS.viewer });
    expect(link.json.secondaries).toMatchObject([{ deletionsFrozen: global }]);

    expect((await post('unfreeze', undefined, 'operator')).json.freezes).toMatchObject([{ secondary: 'us' }]);
    expect((await post('unfreeze', { secondary: 'us' }, 'operator')).json).toEqual({ freezes: [] });
    expect((await audit()).map(({ action, result }) => [action, result])).toEqual([
      ['deletions.freeze', 'done'],
      ['deletions.freeze', 'done'],
      ['deletions.unfreeze', 'done'],
      ['deletions.unfreeze', 'done'],
    ]);
  });

  it('is for an operator, and for a secondary that there is', async () => {
    expect((await post('freeze', {}, 'viewer')).status).toBe(403);
    for (const name of ['freeze', 'unfreeze'])
      expect((await post(name, { secondary: 'moon' }, 'operator')).status).toBe(404);
    expect((await get()).json.freezes).toEqual([]);
  });
});

describe('a restore', () => {
  const MIRROR = 'mirror/team/app';

  /** A deletion of the journal, with its end. */
  async function deleted(tag: string, content: BuiltContent, end: 'verified' | 'deleted' = 'verified') {
    const id = randomUUID();
    const secondaryDigest = parseDigest(content.root.digest);
    await api.state.store.deletionStarted(
      deletionEntry(id, { ...PLACE, tag: parseTag(tag), secondaryDigest }),
    );
    await api.state.store.deletionAdvanced(id, end);
    return id;
  }

  beforeAll(async () => {
    const update = { repository: repositoryRecord(), changedTags: [], forgottenTags: [] };
    await api.state.store.saveRepository(KEY, update);
  });

  it('puts a tag back from what the secondary still has, and keeps it', async () => {
    const content = ociImage('still there');
    seed(api.secondary.storage, MIRROR, content, 'gone-1');
    api.secondary.storage.deleteTag(MIRROR, 'gone-1');
    const id = await deleted('gone-1', content);
    expect((await get('?state=done')).json.items).toMatchObject([
      { kind: 'deletion', id, state: 'done', evidence: { primary: 'unknown' }, restore: null },
    ]);

    const { status, json } = await post(`${id}/restore`);

    expect([status, json.state, json.restore]).toMatchObject([200, 'restored', { content: 'secondary' }]);
    expect(api.secondary.storage.tags(MIRROR).get('gone-1')).toBe(content.root.digest);
    expect((await get('?state=restored')).json.items).toMatchObject([{ id }]);
    expect((await get('?state=done')).json.items).toEqual([]);
    expect((await api.state.store.loadDeletionDesk(PLACE)).kept).toMatchObject([{ tag: 'gone-1' }]);
    expect((await post(`${id}/restore`)).json.state).toBe('restored');
    expect((await audit())[0]).toMatchObject({ action: 'deletions.restore', request: { deletion: id } });
  }, 30_000);

  it('copies a tag from the primary where the secondary has its content no more', async () => {
    const content = ociImage('on the primary only');
    seed(api.primary.storage, 'team/app', content, 'other-name');
    const id = await deleted('gone-2', content);

    const { json } = await post(`${id}/restore`);

    expect([json.state, json.restore]).toMatchObject(['restored', { content: 'primary' }]);
    expect(api.secondary.storage.tags(MIRROR).get('gone-2')).toBe(content.root.digest);
  }, 30_000);

  it('is refused where nobody has the content any more, and says so', async () => {
    const id = await deleted('gone-3', ociImage('nowhere'));

    const { status, json } = await post(`${id}/restore`);

    expect([status, json.code]).toEqual([409, 'CONFLICT']);
    expect(json.detail).toMatch(/the secondary does not have the content .* and the primary neither/);
    expect((await get(`/${id}`)).json).toMatchObject({ state: 'done', restore: { state: 'refused' } });
    expect((await api.state.store.loadDeletionDesk(PLACE)).kept).toEqual([]);
  }, 30_000);

  it('puts nothing over what somebody else has put there, or over what the primary has', async () => {
    seed(api.secondary.storage, MIRROR, ociImage('pushed since'), 'gone-4');
    seed(api.primary.storage, 'team/app', ociImage('pushed again'), 'gone-5');

    const taken = await post(`${await deleted('gone-4', ociImage('before'))}/restore`);
    const again = await post(`${await deleted('gone-5', ociImage('before'))}/restore`);

    expect(taken.json).toMatchObject({ status: 409, detail: expect.stringContaining('other content') });
    expect(again.json).toMatchObject({
      status: 409,
      detail: expect.stringContaining('the primary has the tag'),
    });
  }, 30_000);

  it('waits for the end of the deletion, and needs one that there is', async () => {
    const id = await deleted('gone-6', ociImage('before'), 'deleted');
    expect((await post(`${id}/restore`)).json).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect((await get('?state=unfinished')).json.items).toMatchObject([{ id }]);
    expect((await post('nobody/restore')).json).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });
});
