import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Secret } from '../../../src/config/secret.ts';
import { retryDelaySeconds } from '../../../src/jobs/retry-delay.ts';
import { parseRepositoryName } from '../../../src/oci/reference.ts';
import type { LinkReport } from '../../../src/planning/cycle-report.ts';
import { failedRepository } from '../../../src/reconciliation/failed-repository.ts';
import type { CycleWish, LinkCycleRecord } from '../../../src/state/link-cycle.ts';
import { openState } from '../../../src/state/open-state.ts';
import type { OpenState } from '../../../src/state/opened-state.ts';
import type { Claim, ClaimedRun, RunEnd } from '../../../src/state/repository-run.store.ts';
import type { ServiceStores } from '../../../src/state/service-stores.ts';
import { runStatement, startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { cycleReport, linkReport, repositoryRecord } from '../state/state-samples.ts';

let postgres: PostgresHarness;
let state: OpenState;
let stores: ServiceStores;
let url: string;
let link: string;

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.freshDatabase();
  state = await openState({ kind: 'postgres', url: new Secret(url) }, 'read-write', () => undefined);
  stores = state.service!;
}, 60_000);

afterAll(async () => {
  await state.close();
  await postgres.stop();
});

beforeEach(() => {
  link = `link-${randomUUID()}`;
});

function wish(of: Partial<CycleWish> = {}): CycleWish {
  return { link, cause: 'schedule', work: { command: 'sync', mode: 'diff' }, scope: { kind: 'all' }, ...of };
}

const EMPTY_LISTING = { failures: {}, refused: [], requestsPrimary: 1, requestsSecondaries: { us: 1 } };

/** A cycle under way over repositories that wait. */
async function copying(...names: string[]): Promise<LinkCycleRecord> {
  await stores.cycles.request(wish());
  const cycle = await stores.cycles.startNext(link);
  const items = names.map((name) => ({ name, namedBy: 'catalog' as const, tags: [] }));
  await stores.cycles.recordListing(cycle!, items, EMPTY_LISTING);
  return cycle!;
}

async function claim(repository: string, seconds = 30): Promise<Claim> {
  return await stores.runs.claim({ link, repository }, { owner: randomUUID(), seconds });
}

async function claimed(repository: string, seconds = 30): Promise<ClaimedRun> {
  const answer = await claim(repository, seconds);
  expect(answer.kind).toBe('claimed');
  return (answer as Extract<Claim, { kind: 'claimed' }>).run;
}

function ended(of: Partial<RunEnd> = {}): RunEnd {
  const report = failedRepository('team/app', 'NETWORK', 'for the test');
  const results = [{ secondary: 'us', report, requestsPrimary: 2, requestsSecondary: 3 }];
  return { results, wanted: {}, state: 'synced', retryAfterSeconds: null, ...of };
}

async function work(repository: string): Promise<Record<string, unknown>> {
  const [row] = await runStatement(
    url,
    `SELECT state, dirty, retry_count, retry_at, lease_owner FROM repository_work
     WHERE link = '${link}' AND repository = '${repository}'`,
  );
  return row ?? {};
}

