import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Secret } from '../../../src/config/secret.ts';
import { parseRepositoryName } from '../../../src/oci/reference.ts';
import type { LinkReport } from '../../../src/planning/cycle-report.ts';
import type { RepositoryRecord, TagRecord } from '../../../src/planning/repository-memory.ts';
import { failedRepository } from '../../../src/reconciliation/failed-repository.ts';
import type { CycleScope, StoredListing } from '../../../src/state/link-cycle.ts';
import { openState } from '../../../src/state/open-state.ts';
import type { OpenState } from '../../../src/state/opened-state.ts';
import type { ClaimedRun, RunEnd } from '../../../src/state/repository-run.store.ts';
import type { ServiceStores, Views } from '../../../src/state/service-stores.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import {
  cycleReport,
  digestOfText,
  linkReport,
  repositoryRecord,
  tagRecord,
} from '../state/state-samples.ts';

const SECONDARIES = ['us', 'asia'];
const TODAY = new Date(Date.now());
const ALL: CycleScope = { kind: 'all' };

let postgres: PostgresHarness;
let state: OpenState;
let stores: ServiceStores;
let views: Views;
let url: string;
let link: string;

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.freshDatabase();
  state = await openState({ kind: 'postgres', url: new Secret(url) }, 'read-write', () => undefined);
  stores = state.service!;
  views = stores.views;
}, 60_000);

afterAll(async () => {
  await state.close();
  await postgres.stop();
});

beforeEach(() => {
  link = `link-${randomUUID()}`;
});

function named(secondaries: readonly string[] = SECONDARIES) {
  return { link, secondaries };
}

function secondsAgo(seconds: number): Date {
  return new Date(TODAY.getTime() - seconds * 1000);
}

/** A cycle under way over these repositories. */
async function begin(
  names: readonly string[],
  options: { readonly scope?: CycleScope; readonly failures?: StoredListing['failures'] } = {},
): Promise<string> {
  const { scope = ALL, failures = {} } = options;
  await stores.cycles.request({ link, cause: 'schedule', work: { command: 'sync', mode: 'diff' }, scope });
  const cycle = await stores.cycles.startNext(link);
  const items = names.map((name) => ({ name, namedBy: 'catalog' as const, tags: [] }));
  await stores.cycles.recordListing(cycle!, items, {
    failures,
    refused: [],
    requestsPrimary: 1,
    requestsSecondaries: { us: 1, asia: 1 },
  });
  return cycle!.id;
}

async function claim(repository: string): Promise<ClaimedRun> {
  const answer = await stores.runs.claim({ link, repository }, { owner: randomUUID(), seconds: 30 });
  expect(answer.kind).toBe('claimed');
  return (answer as Extract<typeof answer, { kind: 'claimed' }>).run;
}

const SYNCED: RunEnd = { results: [], wanted: {}, state: 'synced', retryAfterSeconds: null };

/** Writes down what was found of a repository on one secondary. */
async function save(
  repository: string,
  secondary: string,
  of: { readonly record?: Partial<RepositoryRecord>; readonly tags?: readonly TagRecord[] } = {},
): Promise<void> {
  const record = {
    outcome: 'in-sync',
    reason: null,
    message: null,
    lastSuccessAt: TODAY,
    ...of.record,
  } as const;
  await state.store.saveRepository(
    { link, secondary, primaryRepository: parseRepositoryName(repository) },
    { repository: repositoryRecord(record), changedTags: of.tags ?? [], forgottenTags: [] },
  );
}

/** A whole run that found a repository as `save` was told. */
async function run(repository: string, end: RunEnd, saves: () => Promise<void>): Promise<void> {
  const claimed = await claim(repository);
  await saves();
  await stores.runs.finish(claimed, end);
}

