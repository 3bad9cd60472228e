import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { busySecondaries, type LinkCycleRecord } from '../../../src/state/link-cycle.ts';
import { WorkBench } from './work-bench.ts';

let bench: WorkBench;

beforeAll(async () => {
  bench = await WorkBench.start(['us', 'asia']);
}, 60_000);

afterAll(() => bench.stop());

beforeEach(() => bench.newLink());

const NAMED = { kind: 'some', due: 'only-named', patterns: ['team/app'], tags: [] } as const;

/** A cycle that is through on one secondary, and not on the other. */
async function slowInAsia(): Promise<LinkCycleRecord> {
  const cycle = await bench.copying('team/app');
  await bench.finish(await bench.claimed(cycle, 'team/app', { without: ['asia'] }));
  expect(await bench.advance(cycle)).toEqual({ kind: 'going-on' });
  return (await bench.stores.cycles.load(cycle.id))!;
}

describe('cycles of a link', () => {
  it('coalesce while they wait: the same cycle is answered, and does all that was asked for', async () => {
    const first = await bench.stores.cycles.request(bench.wish({ scope: NAMED }));
    const second = await bench.stores.cycles.request(bench.wish({ cause: 'operator' }));

    expect(second).toMatchObject({ id: first.id, cause: 'operator', scope: { kind: 'all' } });
  });

  it('coalesce also when twenty are asked for at the same moment', async () => {
    const wishes = Array.from({ length: 20 }, () => bench.stores.cycles.request(bench.wish()));
    const cycles = await Promise.all(wishes);

    expect(new Set(cycles.map(({ id }) => id)).size).toBe(1);
  });

  it('do not overlap on a secondary: what is asked for during one is the follow-up', async () => {
    await bench.stores.cycles.request(bench.wish());
    const running = await bench.startNext();
    const followUp = await bench.stores.cycles.request(bench.wish());

    const started = await Promise.all([bench.startNext(), bench.startNext()]);
    await bench.end(running!);
    const next = await bench.startNext();

    expect(followUp.id).not.toBe(running!.id);
    expect(started).toEqual([undefined, undefined]);
    expect(await bench.stores.cycles.open(bench.link)).toEqual([next]);
    expect(next?.id).toBe(followUp.id);
  });

  it('are begun once, however many begin them at the same moment', async () => {
    await bench.stores.cycles.request(bench.wish());

    const started = await Promise.all(Array.from({ length: 10 }, () => bench.startNext()));

    expect(started.filter((cycle) => cycle !== undefined)).toHaveLength(1);
  });

  it('do not begin while the link is paused', async () => {
    await bench.stores.links.pause(bench.link);
    await bench.stores.cycles.request(bench.wish());

    const paused = await bench.startNext();
    await bench.stores.links.resume(bench.link);
    const resumed = await bench.startNext();

    expect(paused).toBeUndefined();
    expect(resumed?.status).toBe('listing');
  });

  it('are listed by one process, until it has been silent for too long', async () => {
    await bench.stores.cycles.request(bench.wish());
    const cycle = await bench.startNext();

    const taken = [
      await bench.stores.cycles.takeListing(cycle!.id, 30),
      await bench.stores.cycles.takeListing(cycle!.id, 30),
      await bench.stores.cycles.takeListing(cycle!.id, 0),
    ];

    expect(taken).toEqual([true, false, true]);
  });

  it('are over at once when they are cancelled before they began', async () => {
    const cycle = await bench.stores.cycles.request(bench.wish());

    await bench.stores.cycles.cancel(cycle.id);

    expect(await bench.startNext()).toBeUndefined();
    expect((await bench.stores.cycles.load(cycle.id))?.status).toBe('finished');
  });

  it('take one firing of the schedule, however many replicas fire', async () => {
    const firings = Array.from({ length: 5 }, () => bench.stores.links.takeFiring(bench.link, 60));

    expect((await Promise.all(firings)).filter(Boolean)).toHaveLength(1);
  });
});