describe('cycles of a link', () => {
  it('coalesce while they wait: the same cycle is answered, and does all that was asked for', async () => {
    const named = { kind: 'some', due: 'only-named', patterns: ['team/app'], tags: [] } as const;

    const first = await stores.cycles.request(wish({ scope: named }));
    const second = await stores.cycles.request(wish({ cause: 'operator' }));

    expect(second).toMatchObject({ id: first.id, cause: 'operator', scope: { kind: 'all' } });
  });

  it('coalesce also when twenty are asked for at the same moment', async () => {
    const cycles = await Promise.all(Array.from({ length: 20 }, () => stores.cycles.request(wish())));

    expect(new Set(cycles.map(({ id }) => id)).size).toBe(1);
  });

  it('do not overlap: what is asked for during one is the follow-up', async () => {
    await stores.cycles.request(wish());
    const running = await stores.cycles.startNext(link);
    const followUp = await stores.cycles.request(wish());

    const started = await Promise.all([stores.cycles.startNext(link), stores.cycles.startNext(link)]);
    await stores.cycles.finish(running!.id);
    const next = await stores.cycles.startNext(link);

    expect(followUp.id).not.toBe(running!.id);
    expect(started.map((cycle) => cycle?.id)).toEqual([running!.id, running!.id]);
    expect(next?.id).toBe(followUp.id);
  });

  it('do not begin while the link is paused', async () => {
    await stores.links.pause(link);
    await stores.cycles.request(wish());

    const paused = await stores.cycles.startNext(link);
    await stores.links.resume(link);
    const resumed = await stores.cycles.startNext(link);

    expect(paused).toBeUndefined();
    expect(resumed?.status).toBe('listing');
  });

  it('are listed by one process, until it has been silent for too long', async () => {
    await stores.cycles.request(wish());
    const cycle = await stores.cycles.startNext(link);

    const taken = [
      await stores.cycles.takeListing(cycle!.id, 30),
      await stores.cycles.takeListing(cycle!.id, 30),
      await stores.cycles.takeListing(cycle!.id, 0),
    ];

    expect(taken).toEqual([true, false, true]);
  });

  it('are over at once when they are cancelled before they began', async () => {
    const cycle = await stores.cycles.request(wish());

    await stores.cycles.cancel(cycle.id);

    expect(await stores.cycles.startNext(link)).toBeUndefined();
    expect((await stores.cycles.load(cycle.id))?.status).toBe('finished');
  });

  it('take one firing of the schedule, however many replicas fire', async () => {
    const taken = await Promise.all(Array.from({ length: 5 }, () => stores.links.takeFiring(link, 60)));

    expect(taken.filter(Boolean)).toHaveLength(1);
  });
});

describe('the lease of a repository', () => {
  it('is had by one of ten that ask for it', async () => {
    await copying('team/app');

    const claims = await Promise.all(Array.from({ length: 10 }, () => claim('team/app')));

    expect(claims.map(({ kind }) => kind).toSorted()).toEqual([...Array<string>(9).fill('busy'), 'claimed']);
  });

  it('goes to the next one when it runs out, and the one before can neither renew it nor write', async () => {
    await copying('team/app');
    const dead = await claimed('team/app', 0);

    const next = await claimed('team/app');

    expect(next.fence).toBeGreaterThan(dead.fence);
    expect(await stores.runs.renew([dead, next], 30)).toEqual(new Set([next]));
    expect(await stores.runs.finish(dead, ended())).toBe('lost');
    expect(await work('team/app')).toMatchObject({ state: 'running', lease_owner: next.owner });
  });

  it('is given back by a run that came to nothing, and the repository still waits', async () => {
    await copying('team/app');
    await stores.runs.abandon(await claimed('team/app'));

    expect(await work('team/app')).toMatchObject({ state: 'pending', lease_owner: null });
    expect((await claim('team/app')).kind).toBe('claimed');
  });

  it('is not given for a repository that no cycle waits for, nor for a cancelled cycle', async () => {
    const cycle = await copying('team/app');
    await stores.cycles.cancel(cycle.id);

    expect((await claim('team/other')).kind).toBe('nothing-to-do');
    expect((await claim('team/app')).kind).toBe('nothing-to-do');
    expect(await stores.runs.cancelled([cycle.id])).toEqual(new Set([cycle.id]));
  });
});

describe('the end of a run', () => {
  it('is another run when the repository was marked dirty on the way, and the mark goes when that begins', async () => {
    await copying('team/app');
    const run = await claimed('team/app');
    await stores.runs.markDirty(link, ['team/app'], 'event');

    const first = await stores.runs.finish(run, ended());
    const again = await claimed('team/app');
    const second = await stores.runs.finish(again, ended());

    expect([first, second]).toEqual(['again', 'done']);
    expect(again.results).toHaveLength(1);
    expect(await work('team/app')).toMatchObject({ state: 'synced', dirty: false });
  });

  it('comes in spite of a repository that changes all the time; the mark stays for the follow-up', async () => {
    await copying('team/app');
    const finishes: string[] = [];
    for (let run = 0; run < 3; run++) {
      const lease = await claimed('team/app');
      await stores.runs.markDirty(link, ['team/app'], 'event');
      finishes.push(await stores.runs.finish(lease, ended()));
    }

    expect(finishes).toEqual(['again', 'again', 'done']);
    expect(await stores.runs.due(link)).toEqual(['team/app']);
  });

  it('counts failures up, which only a success resets', async () => {
    const counts: unknown[] = [];
    const failed = ended({ state: 'failed', retryAfterSeconds: 900 });
    for (const end of [failed, failed, ended()]) {
      const cycle = await copying('team/app');
      await stores.runs.finish(await claimed('team/app'), end);
      counts.push((await work('team/app')).retry_count);
      await stores.cycles.finish(cycle.id);
    }

    expect(counts).toEqual([1, 2, 0]);
    expect(await work('team/app')).toMatchObject({ state: 'synced', retry_at: null });
  });

  it('is due again when its retry is, and a mark on a finished repository opens it again while copies run', async () => {
    await copying('team/app', 'team/web');
    await stores.runs.finish(await claimed('team/app'), ended({ state: 'failed', retryAfterSeconds: 0 }));

    expect(await stores.runs.due(link)).toEqual(['team/app']);
    expect(await stores.runs.markDirty(link, ['team/app', 'team/web'], 'event')).toEqual(['team/app']);
  });
});

