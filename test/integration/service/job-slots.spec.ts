import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret } from '../../../src/config/secret.ts';
import { JobQueue, QUEUE } from '../../../src/jobs/job-queue.ts';
import type { WaitingItem } from '../../../src/state/cycle-items.store.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { QuietLog } from '../notifications/quiet-log.ts';

/** More than may wait for one secondary beside the slots. */
const JOBS = 300;

describe('jobs that leave their slot', () => {
  let postgres: PostgresHarness;
  let queue: JobQueue;

  beforeAll(async () => {
    postgres = await startPostgres();
    queue = new JobQueue(new Secret(await postgres.freshDatabase()), new SystemClock(), new QuietLog());
    await queue.start();
  }, 60_000);

  afterAll(async () => {
    await queue.stop();
    await postgres.stop();
  }, 60_000);

  it('make room for others, up to a bound for the secondary that they wait for, and for all else also beyond it', async () => {
    const gate = Promise.withResolvers<undefined>();
    const begun = new Map<string, number>();
    const countOf = (about: string): number => begun.get(about) ?? 0;
    let crowded: readonly string[] = [];
    queue.consume({ queue: QUEUE.repositories, slots: 16 }, async ({ cycle = '', secondary }, slot) => {
      const about = secondary ?? cycle;
      begun.set(about, countOf(about) + 1);
      crowded = [...slot.crowded];
      if (about !== 'slow') return;
      slot.leave({ tags: 1, waitsFor: ['slow'] });
      await gate.promise;
    });
    await queue.workOn({ id: 'first', link: 'link' }, named(JOBS, 'slow'));
    await until(() => countOf('slow') >= 256);
    await queue.workOn({ id: 'first', link: 'link' }, named(20, 'fast'));
    await queue.workOn({ id: 'first', link: 'link' }, named(20, undefined));
    await until(() => countOf('fast') === 20 && countOf('first') === 20);
    const whileCrowded = [countOf('slow') < 256 + 16, crowded];
    await queue.workOn({ id: 'second', link: 'link' }, named(20, undefined));
    await until(() => countOf('second') === 20);
    const ofAnother = crowded;
    gate.resolve(undefined);
    await until(() => countOf('slow') === JOBS);
    await queue.drain();

    expect(whileCrowded).toEqual([true, ['slow']]);
    expect(ofAnother).toEqual([]);
  }, 60_000);
});

function named(count: number, secondary: string | undefined): WaitingItem[] {
  return Array.from({ length: count }, (_, number) => ({ name: `app-${number}`, retryCount: 0, secondary }));
}

async function until(test: () => boolean): Promise<void> {
  for (let look = 0; look < 600; look += 1) {
    if (test()) return;
    await sleep(50);
  }
  throw new Error('it did not come true within 30 s');
}
