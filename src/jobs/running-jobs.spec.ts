import { describe, expect, it } from '@jest/globals';
import type { Job } from 'pg-boss';
import { RunningJobs, type JobData } from './running-jobs.ts';

function job(id: string, cycle = 'one'): Job<JobData> {
  const { signal } = new AbortController();
  return {
    id,
    name: 'repository',
    data: { cycle },
    expireInSeconds: 1,
    heartbeatSeconds: 1,
    retryCount: 0,
    signal,
    groupId: cycle,
  };
}

function begin(running: RunningJobs, ...jobs: readonly Job<JobData>[]): void {
  for (const one of jobs) running.begin({ job: one, ended: Promise.resolve() });
}

function numbered(count: number): Job<JobData>[] {
  return Array.from({ length: count }, (_, number) => job(`job ${number}`));
}

const WAITS = { tags: 10, waitsFor: ['slow'] };

describe('jobs under way', () => {
  it('take a slot each, and give it back when they step aside or end', () => {
    const running = new RunningJobs(3);
    const [first, second] = [job('1'), job('2')];
    begin(running, first, second);
    expect(running.freeSlots).toBe(1);

    running.stepAside(first, WAITS);
    running.stepAside(first, WAITS);
    expect(running.freeSlots).toBe(2);
    expect(running.all.map((one) => one.job.id)).toEqual(['1', '2']);

    running.end(first);
    running.end(second);
    expect(running.freeSlots).toBe(3);
    expect(running.all).toEqual([]);
  });

  it('do not step aside when they have ended', () => {
    const running = new RunningJobs(1);
    const late = job('1');
    begin(running, late);
    running.end(late);
    running.stepAside(late, WAITS);
    expect(running.freeSlots).toBe(1);
  });

  it.each([
    ['255 jobs', 255, 1, []],
    ['256 jobs', 256, 1, ['slow']],
    ['2 jobs with 499,998 tags', 2, 249_999, []],
    ['2 jobs with 500,000 tags', 2, 250_000, ['slow']],
  ])('of a cycle, %s waiting for a secondary: it gets more there or not', (_title, count, tags, crowded) => {
    const running = new RunningJobs(16);
    const slow = numbered(count);
    const other = job('other', 'another');
    begin(running, ...slow, other);
    for (const one of slow) running.stepAside(one, { tags, waitsFor: ['slow'] });
    running.stepAside(other, { tags: 1, waitsFor: ['slow'] });

    expect([...running.crowdedIn('one')]).toEqual(crowded);
    expect([...running.crowdedIn('another')]).toEqual([]);
    expect(running.crowdedGroups).toEqual(crowded.map((secondary) => `one ${secondary}`));

    running.end(slow[0]!);
    expect(running.crowdedGroups).toEqual([]);
  });

  it('count where they still wait, and no longer where that secondary has come through', () => {
    const running = new RunningJobs(16);
    const late = job('1');
    begin(running, late);
    running.stepAside(late, { tags: 1_000_000, waitsFor: ['slow', 'slower'] });
    expect([...running.crowdedIn('one')]).toEqual(['slow', 'slower']);

    running.stepAside(late, { tags: 1_000_000, waitsFor: ['slower'] });
    expect([...running.crowdedIn('one')]).toEqual(['slower']);
    expect(running.freeSlots).toBe(16);
  });
});