describe('the deletion wave', () => {
  it('begins when the last copy is done, with the repositories that have something to delete', async () => {
    const cycle = await copying('team/app', 'team/web');
    await stores.runs.finish(await claimed('team/app'), ended({ wanted: { us: 3 } }));
    const early = await stores.cycles.beginDeletions(cycle.id);
    await stores.runs.finish(await claimed('team/web'), ended());

    const begun = await stores.cycles.beginDeletions(cycle.id);

    expect([early, begun]).toEqual([0, 1]);
    expect((await stores.cycles.waitingItems(cycle.id)).map(({ name }) => name)).toEqual(['team/app']);
    expect((await claimed('team/app')).phase).toBe('delete');
  });

  it('adds up what all repositories want, and counts what was granted to a run that died as deleted', async () => {
    const cycle = await copying('team/app', 'team/web');
    await stores.runs.finish(await claimed('team/app'), ended({ wanted: { us: 3 } }));
    await stores.runs.finish(await claimed('team/web'), ended({ wanted: { us: 4 } }));
    await stores.cycles.beginDeletions(cycle.id);
    const dead = await claimed('team/app', 0);

    const asReported = await stores.runs.takeDeletions(dead, 'us', 3);
    const grown = await stores.runs.takeDeletions(await claimed('team/web'), 'us', 6);
    const repeated = await stores.runs.takeDeletions(await claimed('team/app'), 'us', 2);

    expect([asReported, grown, repeated]).toEqual([7, 9, 11]);
  });
});

describe('history', () => {
  /** Ends a cycle, requested days ago, with its report. */
  async function past(
    daysAgo: number,
    of: Partial<LinkReport> = {},
    scope?: CycleWish['scope'],
  ): Promise<string> {
    await stores.cycles.request(wish(scope === undefined ? {} : { scope }));
    const { id } = (await stores.cycles.startNext(link))!;
    const report = linkReport([], { link, outcome: 'in-sync', ...of });
    await state.store.cycleFinished({ ...cycleReport(id, [report]), outcome: report.outcome });
    await stores.cycles.finish(id);
    await runStatement(
      url,
      `UPDATE link_cycle SET requested_at = now() - make_interval(days => ${daysAgo}) WHERE id = '${id}'`,
    );
    return id;
  }

  async function kept(ids: readonly string[]): Promise<readonly string[]> {
    const rows = await Promise.all(
      ids.map(async (id) => {
        const cycle = await stores.cycles.load(id);
        const report = await state.store.loadCycle(id);
        expect(report === undefined).toBe(cycle === undefined);
        return cycle === undefined ? [] : [id];
      }),
    );
    return rows.flat();
  }

  it('keeps the newest cycles of a link and drops those before, with their reports', async () => {
    const ids = [await past(3), await past(2), await past(1)];

    await stores.history.prune(link, { days: 30, cyclesPerLink: 2 });

    expect(await kept(ids)).toEqual(ids.slice(1));
  });

  it('drops what is too old, also of other links', async () => {
    const ids = [await past(40), await past(31), await past(29), await past(1)];

    await stores.history.prune('another-link', { days: 30, cyclesPerLink: 1 });

    expect(await kept(ids)).toEqual(ids.slice(2));
  });

  it('keeps the last cycle, and the last one that left all of the link in sync, however old', async () => {
    const some = { kind: 'some', due: 'only-named', patterns: ['team/app'], tags: [] } as const;
    const old = await past(200);
    const success = await past(100);
    const ids = [
      await past(90, {}, some),
      await past(80, { outcome: 'failed' }),
      await past(70, { outcome: 'failed' }),
    ];

    await stores.history.prune(link, { days: 30, cyclesPerLink: 1 });

    expect(await kept([old, success, ...ids])).toEqual([success, ids[2]]);
  });

  it('keeps what waits or is under way', async () => {
    const { id: running } = await copying('team/app');
    const { id: waiting } = await stores.cycles.request(wish());
    await runStatement(
      url,
      `UPDATE link_cycle SET requested_at = now() - interval '90 days' WHERE link = '${link}'`,
    );

    await stores.history.prune(link, { days: 30, cyclesPerLink: 0 });

    expect((await stores.cycles.load(running))?.id).toBe(running);
    expect((await stores.cycles.load(waiting))?.id).toBe(waiting);
  });
});

