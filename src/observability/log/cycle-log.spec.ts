import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { repositoryWith, stepWith } from '../../cli/cycle-report.builder.ts';
import { CycleLog } from './cycle-log.ts';

const LINK = { cycleId: 'cycle-1', link: 'eu-to-us', secondary: 'us' };
const APP = 'team/app';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly cycle: string;
  readonly [field: string]: unknown;
}

function logInto(lines: Line[]): CycleLog {
  const options = { level: 'info', formatters: { level: (label: string) => ({ level: label }) } };
  return new CycleLog(pino(options, { write: (text) => void lines.push(JSON.parse(text) as Line) }));
}

describe('the log of a cycle', () => {
  it('has a line per step with the cycle in it, failures as warnings, and nothing of what stays as it is', () => {
    const lines: Line[] = [];
    const log = logInto(lines);

    log.stepFinished(LINK, APP, stepWith('copy-tag', 'v1'));
    log.stepFinished(LINK, APP, stepWith('move-tag', 'v2', { outcome: 'failed', reason: 'TIMEOUT' }));
    log.stepFinished(
      LINK,
      APP,
      stepWith('delete-orphan-tag', 'v3', { outcome: 'skipped', reason: 'DELETIONS_OFF' }),
    );
    log.repositoryFinished(LINK, repositoryWith(APP));

    expect(lines.map(({ level, msg, cycle, tag, reason }) => ({ level, msg, cycle, tag, reason }))).toEqual([
      { level: 'info', msg: 'copy-tag done', cycle: 'cycle-1', tag: 'v1', reason: undefined },
      { level: 'warn', msg: 'move-tag failed', cycle: 'cycle-1', tag: 'v2', reason: 'TIMEOUT' },
    ]);
  });

  it('sums repositories up when a cycle has more to tell than anybody reads, and begins anew with the next cycle', () => {
    const lines: Line[] = [];
    const log = logInto(lines);
    const failed = stepWith('copy-tag', 'bad', { outcome: 'failed', reason: 'TARGET_FULL' });
    const steps = [...Array.from({ length: 5000 }, (_, index) => stepWith('copy-tag', `v${index}`)), failed];

    for (const step of steps) log.stepFinished(LINK, APP, step);
    log.repositoryFinished(
      LINK,
      repositoryWith(APP, { outcome: 'partial', steps, totals: { copied: 5000, failed: 1 } }),
    );
    log.stepFinished({ ...LINK, cycleId: 'cycle-2' }, APP, stepWith('copy-tag', 'new'));

    expect(lines.filter(({ msg }) => msg === 'copy-tag done')).toHaveLength(101);
    expect(lines.slice(100)).toMatchObject([
      { level: 'info', cycle: 'cycle-1', lines: 100 },
      {
        level: 'warn',
        msg: 'a repository was gone through',
        cycle: 'cycle-1',
        repository: APP,
        outcome: 'partial',
        copied: 5000,
        failed: 1,
        reasons: { TARGET_FULL: 1 },
      },
      { cycle: 'cycle-2', tag: 'new' },
    ]);
  });
});
