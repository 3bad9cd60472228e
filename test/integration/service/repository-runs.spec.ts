import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { retryDelaySeconds } from '../../../src/jobs/retry-delay.ts';
import { WorkBench } from './work-bench.ts';

let bench: WorkBench;

beforeAll(async () => {
  bench = await WorkBench.start(['us', 'asia']);
}, 60_000);

afterAll(() => bench.stop());

beforeEach(() => bench.newLink());

const FAILED = { state: 'failed', retryAfterSeconds: 900 } as const;
const DUE = { kind: 'some', due: 'with-due', patterns: [], tags: [] } as const;

describe('the lease of a repository', () => {
  it('is had by one of ten that ask for it', async () => {
    const cycle = await bench.copying('team/app');

    const claims = await Promise.all(Array.from({ length: 10 }, () => bench.claim(cycle, 'team/app')));

    expect(claims.map(({ kind }) => kind).toSorted()).toEqual([...Array<string>(9).fill('busy'), 'claimed']);
  });

  it('goes to the next one when it runs out, and the one before can neither renew it nor write', async () => {
    const cycle = await bench.copying('team/app');
    const dead = await bench.claimed(cycle, 'team/app', { seconds: 0 });

    const next = await bench.claimed(cycle, 'team/app');
    const leases = [...dead.sides, ...next.sides];

    expect(next.sides[0]!.fence).toBeGreaterThan(dead.sides[0]!.fence);
    expect(await bench.stores.runs.renew(leases, 30)).toEqual(new Set(next.sides));
    expect(await bench.finish(dead)).toEqual(['lost', 'lost']);
    expect(await bench.work('team/app')).toMatchObject({
      state: 'running',
      lease_owner: next.sides[0]!.owner,
    });
  });

  it('is given back by a run that came to nothing, and the repository still waits', async () => {
    const cycle = await bench.copying('team/app');
    await bench.stores.runs.abandon((await bench.claimed(cycle, 'team/app')).sides);

    expect(await bench.work('team/app')).toMatchObject({ state: 'pending', lease_owner: null });
    expect((await bench.claim(cycle, 'team/app')).kind).toBe('claimed');
  });

  it('is not given for a repository that no cycle waits for, nor for a cancelled cycle', async () => {
    const cycle = await bench.copying('team/app');
    await bench.stores.cycles.cancel(cycle.id);

    expect((await bench.claim(cycle, 'team/other')).kind).toBe('nothing-to-do');
    expect((await bench.claim(cycle, 'team/app')).kind).toBe('nothing-to-do');
    expect(await bench.stores.runs.cancelled([cycle.id])).toEqual(new Set([cycle.id]));
  });

  it('is of each secondary by itself: what one has given back, another run may take', async () => {
    const cycle = await bench.copying('team/app');
    const run = await bench.claimed(cycle, 'team/app');
    await bench.finish(run, { secondaries: ['us'] });
    await bench.mark(['team/app'], 'event', ['us']);

    const again = await bench.claimed(cycle, 'team/app');
    const renewed = await bench.stores.runs.renew(run.sides, 30);

    expect(run.sides.map(({ secondary }) => secondary)).toEqual(['asia', 'us']);
    expect(again.sides.map(({ secondary }) => secondary)).toEqual(['us']);
    expect([...renewed].map(({ secondary }) => secondary)).toEqual(['asia']);
  });

  it('leaves a secondary out that has enough to do, and whoever asks for that one gets it', async () => {
    const cycle = await bench.copying('team/app');
    const without = await bench.claimed(cycle, 'team/app', { without: ['asia'] });
    await bench.finish(without);

    const left = await bench.stores.items.waiting(cycle.id);
    const rest = await bench.claimed(cycle, 'team/app', { secondary: 'asia' });

    expect(without.sides.map(({ secondary }) => secondary)).toEqual(['us']);
    expect(left).toEqual([{ name: 'team/app', retryCount: 0, secondary: 'asia' }]);
    expect(rest.sides.map(({ secondary }) => secondary)).toEqual(['asia']);
  });
});