describe('a link with a secondary that is slower than the other', () => {
  it('goes on with the next cycle where the one before is through, and leaves the slow one to it', async () => {
    const slow = await slowInAsia();
    await bench.stores.cycles.request(bench.wish());
    const next = await bench.startNext();

    expect(slow.stages).toEqual({ us: 'through', asia: 'copying' });
    expect(busySecondaries(slow)).toEqual(['asia']);
    expect(next).toMatchObject({ stages: { us: 'copying' }, continuedIn: null });
    expect((await bench.stores.cycles.open(bench.link)).map(({ id }) => id)).toEqual([slow.id, next!.id]);
  });

  it('works on the same repository for both cycles at once, each on its own secondary', async () => {
    const slow = await slowInAsia();
    const held = await bench.claimed(slow, 'team/app');
    const next = await bench.begin(['team/app']);
    const run = await bench.claimed(next, 'team/app');

    expect(held.sides.map(({ secondary }) => secondary)).toEqual(['asia']);
    expect(run.sides.map(({ secondary }) => secondary)).toEqual(['us']);
    expect(await bench.finish(run)).toEqual(['done']);
    expect(await bench.finish(held)).toEqual(['done']);
    expect(await bench.advance(slow)).toEqual({ kind: 'over' });
    expect(await bench.advance(next)).toEqual({ kind: 'over' });
  });

  it('gets all of its secondaries into one cycle again when the slow one has come through', async () => {
    const slow = await slowInAsia();
    await bench.run(slow, 'team/app');
    await bench.advance(slow);
    await bench.end(slow);
    await bench.stores.cycles.request(bench.wish());

    expect((await bench.startNext())?.stages).toEqual({ us: 'copying', asia: 'copying' });
  });

  it.each([
    ['an operator', { cause: 'operator' }],
    ['a plan', { work: { command: 'plan' } }],
    ['a recopy', { work: { command: 'sync', mode: 'recopy' } }],
    ['somebody who names repositories', { cause: 'event', scope: NAMED }],
  ] as const)('keeps for the slow one what %s asked for, in a cycle that waits for it', async (_who, of) => {
    const slow = await slowInAsia();
    await bench.stores.cycles.request(bench.wish(of));
    const next = await bench.startNext();
    const early = await bench.startNext();
    await bench.end(next!);
    await bench.run(slow, 'team/app');
    await bench.advance(slow);
    const rest = await bench.startNext();

    expect(next?.stages).toEqual({ us: 'copying' });
    expect(early).toBeUndefined();
    expect(rest).toMatchObject({ id: next!.continuedIn, stages: { asia: 'copying' }, ...of });
  });

  it.each([
    ['the schedule', {}],
    ['what is due', { cause: 'event', scope: { kind: 'some', due: 'with-due', patterns: [], tags: [] } }],
  ] as const)('makes nothing up for %s: it comes again', async (_who, of) => {
    await slowInAsia();
    await bench.stores.cycles.request(bench.wish(of));

    expect((await bench.startNext())?.continuedIn).toBeNull();
    expect(await bench.startNext()).toBeUndefined();
  });

  it('adds up what waits for the slow one, apart from what is asked for meanwhile', async () => {
    await slowInAsia();
    const rests: unknown[] = [];
    for (const patterns of [['team/app'], ['team/web']]) {
      await bench.stores.cycles.request(bench.wish({ cause: 'operator', scope: { ...NAMED, patterns } }));
      const next = await bench.startNext();
      rests.push(next!.continuedIn);
      await bench.end(next!);
    }
    const asked = await bench.stores.cycles.request(bench.wish());
    const rest = await bench.stores.cycles.load(rests[0] as string);

    expect(rests[1]).toBe(rests[0]);
    expect(rest).toMatchObject({ onlyFor: ['asia'], scope: { patterns: ['team/app', 'team/web'] } });
    expect(asked).toMatchObject({ cause: 'schedule', onlyFor: null });
  });

  it('ends what waits for a secondary that it has no longer', async () => {
    await slowInAsia();
    await bench.stores.cycles.request(bench.wish({ cause: 'operator' }));
    const next = await bench.startNext();
    await bench.stores.cycles.startNext(bench.link, ['us']);

    expect((await bench.stores.cycles.load(next!.continuedIn!))?.status).toBe('finished');
  });

  it('waits no longer for a secondary that it has no longer', async () => {
    const slow = await slowInAsia();
    await bench.claimed(slow, 'team/app');

    expect(await bench.advance(slow, ['us'])).toEqual({ kind: 'over' });
    expect((await bench.claim(slow, 'team/app')).kind).toBe('nothing-to-do');
  });

  it('looks at what changed on the fast one at once, and on the slow one when it is through', async () => {
    const slow = await slowInAsia();
    const held = await bench.claimed(slow, 'team/app');
    await bench.mark(['team/app']);

    expect(await bench.stores.links.withDue()).toContain(bench.link);
    const next = await bench.begin(['team/app'], { wish: { cause: 'event' } });
    await bench.run(next, 'team/app');
    await bench.end(next);
    expect(await bench.stores.links.withDue()).not.toContain(bench.link);
    expect(await bench.due()).toEqual(['team/app asia']);
    expect(await bench.finish(held)).toEqual(['again']);
  });

  it('deletes on the fast one without waiting for the copies of the slow one', async () => {
    const cycle = await bench.copying('team/app', 'team/web');
    for (const name of ['team/app', 'team/web'])
      await bench.run(cycle, name, { secondaries: ['us'], wanted: name === 'team/app' ? 3 : 0 });

    const began = await bench.advance(cycle);
    const waiting = await bench.stores.items.waiting(cycle.id);
    const run = await bench.claimed(cycle, 'team/app', { secondary: 'us' });
    await bench.finish(run);
    const over = await bench.advance(cycle);

    expect(began).toEqual({ kind: 'deletions-began' });
    // Nobody has given up the leases of the other secondary yet.
    expect(waiting).toEqual([{ name: 'team/app', retryCount: 0, secondary: 'us' }]);
    expect(run.phase).toBe('delete');
    expect(over).toEqual({ kind: 'going-on' });
    expect((await bench.stores.cycles.load(cycle.id))?.stages).toEqual({ us: 'through', asia: 'copying' });
  });

  it('shows a repository that is new on the primary as open on the slow one as well', async () => {
    await slowInAsia();
    await bench.begin(['team/app', 'team/new']);
    const views = { link: bench.link, secondaries: bench.secondaries };

    const view = await bench.stores.views.repositories.load(views, 'team/new');

    expect(view?.secondaries.map(({ secondary, state }) => `${secondary} ${state}`)).toEqual([
      'us pending',
      'asia pending',
    ]);
  });
});