describe('retries', () => {
  it('come later and later, up to an hour, until an operator asks', async () => {
    const delays: number[] = [];
    for (let failures = 1; failures <= 12; failures++) {
      const cycle = await copying('team/app');
      const run = await claimed('team/app');
      const retryAfterSeconds = retryDelaySeconds(run.retryCount + 1, 0);
      await stores.runs.finish(run, ended({ state: 'failed', retryAfterSeconds }));
      await stores.cycles.finish(cycle.id);
      const [row] = await runStatement(
        url,
        `SELECT retry_count, round(extract(epoch FROM retry_at - changed_at))::integer AS delay
         FROM repository_work WHERE link = '${link}'`,
      );
      expect(row?.retry_count).toBe(failures);
      delays.push(Number(row?.delay));
    }

    expect(delays).toEqual([15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]);
    await stores.cycles.request(wish({ cause: 'operator' }));
    const cycle = await stores.cycles.startNext(link);
    await stores.cycles.recordListing(
      cycle!,
      [{ name: 'team/app', namedBy: 'catalog', tags: [] }],
      EMPTY_LISTING,
    );
    expect(await work('team/app')).toMatchObject({ retry_count: 0, retry_at: null });
  });

  it('are not reset by the schedule, by an event, or by a run that failed again', async () => {
    const failed = ended({ state: 'failed', retryAfterSeconds: 900 });
    const counts: unknown[] = [];
    for (const cause of ['schedule', 'event', 'retry'] as const) {
      await stores.cycles.request(wish({ cause }));
      const cycle = await copying('team/app');
      await stores.runs.markDirty(link, ['team/app'], 'event');
      await stores.runs.finish(await claimed('team/app'), failed);
      await stores.cycles.finish(cycle.id);
      counts.push((await work('team/app')).retry_count);
    }

    expect(counts).toEqual([1, 2, 3]);
  });
});

describe('what the run of a repository is told of the time before it', () => {
  it('is that an event announced a change, until a run has come to its end', async () => {
    await copying('team/app');
    await stores.runs.markDirty(link, ['team/app'], 'event');
    const cutOff = await claimed('team/app');
    await stores.runs.abandon(cutOff);
    const first = await claimed('team/app');
    await stores.runs.finish(first, ended());
    await stores.runs.markDirty(link, ['team/app'], 'doubt');
    await stores.runs.markDirty(link, ['team/app'], 'question');
    const second = await claimed('team/app');

    expect([cutOff, first, second].map(({ announced }) => announced)).toEqual([
      'by-event',
      'by-event',
      'not',
    ]);
  });

  it('is that a run was cut off or its process died, until one has come to its end', async () => {
    await copying('team/app');
    const dead = await claimed('team/app', 0);
    const afterDeath = await claimed('team/app');
    await stores.runs.abandon(afterDeath);
    const afterAbort = await claimed('team/app');
    await stores.runs.markDirty(link, ['team/app'], 'doubt');
    await stores.runs.finish(afterAbort, ended());
    const clean = await claimed('team/app');

    expect([dead, afterDeath, afterAbort, clean].map(({ history }) => history)).toEqual([
      'clean',
      'interrupted',
      'interrupted',
      'clean',
    ]);
  });
});