describe('repositories that wait', () => {
  it('come once where all of their secondaries are at the same place, and not while somebody has them', async () => {
    const cycle = await bench.copying('team/app', 'team/web');
    const before = await bench.stores.items.waiting(cycle.id);
    await bench.claimed(cycle, 'team/app');

    expect(before).toEqual([
      { name: 'team/app', retryCount: 0, secondary: undefined },
      { name: 'team/web', retryCount: 0, secondary: undefined },
    ]);
    expect((await bench.stores.items.waiting(cycle.id)).map(({ name }) => name)).toEqual(['team/web']);
  });
});

describe('the end of a run', () => {
  it('is another run when the repository was marked dirty on the way, and the mark goes when that begins', async () => {
    const cycle = await bench.copying('team/app');
    const run = await bench.claimed(cycle, 'team/app');
    await bench.mark(['team/app']);

    const first = await bench.finish(run);
    const again = await bench.claimed(cycle, 'team/app');
    const second = await bench.finish(again);

    expect([first, second]).toEqual([
      ['again', 'again'],
      ['done', 'done'],
    ]);
    expect(again.sides.map(({ earlier }) => earlier?.secondary)).toEqual(['asia', 'us']);
    expect(await bench.work('team/app')).toMatchObject({ state: 'synced', dirty: false });
  });

  it('comes in spite of a repository that changes all the time; the mark stays for the follow-up', async () => {
    const cycle = await bench.copying('team/app');
    const finishes: unknown[] = [];
    for (let run = 0; run < 3; run++) {
      const lease = await bench.claimed(cycle, 'team/app');
      await bench.mark(['team/app']);
      finishes.push(...(await bench.finish(lease)));
    }

    expect(finishes).toEqual(['again', 'again', 'again', 'again', 'done', 'done']);
    expect(await bench.due()).toEqual(['team/app asia', 'team/app us']);
  });

  it('counts failures up, which only a success resets, on each secondary', async () => {
    const counts: unknown[] = [];
    for (const end of [FAILED, FAILED, {}]) {
      const cycle = await bench.copying('team/app');
      const run = await bench.claimed(cycle, 'team/app');
      await bench.finish(run, { ...end, secondaries: ['us'] });
      await bench.finish(run, { secondaries: ['asia'] });
      counts.push([
        (await bench.work('team/app')).retry_count,
        (await bench.work('team/app', 'asia')).retry_count,
      ]);
      await bench.end(cycle);
    }

    expect(counts).toEqual([
      [1, 0],
      [2, 0],
      [0, 0],
    ]);
    expect(await bench.work('team/app')).toMatchObject({ state: 'synced', retry_at: null });
  });

  it('is due again when its retry is, and a mark on a finished repository opens it again while copies run', async () => {
    const cycle = await bench.copying('team/app', 'team/web');
    const run = await bench.claimed(cycle, 'team/app');
    await bench.finish(run, { state: 'failed', retryAfterSeconds: 0, secondaries: ['asia'] });
    await bench.finish(run, { secondaries: ['us'] });

    expect(await bench.due()).toEqual(['team/app asia']);
    expect(await bench.mark(['team/app', 'team/web'])).toEqual(['team/app asia', 'team/app us']);
  });
});