async function finish(cycleId: string, reports: readonly Partial<LinkReport>[] = [{}]): Promise<void> {
  const links = reports.map((report) => linkReport([], { link, outcome: 'in-sync', ...report }));
  await state.store.cycleFinished({
    ...cycleReport(cycleId, links),
    startedAt: secondsAgo(1).toISOString(),
    finishedAt: new Date(Date.now()).toISOString(),
    outcome: links[0]?.outcome ?? 'in-sync',
  });
  await stores.cycles.finish(cycleId);
}

async function statesOf(): Promise<unknown> {
  const page = await views.repositories.page(named(), { state: null, after: null, limit: 10 });
  return Object.fromEntries(
    page.map(({ repository, secondaries }) => [repository, secondaries.map((each) => each.state)]),
  );
}

describe('where a repository stands', () => {
  it('is told of each secondary, before, during and after its run', async () => {
    await begin(['team/app']);
    const before = await statesOf();
    const claimed = await claim('team/app');
    const during = await statesOf();
    await save('team/app', 'us');
    await save('team/app', 'asia', { record: { outcome: 'partial' } });
    await stores.runs.finish(claimed, { ...SYNCED, state: 'failed', retryAfterSeconds: 900 });

    expect([before, during, await statesOf()]).toEqual([
      { 'team/app': ['pending', 'pending'] },
      { 'team/app': ['running', 'running'] },
      { 'team/app': ['synced', 'failed'] },
    ]);
  });

  it('is told of a secondary that is through while a slower one is still worked on, unless that was another run', async () => {
    const first = await begin(['team/app']);
    await run('team/app', SYNCED, async () => {
      await save('team/app', 'us', { record: { lastCycleId: first, lastFinishedAt: secondsAgo(-60) } });
    });
    await finish(first);
    const cycle = await begin(['team/app']);
    const claimed = await claim('team/app');
    const before = await statesOf();
    await save('team/app', 'us', { record: { lastCycleId: cycle, lastFinishedAt: secondsAgo(-60) } });
    const between = await statesOf();
    await stores.runs.markDirty(link, ['team/app'], 'event');
    const changed = await statesOf();
    await stores.runs.finish(claimed, SYNCED);

    expect([before, between, changed]).toEqual([
      { 'team/app': ['running', 'running'] },
      { 'team/app': ['synced', 'running'] },
      { 'team/app': ['pending', 'running'] },
    ]);
  });

  it('is pending when its process died, and when something changed', async () => {
    await begin(['team/app', 'team/web']);
    await stores.runs.claim({ link, repository: 'team/app' }, { owner: 'dead', seconds: 0 });
    await run('team/web', SYNCED, async () => {
      await save('team/web', 'us');
      await save('team/web', 'asia');
    });
    await stores.runs.markDirty(link, ['team/web'], 'event');

    expect(await statesOf()).toEqual({
      'team/app': ['pending', 'pending'],
      'team/web': ['pending', 'pending'],
    });
  });

  it('is failed on a secondary that is out of reach, whatever it was before, until it is reached again', async () => {
    const failure = { side: 'secondary', reason: 'NETWORK', message: 'refused' } as const;
    const first = await begin(['team/app']);
    await run('team/app', SYNCED, async () => {
      await save('team/app', 'us');
      await save('team/app', 'asia');
    });
    await finish(first, [{ secondary: 'us' }, { secondary: 'asia', outcome: 'failed', failure }]);
    const out = await views.repositories.load(named(), 'team/app');
    await finish(await begin([], { scope: { kind: 'some', due: 'only-named', patterns: [], tags: [] } }), [
      { secondary: 'us' },
      { secondary: 'asia' },
    ]);

    expect(out?.secondaries).toMatchObject([
      { secondary: 'us', state: 'synced', failure: null },
      { secondary: 'asia', state: 'failed', failure: { reason: 'NETWORK', message: 'secondary: refused' } },
    ]);
    expect(await statesOf()).toEqual({ 'team/app': ['synced', 'synced'] });
  });

  it('is not told of one that the primary has no longer', async () => {
    await finish(await begin(['team/app', 'team/gone']));
    await save('team/gone', 'us', {
      tags: [tagRecord('v1', { state: 'failed', firstSeenDifferentAt: secondsAgo(99) })],
    });
    await finish(await begin(['team/app']));

    expect(await views.repositories.load(named(), 'team/gone')).toBeUndefined();
    expect(Object.keys((await statesOf()) as object)).toEqual(['team/app']);
    expect((await views.links.load(named())).secondaries[0]).toMatchObject({ tags: { failed: 0 } });
  });

  it('is told although a listing that was not complete did not name it', async () => {
    await finish(await begin(['team/app']));
    const failure = { side: 'primary', reason: 'NETWORK', message: 'refused' } as const;
    await finish(await begin([], { failures: { us: failure, asia: failure } }));

    expect(Object.keys((await statesOf()) as object)).toEqual(['team/app']);
  });

  it.each([
    [null, ['a', 'b', 'c']],
    ['failed', ['b']],
    ['synced', ['a', 'b']],
    ['pending', ['c']],
  ] as const)('is what a list can be narrowed to: %s', async (wanted, expected) => {
    await begin(['a', 'b', 'c']);
    await run('a', SYNCED, async () => {
      await save('a', 'us');
      await save('a', 'asia');
    });
    await run('b', { ...SYNCED, state: 'failed', retryAfterSeconds: 9 }, async () => {
      await save('b', 'us', { record: { outcome: 'failed', reason: 'TIMEOUT', message: 'late' } });
      await save('b', 'asia');
    });

    const page = await views.repositories.page(named(), { state: wanted, after: null, limit: 10 });

    expect(page.map(({ repository }) => repository)).toEqual(expected);
  });

  it('comes in pages that sort by bytes, and each repository once', async () => {
    const names = ['b', 'a-b', 'a.b', 'a/b', 'a0', 'a_b', 'aa'];
    await begin(names);
    const seen: string[] = [];
    for (let after: string | null = null; ;) {
      const page = await views.repositories.page(named(), { state: 'pending', after, limit: 2 });
      seen.push(...page.map(({ repository }) => repository));
      after = page.at(-1)?.repository ?? null;
      if (page.length < 2) break;
    }

    expect(seen).toEqual(names.toSorted());
  });

  it('says why it failed, how often, and when it is tried again', async () => {
    await begin(['team/app']);
    await run('team/app', { ...SYNCED, state: 'failed', retryAfterSeconds: 900 }, async () => {
      await save('team/app', 'us', { record: { outcome: 'failed', reason: 'TIMEOUT', message: 'late' } });
    });

    const view = await views.repositories.load(named(), 'team/app');

    expect(view).toMatchObject({ retryCount: 1, retryAt: expect.any(Date) });
    expect(view?.secondaries[0]).toMatchObject({ failure: { reason: 'TIMEOUT', message: 'late' } });
    expect(view?.secondaries[1]).toMatchObject({ failure: null, outcome: null, lastCycleId: null });
  });
});

