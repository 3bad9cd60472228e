import { describe, expect, it } from '@jest/globals';
import type { Job } from 'pg-boss';
import { RunningJobs, type JobData } from './running-jobs.ts';

function job(id: string, groupId: string | null = 'eu-to-us'): Job<JobData> {
  const { signal } = new AbortController();
  return {
    id,
    name: 'repository',
    data: {},
    expireInSeconds: 1,
    heartbeatSeconds: 1,
    retryCount: 0,
    signal,
    groupId,
  };
}

function begin(running: RunningJobs, ...jobs: readonly Job<JobData>[]): void {
  for (const one of jobs) running.begin({ job: one, ended: Promise.resolve() });
}

function numbered(count: number, group?: string): Job<JobData>[] {
  return Array.from({ length: count }, (_, number) => job(`${group} ${number}`, group));
}

describe('jobs under way', () => {
  it('take a slot each, and give it back when they step aside or end', () => {
    const running = new RunningJobs(3);
    const [first, second] = [job('1'), job('2')];
    begin(running, first, second);
    expect(running.freeSlots).toBe(1);

    running.stepAside(first, 10);
    running.stepAside(first, 10);
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
    running.stepAside(late, 10);
    expect(running.freeSlots).toBe(1);
  });

  it.each([
    ['255 jobs', 255, 1, []],
    ['256 jobs', 256, 1, ['slow']],
    ['2 jobs with 499,998 tags', 2, 249_999, []],
    ['2 jobs with 500,000 tags', 2, 250_000, ['slow']],
  ])('of a group with %s aside: the group gets more or not', (_title, count, tags, crowded) => {
    const running = new RunningJobs(16);
    const slow = numbered(count, 'slow');
    const [other] = [job('other', 'other')];
    begin(running, ...slow, other);
    for (const one of slow) running.stepAside(one, tags);
    running.stepAside(other, 1);
    expect(running.crowdedGroups).toEqual(crowded);

    running.end(slow[0]!);
    expect(running.crowdedGroups).toEqual([]);
  });

  it('without a group are counted for none', () => {
    const running = new RunningJobs(16);
    const old = job('1', null);
    begin(running, old);
    running.stepAside(old, 1_000_000);
    expect(running.crowdedGroups).toEqual([]);
  });
});