describe('the deletion wave', () => {
  it('begins when the last copy is done, with the repositories that have something to delete', async () => {
    const cycle = await bench.copying('team/app', 'team/web');
    await bench.run(cycle, 'team/app', { wanted: 3 });
    const early = await bench.advance(cycle);
    await bench.run(cycle, 'team/web');

    const begun = await bench.advance(cycle);

    expect([early, begun]).toEqual([{ kind: 'going-on' }, { kind: 'deletions-began' }]);
    expect((await bench.stores.cycles.load(cycle.id))?.status).toBe('deleting');
    expect((await bench.stores.items.waiting(cycle.id)).map(({ name }) => name)).toEqual(['team/app']);
    expect((await bench.claimed(cycle, 'team/app')).phase).toBe('delete');
  });

  it('does not begin in a cycle that was cancelled', async () => {
    const cycle = await bench.copying('team/app');
    await bench.run(cycle, 'team/app', { wanted: 3 });
    await bench.stores.cycles.cancel(cycle.id);

    expect(await bench.advance(cycle)).toEqual({ kind: 'over' });
    expect((await bench.claim(cycle, 'team/app')).kind).toBe('nothing-to-do');
  });

  it('adds up what all repositories want, and counts what was granted to a run that died as deleted', async () => {
    const cycle = await bench.copying('team/app', 'team/web');
    await bench.run(cycle, 'team/app', { wanted: 3 });
    await bench.run(cycle, 'team/web', { wanted: 4 });
    await bench.advance(cycle);
    const granted = async (name: string, wanted: number, seconds: number): Promise<number> => {
      const { sides } = await bench.claimed(cycle, name, { seconds, secondary: 'us' });
      return await bench.stores.runs.takeDeletions(sides[0]!, wanted);
    };

    const asReported = await granted('team/app', 3, 0);
    const grown = await granted('team/web', 6, 30);
    const repeated = await granted('team/app', 2, 30);

    expect([asReported, grown, repeated]).toEqual([7, 9, 11]);
  });
});

describe('retries', () => {
  it('come later and later, up to an hour, until an operator asks', async () => {
    const delays: number[] = [];
    for (let failures = 1; failures <= 12; failures++) {
      const cycle = await bench.copying('team/app');
      const run = await bench.claimed(cycle, 'team/app');
      const retryAfterSeconds = retryDelaySeconds(run.sides[0]!.retryCount + 1, 0);
      await bench.finish(run, { state: 'failed', retryAfterSeconds });
      await bench.end(cycle);
      const [row] = await bench.rows(
        `SELECT retry_count, round(extract(epoch FROM retry_at - changed_at))::integer AS delay
         FROM repository_work WHERE link = '${bench.link}' AND secondary = 'us'`,
      );
      expect(row?.retry_count).toBe(failures);
      delays.push(Number(row?.delay));
    }

    expect(delays).toEqual([15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]);
    await bench.begin(['team/app'], { wish: { cause: 'operator' } });
    expect(await bench.work('team/app')).toMatchObject({ retry_count: 0, retry_at: null });
  });

  it('are not reset by the schedule, by an event, or by a run that failed again', async () => {
    const counts: unknown[] = [];
    for (const cause of ['schedule', 'event', 'retry'] as const) {
      const cycle = await bench.begin(['team/app'], { wish: { cause } });
      await bench.mark(['team/app']);
      await bench.run(cycle, 'team/app', FAILED);
      await bench.end(cycle);
      counts.push((await bench.work('team/app')).retry_count);
    }

    expect(counts).toEqual([1, 2, 3]);
  });

  it('wait, longer each time, while the secondary cannot be reached, and a change does not wait', async () => {
    await bench.mark(['team/app', 'team/web']);
    const failures: number[] = [];
    const delayOf = (count: number): number => {
      failures.push(count);
      return 600;
    };
    await bench.stores.marks.postpone(bench.link, 'asia', delayOf);
    const meanwhile = await bench.due();
    await bench.mark(['team/web'], 'event', ['asia']);
    const changed = await bench.due();
    await bench.stores.marks.postpone(bench.link, 'asia', delayOf);

    expect(meanwhile).toEqual(['team/app us', 'team/web us']);
    expect(changed).toEqual(['team/app us', 'team/web us', 'team/web asia']);
    expect(failures).toEqual([1, 2]);
  });

  it('are forgotten with the secondaries that the link has no longer, which nobody would ever work on', async () => {
    await bench.mark(['team/app'], 'event', ['us', 'left']);
    await bench.stores.marks.forgetOthers(bench.link, bench.secondaries);
    const left = await bench.due();
    await bench.stores.marks.forget({
      link: bench.link,
      repositories: ['team/app'],
      secondaries: bench.secondaries,
    });

    expect(left).toEqual(['team/app us']);
    expect(await bench.stores.links.withDue()).not.toContain(bench.link);
  });

  it('are forgotten with the repositories that the link has no longer', async () => {
    await bench.mark(['team/app', 'team/gone']);
    const { link, secondaries } = bench;
    await bench.stores.marks.forget({ link, repositories: ['team/gone'], secondaries });

    expect(await bench.due()).toEqual(['team/app asia', 'team/app us']);
    expect(await bench.stores.marks.known(link)).toEqual(['team/app', 'team/gone']);
  });
});