const HOSTILE_TAGS = ['__proto__', 'constructor', '_', 'A', 'a', 'a.b', 'a-b', 'x'.repeat(128)];

describe('the tags of a repository', () => {
  it('come in pages that sort by bytes, each with all of its secondaries, whatever they are called', async () => {
    await begin(['team/app']);
    await save('team/app', 'us', { tags: HOSTILE_TAGS.map((tag) => tagRecord(tag)) });
    await save('team/app', 'asia', { tags: [tagRecord('only-asia'), tagRecord('a', { state: 'missing' })] });
    const seen: [string, string[]][] = [];
    for (let after: string | null = null; ;) {
      const page = await views.repositories.tags(named(), 'team/app', { state: null, after, limit: 3 });
      seen.push(
        ...page.map(({ tag, secondaries }): [string, string[]] => [
          tag,
          secondaries.map(({ secondary }) => secondary),
        ]),
      );
      after = page.at(-1)?.tag ?? null;
      if (page.length < 3) break;
    }

    expect(seen.map(([tag]) => tag)).toEqual([...HOSTILE_TAGS, 'only-asia'].toSorted());
    expect(new Map(seen).get('a')).toEqual(['us', 'asia']);
    expect(new Map(seen).get('only-asia')).toEqual(['asia']);
  });

  it('can be narrowed to a state, and are counted', async () => {
    const different = { state: 'moved', firstSeenDifferentAt: secondsAgo(50) } as const;
    await begin(['team/app']);
    await save('team/app', 'us', {
      tags: [tagRecord('v1'), tagRecord('v2', different), tagRecord('__proto__', different)],
    });

    const tags = await views.repositories.tags(named(), 'team/app', {
      state: 'moved',
      after: null,
      limit: 9,
    });
    const view = await views.repositories.load(named(), 'team/app');

    expect(tags.map(({ tag }) => tag)).toEqual(['__proto__', 'v2']);
    expect(view?.secondaries[0]?.tags).toEqual({
      in_sync: 1,
      missing: 0,
      moved: 2,
      orphan: 0,
      held: 0,
      failed: 0,
    });
    expect(view?.secondaries[0]?.lagSeconds).toBeGreaterThanOrEqual(50);
    expect(view?.secondaries[0]?.lagSeconds).toBeLessThan(110);
  });
});