describe('a cycle of some tags', () => {
  it('leaves the mark, the retry and the state of the repository as they are', async () => {
    await stores.runs.markDirty(link, ['team/app'], 'doubt');
    await stores.cycles.request(wish());
    const cycle = await stores.cycles.startNext(link);
    const items = [{ name: 'team/app', namedBy: 'catalog' as const, tags: ['v1', 'v2'] }];
    await stores.cycles.recordListing(cycle!, items, EMPTY_LISTING);
    const run = await claimed('team/app');
    const finish = await stores.runs.finish(run, ended({ state: 'failed', retryAfterSeconds: 1 }));

    expect(run.repository.tags).toEqual(['v1', 'v2']);
    expect(finish).toBe('done');
    expect(await stores.runs.due(link)).toEqual(['team/app']);
    expect(await stores.cycles.progress(cycle!.id)).toMatchObject({ waiting: 0 });
  });
});

describe('a recopy that was asked for while a cycle waits', () => {
  it('is a cycle of its own, and joins the next one that asks for the same', async () => {
    const diff = await stores.cycles.request(wish());
    const work = { command: 'sync', mode: 'recopy' } as const;
    const scope = { kind: 'some', due: 'only-named', patterns: ['team/app'], tags: ['v1'] } as const;
    const recopy = await stores.cycles.request(wish({ work, scope }));
    const joined = await stores.cycles.request(wish({ work, scope: { ...scope, patterns: ['team/web'] } }));

    expect(recopy.id).not.toBe(diff.id);
    expect(joined).toMatchObject({
      id: recopy.id,
      work,
      scope: { ...scope, patterns: ['team/app', 'team/web'] },
    });
  });
});

describe('a run that only tries again', () => {
  const DUE = { kind: 'some', due: 'with-due', patterns: [], tags: [] } as const;

  async function save(secondary: string, outcome: 'in-sync' | 'partial'): Promise<void> {
    await state.store.saveRepository(
      { link, secondary, primaryRepository: parseRepositoryName('team/app') },
      {
        repository: repositoryRecord({ outcome, reason: null, message: null }),
        changedTags: [],
        forgottenTags: [],
      },
    );
  }

  /** A cycle in which one secondary failed, and the other did not. */
  async function failedOnAsia(): Promise<void> {
    const cycle = await copying('team/app');
    const run = await claimed('team/app');
    await save('us', 'in-sync');
    await save('asia', 'partial');
    await stores.runs.finish(run, ended({ state: 'failed', retryAfterSeconds: 0 }));
    await stores.cycles.finish(cycle.id);
  }

  async function next(of: Partial<CycleWish>): Promise<ClaimedRun> {
    await stores.cycles.request(wish(of));
    const cycle = await stores.cycles.startNext(link);
    await stores.cycles.recordListing(
      cycle!,
      [{ name: 'team/app', namedBy: 'catalog', tags: [] }],
      EMPTY_LISTING,
    );
    return await claimed('team/app');
  }

  it('leaves secondaries alone that were in sync', async () => {
    await failedOnAsia();

    expect((await next({ cause: 'retry', scope: DUE })).settled).toEqual(new Set(['us']));
  });

  it.each([
    ['the schedule', async () => await next({})],
    ['an operator', async () => await next({ cause: 'operator', scope: { ...DUE, patterns: ['team/app'] } })],
    [
      'an event',
      async () => {
        await stores.runs.markDirty(link, ['team/app'], 'event');
        return await next({ cause: 'event', scope: DUE });
      },
    ],
    [
      'a doubt',
      async () => {
        await stores.runs.markDirty(link, ['team/app'], 'doubt');
        return await next({ cause: 'retry', scope: DUE });
      },
    ],
    [
      'a run before it that was cut off',
      async () => {
        await stores.runs.markDirty(link, ['team/app'], 'doubt');
        await stores.runs.abandon(await next({ cause: 'retry', scope: DUE }));
        return await claimed('team/app');
      },
    ],
    [
      'a recopy',
      async () => await next({ cause: 'retry', scope: DUE, work: { command: 'sync', mode: 'recopy' } }),
    ],
  ])('looks at all of them because of %s', async (_why, begin) => {
    await failedOnAsia();

    expect((await begin()).settled).toEqual(new Set());
  });
});