describe('what the run of a repository is told of the time before it', () => {
  it('is that an event announced a change, until a run has come to its end', async () => {
    const cycle = await bench.copying('team/app');
    await bench.mark(['team/app']);
    const cutOff = await bench.claimed(cycle, 'team/app');
    await bench.stores.runs.abandon(cutOff.sides);
    const first = await bench.claimed(cycle, 'team/app');
    await bench.finish(first);
    await bench.mark(['team/app'], 'doubt');
    await bench.mark(['team/app'], 'question');
    const second = await bench.claimed(cycle, 'team/app');

    expect([cutOff, first, second].map(({ sides }) => sides[0]!.announced)).toEqual([
      'by-event',
      'by-event',
      'not',
    ]);
  });

  it('is that a run was cut off or its process died, until one has come to its end', async () => {
    const cycle = await bench.copying('team/app');
    const dead = await bench.claimed(cycle, 'team/app', { seconds: 0 });
    const afterDeath = await bench.claimed(cycle, 'team/app');
    await bench.stores.runs.abandon(afterDeath.sides);
    const afterAbort = await bench.claimed(cycle, 'team/app');
    await bench.mark(['team/app'], 'doubt');
    await bench.finish(afterAbort);
    const clean = await bench.claimed(cycle, 'team/app');

    expect([dead, afterDeath, afterAbort, clean].map(({ sides }) => sides[0]!.history)).toEqual([
      'clean',
      'interrupted',
      'interrupted',
      'clean',
    ]);
  });
});

describe('a cycle of some tags', () => {
  it('leaves the mark, the retry and the state of the repository as they are', async () => {
    await bench.mark(['team/app'], 'doubt');
    const cycle = await bench.begin(['team/app'], { tags: ['v1', 'v2'] });
    const run = await bench.claimed(cycle, 'team/app');
    const finishes = await bench.finish(run, FAILED);

    expect(run.repository.tags).toEqual(['v1', 'v2']);
    expect(finishes).toEqual(['done', 'done']);
    expect(await bench.due()).toEqual(['team/app asia', 'team/app us']);
    expect(await bench.advance(cycle)).toEqual({ kind: 'over' });
  });
});

describe('a recopy that was asked for while a cycle waits', () => {
  it('is a cycle of its own, and joins the next one that asks for the same', async () => {
    const { cycles } = bench.stores;
    const diff = await cycles.request(bench.wish());
    const work = { command: 'sync', mode: 'recopy' } as const;
    const scope = { ...DUE, due: 'only-named', patterns: ['team/app'], tags: ['v1'] } as const;
    const recopy = await cycles.request(bench.wish({ work, scope }));
    const joined = await cycles.request(bench.wish({ work, scope: { ...scope, patterns: ['team/web'] } }));

    expect(recopy.id).not.toBe(diff.id);
    expect(joined).toMatchObject({
      id: recopy.id,
      work,
      scope: { ...scope, patterns: ['team/app', 'team/web'] },
    });
  });
});