describe('the lag of a link', () => {
  async function lagOf(secondary: string): Promise<number> {
    const view = await views.links.load(named());
    return view.secondaries.find((each) => each.secondary === secondary)!.lagSeconds;
  }

  async function settled(tags: readonly TagRecord[]): Promise<void> {
    await begin(['team/app']);
    await run('team/app', SYNCED, async () => {
      await save('team/app', 'us', { tags });
      await save('team/app', 'asia', { tags: [] });
    });
  }

  it('is 0 where everything was found equal', async () => {
    await settled([tagRecord('v1')]);

    expect(await lagOf('us')).toBe(0);
  });

  it.each(['missing', 'moved', 'failed', 'held'] as const)(
    'is the age of the oldest tag that is %s',
    async (tagState) => {
      const different = (seconds: number) => ({ state: tagState, firstSeenDifferentAt: secondsAgo(seconds) });
      await settled([tagRecord('v1', different(10)), tagRecord('v2', different(500)), tagRecord('v3')]);

      expect(await lagOf('us')).toBeGreaterThanOrEqual(500);
      expect(await lagOf('us')).toBeLessThan(560);
      expect(await lagOf('asia')).toBe(0);
    },
  );

  it.each(['DELETIONS_OFF', 'REPORT_ONLY', 'REFERRER_OF_LIVE_SUBJECT'] as const)(
    'has no part of an orphan that is left in place: %s',
    async (reason) => {
      await settled([tagRecord('v1', { state: 'orphan', reason, firstSeenDifferentAt: secondsAgo(500) })]);

      expect(await lagOf('us')).toBe(0);
    },
  );

  it('grows from the first read that failed, whatever was true before', async () => {
    await settled([tagRecord('v1')]);
    const failed = { record: { outcome: 'failed', reason: 'TIMEOUT', message: 'late' } } as const;
    await save('team/app', 'us', failed);
    await runStatement(
      url,
      `UPDATE repository_state SET unread_since = now() - interval '300 s' WHERE link = '${link}' AND secondary = 'us'`,
    );
    await save('team/app', 'us', failed);
    const unread = await lagOf('us');
    await save('team/app', 'us');

    expect(unread).toBeGreaterThanOrEqual(300);
    expect(await lagOf('us')).toBe(0);
  });

  it('grows from the first listing of a repository that was never read', async () => {
    await begin(['team/new']);
    await runStatement(
      url,
      `UPDATE repository_work SET first_listed_at = now() - interval '200 s' WHERE link = '${link}'`,
    );

    expect(await lagOf('us')).toBeGreaterThanOrEqual(200);
  });

  it('grows from the first cycle that could not reach the secondary; a cancelled cycle says nothing', async () => {
    const failure = { side: 'secondary', reason: 'NETWORK', message: 'refused' } as const;
    await settled([]);
    for (const reason of ['NETWORK', 'TIMEOUT', 'CANCELLED'] as const) {
      const id = await begin([], {
        scope: { kind: 'some', due: 'only-named', patterns: [], tags: [] },
      }).catch(() => '');
      await finish(id, [{ outcome: 'failed', failure: { ...failure, reason } }]);
    }
    const view = (await views.links.load(named())).secondaries[0];

    expect(view).toMatchObject({ failure: { reason: 'TIMEOUT' }, unreachableSince: expect.any(Date) });
    expect(view!.lagSeconds).toBeGreaterThan(0);
  });
});

