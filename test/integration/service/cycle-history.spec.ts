import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LinkReport } from '../../../src/planning/cycle-report.ts';
import type { CycleWish } from '../../../src/state/link-cycle.ts';
import { cycleReport, linkReport } from '../state/state-samples.ts';
import { WorkBench } from './work-bench.ts';

let bench: WorkBench;

beforeAll(async () => {
  bench = await WorkBench.start(['us']);
}, 60_000);

afterAll(() => bench.stop());

beforeEach(() => bench.newLink());

describe('history', () => {
  /** Ends a cycle, requested days ago, with its report. */
  async function past(
    daysAgo: number,
    of: Partial<LinkReport> = {},
    scope?: CycleWish['scope'],
  ): Promise<string> {
    await bench.stores.cycles.request(bench.wish(scope === undefined ? {} : { scope }));
    const { id } = (await bench.startNext())!;
    const report = linkReport([], { link: bench.link, outcome: 'in-sync', ...of });
    await bench.state.store.cycleFinished({ ...cycleReport(id, [report]), outcome: report.outcome });
    await bench.stores.cycles.finish(id);
    await bench.rows(
      `UPDATE link_cycle SET requested_at = now() - make_interval(days => ${daysAgo}) WHERE id = '${id}'`,
    );
    return id;
  }

  async function kept(ids: readonly string[]): Promise<readonly string[]> {
    const rows = await Promise.all(
      ids.map(async (id) => {
        const cycle = await bench.stores.cycles.load(id);
        const report = await bench.state.store.loadCycle(id);
        expect(report === undefined).toBe(cycle === undefined);
        return cycle === undefined ? [] : [id];
      }),
    );
    return rows.flat();
  }

  it('keeps the newest cycles of a link and drops those before, with their reports', async () => {
    const ids = [await past(3), await past(2), await past(1)];

    await bench.stores.history.prune(bench.link, { days: 30, cyclesPerLink: 2 });

    expect(await kept(ids)).toEqual(ids.slice(1));
  });

  it('drops what is too old, also of other links', async () => {
    const ids = [await past(40), await past(31), await past(29), await past(1)];

    await bench.stores.history.prune('another-link', { days: 30, cyclesPerLink: 1 });

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

    await bench.stores.history.prune(bench.link, { days: 30, cyclesPerLink: 1 });

    expect(await kept([old, success, ...ids])).toEqual([success, ids[2]]);
  });

  it('keeps what waits or is under way', async () => {
    const { id: running } = await bench.copying('team/app');
    const { id: waiting } = await bench.stores.cycles.request(bench.wish());
    await bench.rows(
      `UPDATE link_cycle SET requested_at = now() - interval '90 days' WHERE link = '${bench.link}'`,
    );

    await bench.stores.history.prune(bench.link, { days: 30, cyclesPerLink: 0 });

    expect((await bench.stores.cycles.load(running))?.id).toBe(running);
    expect((await bench.stores.cycles.load(waiting))?.id).toBe(waiting);
  });
});
