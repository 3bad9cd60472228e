import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CycleCommand } from '../planning/cycle-report.ts';
import type { StepOutcome } from '../planning/step.ts';
import { failureWith, repositoryWith, stepWith } from './cycle-report.builder.ts';
import { LinkProgress } from './link-progress.ts';

const WIDTH = 120;

function started(repositories: number, command: CycleCommand = 'sync'): LinkProgress {
  const progress = new LinkProgress('eu-to-us', command);
  progress.started(repositories);
  return progress;
}

describe('the line of a link', () => {
  it('says that it waits for the registries until the repositories are known', () => {
    expect(new LinkProgress('eu-to-us', 'sync').line(WIDTH, 0)).toBe('eu-to-us  reading the registries …');
  });

  it('says so where the cycle ended before', () => {
    const progress = new LinkProgress('eu-to-us', 'sync');
    progress.ended();
    expect(progress.line(WIDTH, 0)).toBe('eu-to-us  not started');
  });

  it('counts repositories, tags and bytes, with the rate and the repository at work', () => {
    const progress = started(4);
    progress.finished(repositoryWith('team/api'));
    progress.planned('team/app', 2);
    progress.copied(10 * 1024 ** 2, 100);
    progress.stepFinished('team/app', stepWith('copy-tag', 'v1'));
    expect(progress.line(WIDTH, 102)).toBe(
      'eu-to-us  [#########...............]  1/4 repositories  1 copied  10.0 MiB  5.0 MiB/s  team/app',
    );
  });

  it.each<[CycleCommand, StepOutcome, string]>([
    ['sync', stepWith('move-tag', 'v1'), '1 copied'],
    ['sync', stepWith('delete-orphan-tag', 'v1'), '0 copied'],
    ['plan', stepWith('copy-tag', 'v1', { outcome: 'planned' }), '1 to change'],
    ['verify', stepWith('verify-tag', 'v1', { outcome: 'failed' }), '1 failed  0 verified'],
    ['sync', stepWith('copy-tag', 'v1', { outcome: 'failed' }), '1 failed  0 copied'],
  ])('of a %s speaks in its words', (command, step, words) => {
    const progress = started(1, command);
    progress.planned('team/app', 2);
    progress.stepFinished('team/app', step);
    expect(progress.line(WIDTH, 0)).toBe(
      `eu-to-us  [############............]  0/1 repositories  ${words}  team/app`,
    );
  });

  it('of a verify counts the tags that verified, of which no step tells', () => {
    const progress = started(1, 'verify');
    progress.planned('team/app', 0);
    progress.finished(repositoryWith('team/app', { totals: { inSync: 7 } }));
    expect(progress.line(WIDTH, 0)).toContain('1/1 repositories  7 verified');
  });

  it('counts a repository that could not be read as failed', () => {
    const progress = started(1);
    progress.finished(repositoryWith('team/app', { outcome: 'failed', failure: failureWith('TIMEOUT') }));
    expect(progress.line(80, 0)).toBe('eu-to-us  [##########]  1/1 repos  1 failed  0 copied');
  });

  it('is full where there is nothing to do', () => {
    expect(started(0).line(80, 0)).toBe('eu-to-us  [##########]  0/0 repos  0 copied');
  });

  it('does not count a repository twice that went again', () => {
    const progress = started(2);
    progress.finished(repositoryWith('team/app'));
    progress.finished(repositoryWith('team/app'));
    expect(progress.line(80, 0)).toContain('1/2 repos');
  });

  it('shows the end of a long name, and drops whole words where room is short', () => {
    const progress = started(2);
    progress.planned('group/subgroup/service', 2);
    progress.copied(1024, 0);
    expect(progress.line(73, 0)).toBe(
      'eu-to-us  [..........]  0/2 repos  0 copied  1.0 KiB  1.0 KiB/s  …service',
    );
    expect(progress.line(40, 0)).toBe('eu-to-us  [..........]  0/2 repos');
  });

  it('never exceeds its width nor shows what a terminal acts on', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.integer({ min: 1, max: 200 }),
        fc.nat(),
        fc.integer({ min: 0, max: 3 }),
        (name, width, bytes, steps) => {
          const progress = started(3);
          progress.planned(name, steps);
          progress.copied(bytes, 0);
          progress.stepFinished(name, stepWith('copy-tag', 'v1'));
          const line = progress.line(width, 1);
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
          expect(Array.from(line).length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});