describe('a link', () => {
  it('that nobody has worked on has counts of 0 and no cycles', async () => {
    const view = await views.links.load(named());

    expect(view.state).toEqual({ pausedAt: null, retryCount: 0, retryAt: null });
    expect(view.secondaries.map(({ secondary }) => secondary)).toEqual(SECONDARIES);
    expect(view.secondaries[0]).toMatchObject({
      lagSeconds: 0,
      behindSince: null,
      lastCycle: null,
      lastSuccess: null,
      tags: { in_sync: 0, failed: 0 },
      repositories: { pending: 0, synced: 0 },
    });
  });

  it('names the last cycle, and the last one over all of it that left it in sync', async () => {
    const whole = await begin(['team/app']);
    await finish(whole, [{ secondary: 'us' }]);
    const narrow = await begin(['team/app'], {
      scope: { kind: 'some', due: 'only-named', patterns: ['team/app'], tags: [] },
    });
    await finish(narrow, [{ secondary: 'us' }]);

    expect((await views.links.load(named())).secondaries[0]).toMatchObject({
      lastCycle: { id: narrow, outcome: 'in-sync' },
      lastSuccess: { id: whole },
    });
  });
});

describe('what was verified', () => {
  it('is counted by what came of it; a tag that was only compared is in neither count', async () => {
    await begin(['team/app']);
    const deep = { lastVerifiedAt: TODAY, lastVerifiedDepth: 'content' } as const;
    await run('team/app', SYNCED, async () => {
      await save('team/app', 'us', {
        tags: [
          tagRecord('compared', { lastVerifiedAt: TODAY, lastVerifiedDepth: 'tag' }),
          tagRecord('good', deep),
          tagRecord('whole', { ...deep, lastVerifiedDepth: 'graph' }),
          tagRecord('rotten', { doubtedAt: TODAY }),
          tagRecord('was-good', { ...deep, doubtedAt: TODAY }),
        ],
      });
    });

    expect(await views.links.verified(named())).toEqual(
      expect.arrayContaining([
        { secondary: 'us', ok: 2, failed: 2 },
        { secondary: 'asia', ok: 0, failed: 0 },
      ]),
    );
  });
});

describe('the list of cycles', () => {
  it('has the newest first, in pages, and can be narrowed to an outcome', async () => {
    const ids: string[] = [];
    for (const outcome of ['in-sync', 'failed', 'in-sync', 'partial', 'in-sync'] as const) {
      const id = await begin(['team/app']);
      await finish(id, [{ outcome }]);
      ids.unshift(id);
    }
    const waiting = await stores.cycles.request({
      link,
      cause: 'operator',
      work: { command: 'sync', mode: 'diff' },
      scope: ALL,
    });
    const seen: string[] = [];
    for (let after = null; ;) {
      const page = await views.cycles.page({ link, outcome: null, after, limit: 2 });
      seen.push(...page.map(({ id }) => id));
      const last = page.at(-1);
      if (last === undefined || page.length < 2) break;
      after = { place: last.place, id: last.id } as never;
    }
    const good = await views.cycles.page({ link, outcome: 'in-sync', after: null, limit: 9 });

    expect(seen).toEqual([waiting.id, ...ids]);
    expect(good.map(({ id }) => id)).toEqual([ids[0], ids[2], ids[4]]);
    expect(await views.cycles.linkEnds(ids)).toHaveLength(5);
  });
});

