import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret } from '../../../src/config/secret.ts';
import { JobQueue, QUEUE } from '../../../src/jobs/job-queue.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';
import { startPostgres, type PostgresHarness } from '../../databases/postgres-harness.ts';
import { QuietLog } from '../notifications/quiet-log.ts';

/** More than one link may have beside the slots. */
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

  it('make room for others, up to a bound for their link, and for other links also beyond it', async () => {
    const gate = Promise.withResolvers<undefined>();
    const begun = new Map([
      ['slow', 0],
      ['other', 0],
    ]);
    const countOf = (link: string): number => begun.get(link) ?? 0;
    queue.consume({ queue: QUEUE.repositories, slots: 16 }, async ({ link = '' }, slot) => {
      begun.set(link, countOf(link) + 1);
      if (link === 'other') return;
      slot.leave({ tags: 1 });
      await gate.promise;
    });
    await queue.workOn('slow', named(JOBS));
    await until(() => countOf('slow') >= 256);
    await queue.workOn('other', named(20));
    await until(() => countOf('other') === 20);
    const whileCrowded = countOf('slow');
    gate.resolve(undefined);
    await until(() => countOf('slow') === JOBS);
    await queue.drain();

    expect(whileCrowded).toBeLessThan(256 + 16);
  }, 60_000);
});

function named(count: number): { readonly name: string; readonly retryCount: number }[] {
  return Array.from({ length: count }, (_, number) => ({ name: `app-${number}`, retryCount: 0 }));
}

async function until(test: () => boolean): Promise<void> {
  for (let look = 0; look < 600; look += 1) {
    if (test()) return;
    await sleep(50);
  }
  throw new Error('it did not come true within 30 s');
}