describe('the ends of runs', () => {
  it('are told in their order, with what they came to, and added up', async () => {
    const id = await begin(['a', 'b', 'c']);
    for (const repository of ['b', 'a']) {
      const report = failedRepository(repository, 'NETWORK', 'refused');
      const results = SECONDARIES.map((secondary) => ({
        secondary,
        report,
        requestsPrimary: 1,
        requestsSecondary: 1,
      }));
      await stores.runs.finish(await claim(repository), { ...SYNCED, results });
    }

    const all = await views.cycles.ends(id, { place: '0', repository: '' }, 10);
    const rest = await views.cycles.ends(id, all[0]!, 10);

    expect(all.map(({ repository }) => repository)).toEqual(['b', 'a']);
    expect(rest.map(({ repository }) => repository)).toEqual(['a']);
    expect(all[0]?.results).toMatchObject([
      { secondary: 'us', outcome: 'failed', failure: { reason: 'NETWORK' }, totals: { failed: 1 } },
      { secondary: 'asia', outcome: 'failed' },
    ]);
    expect(await views.cycles.counts(id)).toEqual({ repositories: 3, done: 2 });
    expect(await views.cycles.totals(id)).toMatchObject([
      { secondary: 'asia', totals: { failed: 2, copied: 0 } },
      { secondary: 'us', totals: { failed: 2 } },
    ]);
  });
});

describe('what can be relied on about a tag', () => {
  const reference = { repository: 'team/app', tag: 'v1' };

  async function freshness(after: Date): Promise<boolean[]> {
    return (await views.risks.sightings(named(), reference, after)).map(({ isFresh }) => isFresh);
  }

  it('is nothing where the repository is not known', async () => {
    const sightings = await views.risks.sightings(named(), reference, new Date(0));

    expect(sightings).toEqual(
      SECONDARIES.map((secondary) =>
        expect.objectContaining({ secondary, isKnown: false, isFresh: false, state: null }),
      ),
    );
  });

  it('is what a run found that began after the question, and not one that only ended after it', async () => {
    await begin(['team/app']);
    const early = await claim('team/app');
    const askedAt = await views.risks.now();
    await stores.runs.markDirty(link, ['team/app'], 'event');
    const saves = async (): Promise<void> => {
      await save('team/app', 'us', { tags: [tagRecord('v1')] });
      await save('team/app', 'asia', { tags: [tagRecord('v1')] });
    };
    await saves();
    await stores.runs.finish(early, SYNCED);
    const before = await freshness(askedAt);
    await run('team/app', SYNCED, saves);

    expect(before).toEqual([false, false]);
    expect(await freshness(askedAt)).toEqual([true, true]);
    expect(await freshness(await views.risks.now())).toEqual([false, false]);
  });

  it('is nothing of a secondary that the run left out, or could not read', async () => {
    await begin(['team/app']);
    const askedAt = await views.risks.now();
    await save('team/app', 'us', { tags: [tagRecord('v1')] });
    await run('team/app', SYNCED, async () => {
      await save('team/app', 'asia', { record: { outcome: 'failed', reason: 'TIMEOUT', message: 'late' } });
    });

    expect(await freshness(askedAt)).toEqual([false, false]);
  });

  it('is nothing when a verification looked at it, which writes nothing down', async () => {
    await stores.cycles.request({
      link,
      cause: 'operator',
      work: { command: 'verify', depth: 'tag' },
      scope: ALL,
    });
    const cycle = await stores.cycles.startNext(link);
    const item = { name: 'team/app', namedBy: 'catalog', tags: [] } as const;
    await stores.cycles.recordListing(cycle!, [item], {
      failures: {},
      refused: [],
      requestsPrimary: 0,
      requestsSecondaries: {},
    });
    const askedAt = await views.risks.now();
    await run('team/app', SYNCED, async () => save('team/app', 'us', { tags: [tagRecord('v1')] }));

    expect(await freshness(askedAt)).toEqual([false, false]);
  });
});

describe('what the loss of the primary would cost', () => {
  const OPTIONS = { outdatedAfterSeconds: 900, limit: 3 };

  it('is every tag of the primary that is not in sync; what is there too much costs nothing', async () => {
    await begin(['team/app']);
    const since = (seconds: number) => ({ firstSeenDifferentAt: secondsAgo(seconds) });
    await run('team/app', SYNCED, async () => {
      await save('team/app', 'us', {
        tags: [
          tagRecord('ok'),
          tagRecord('gone', { state: 'missing', secondaryDigest: null, ...since(60) }),
          tagRecord('old', { state: 'moved', secondaryDigest: digestOfText('old'), ...since(300) }),
          tagRecord('torn', { state: 'failed', reason: 'TIMEOUT', message: 'late', ...since(10) }),
          tagRecord('extra', { state: 'orphan', primaryDigest: null, orphanSince: TODAY, ...since(900) }),
          tagRecord('stuck', { state: 'failed', primaryDigest: null, orphanSince: TODAY, ...since(900) }),
          tagRecord('kept', { state: 'held', primaryDigest: null, orphanSince: TODAY, ...since(900) }),
          tagRecord('rotten', { doubtedAt: secondsAgo(30) }),
        ],
      });
      await save('team/app', 'asia', { tags: [tagRecord('ok')] });
    });

    const [us, asia] = await views.risks.load(named(), OPTIONS);

    expect(us).toMatchObject({
      repositories: 1,
      tagsInSync: 1,
      lostTags: 3,
      doubtedTags: 1,
      unknownRepositories: 0,
      oldestDifferenceAt: secondsAgo(300),
      newestDifferenceAt: secondsAgo(10),
      tags: [
        { tag: 'gone' },
        { tag: 'old' },
        { tag: 'rotten', state: 'in_sync', differentSince: secondsAgo(30) },
      ],
    });
    expect(asia).toMatchObject({
      lostTags: 0,
      doubtedTags: 0,
      tagsInSync: 1,
      unknownRepositories: 0,
      listedAt: expect.any(Date),
    });
    expect(asia!.observationAgeSeconds).toBeLessThan(60);
  });

  it('is not known of repositories that were never read, cannot be read, or were read too long ago', async () => {
    await begin(['a', 'b', 'c', 'd']);
    await run('b', SYNCED, () =>
      save('b', 'us', { record: { outcome: 'failed', reason: 'TIMEOUT', message: 'late' } }),
    );
    await run('c', SYNCED, () => save('c', 'us'));
    await run('d', SYNCED, () => save('d', 'us'));
    await runStatement(
      url,
      `UPDATE repository_work SET observed_from = now() - interval '1000 s' WHERE link = '${link}' AND repository = 'c'`,
    );

    const [us] = await views.risks.load(named(['us']), { ...OPTIONS, limit: 9 });

    expect(us).toMatchObject({ repositories: 4, unknownRepositories: 3, neverRead: 1, unreadable: 1 });
    expect(us?.unknown).toMatchObject([
      { repository: 'a', kind: 'never-read' },
      { repository: 'b', kind: 'unreadable', reason: 'TIMEOUT', message: 'late' },
      { repository: 'c', kind: 'outdated' },
    ]);
    expect(us!.observationAgeSeconds).toBeGreaterThanOrEqual(1000);
  });

  it('is not known of a link that was never listed', async () => {
    const [us] = await views.risks.load(named(), OPTIONS);

    expect(us).toMatchObject({
      repositories: 0,
      listedAt: null,
      observedSince: null,
      observationAgeSeconds: null,
    });
  });
});
