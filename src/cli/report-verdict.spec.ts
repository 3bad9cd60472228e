import { describe, expect, it } from '@jest/globals';
import type { CycleCommand, LinkReport } from '../planning/cycle-report.ts';
import type { StepOutcome } from '../planning/step.ts';
import { failureWith, linkWith, reportWith, repositoryWith, stepWith } from './cycle-report.builder.ts';
import { plural, verdictsOf } from './report-verdict.ts';

function linkOf(outcome: LinkReport['outcome'], steps: readonly StepOutcome[]): LinkReport {
  return linkWith({ outcome, repositories: [repositoryWith('team/app', { totals: { inSync: 4 }, steps })] });
}

const failed = { outcome: 'failed', reason: 'NETWORK', message: 'no' } as const;
const held = { outcome: 'held', reason: 'FIRST_CYCLE', message: 'first' } as const;
const skipped = { outcome: 'skipped', reason: 'DELETIONS_OFF', message: 'off' } as const;
const planned = { outcome: 'planned' } as const;

describe('the verdict', () => {
  it.each<[string, CycleCommand, LinkReport, string]>([
    ['nothing to do', 'sync', linkOf('in-sync', []), 'IN SYNC 4 tags in 1 repository, nothing to do'],
    [
      'what was done',
      'sync',
      linkOf('in-sync', [
        stepWith('copy-tag', 'a'),
        stepWith('move-tag', 'b'),
        stepWith('delete-orphan-tag', 'c'),
      ]),
      'IN SYNC 6 tags in 1 repository: 1 copied, 1 moved, 1 deleted',
    ],
    [
      'orphans that nobody wants deleted',
      'sync',
      linkOf('in-sync', [
        stepWith('delete-orphan-tag', 'a', skipped),
        stepWith('delete-orphan-tag', 'b', skipped),
      ]),
      'IN SYNC 4 tags in 1 repository: 2 orphans left alone',
    ],
    [
      'referrers',
      'sync',
      linkOf('in-sync', [stepWith('copy-referrer', 'a')]),
      'IN SYNC 4 tags in 1 repository: 1 referrer copied',
    ],
    [
      'failures of every kind before anything else',
      'sync',
      linkOf('partial', [
        stepWith('copy-tag', 'a'),
        stepWith('copy-tag', 'b', failed),
        stepWith('delete-orphan-tag', 'c', failed),
        stepWith('copy-referrer', 'd', failed),
      ]),
      'PARTIAL 1 of 6 tags failed, 1 deletion failed, 1 referrer failed, 1 copied',
    ],
    [
      'deletions that the gate holds',
      'sync',
      linkOf('held', [stepWith('delete-orphan-tag', 'a', held)]),
      'HELD 1 deletion held back',
    ],
    [
      'a plan in the conditional',
      'plan',
      linkOf('differences', [
        stepWith('copy-tag', 'a', planned),
        stepWith('move-tag', 'b', planned),
        stepWith('delete-orphan-tag', 'c', planned),
        stepWith('copy-referrer', 'd', planned),
      ]),
      'DIFFERENCES would copy 1, move 1, delete 1, copy 1 referrer',
    ],
    ['a plan of nothing', 'plan', linkOf('in-sync', []), 'IN SYNC 4 tags in 1 repository, nothing to do'],
    [
      'what can be pulled',
      'verify',
      linkOf('in-sync', []),
      'PULLABLE 4 tags in 1 repository, all can be pulled',
    ],
    [
      'what cannot be pulled',
      'verify',
      linkOf('partial', [stepWith('verify-tag', 'a', failed)]),
      'PARTIAL 1 of 5 tags cannot be pulled',
    ],
    [
      'a repository that could not be read',
      'sync',
      linkWith({
        outcome: 'partial',
        repositories: [
          repositoryWith('team/app', { totals: { inSync: 4 } }),
          repositoryWith('team/web', { outcome: 'failed', failure: failureWith('TIMEOUT') }),
        ],
      }),
      'PARTIAL 1 of 2 repositories could not be read',
    ],
    [
      'repositories that would have one name',
      'sync',
      linkWith({
        outcome: 'partial',
        repositories: [
          repositoryWith('team/app', { totals: { inSync: 4 } }),
          repositoryWith('team/web', { outcome: 'failed', failure: failureWith('NAME_COLLISION') }),
          repositoryWith('other/web', { outcome: 'failed', failure: failureWith('NAME_COLLISION') }),
        ],
      }),
      'PARTIAL 2 of 3 repositories refused for their names',
    ],
    [
      'a registry that could not be read',
      'sync',
      linkWith({ outcome: 'failed', failure: failureWith('TLS', { side: 'secondary' }) }),
      'FAILED the secondary could not be read (TLS)',
    ],
    [
      'that no repository is selected, lest it looks like success',
      'sync',
      linkWith(),
      'NO MATCH no repository is selected: look at the names and filters of repositories',
    ],
    [
      'that no tag is selected',
      'verify',
      linkWith({
        totals: { ignored: 3 },
        repositories: [repositoryWith('team/app', { totals: { ignored: 3 } })],
      }),
      'NO MATCH no tag is selected in 1 repository: look at the filters of tags and platforms',
    ],
    [
      'nothing of the kind of a repository without tags',
      'sync',
      linkWith({ repositories: [repositoryWith('team/app')] }),
      'IN SYNC 0 tags in 1 repository, nothing to do',
    ],
  ])('says %s', (_name, command, link, expected) => {
    const [verdict] = verdictsOf(reportWith([link], { command }));
    expect(`${verdict!.status} ${verdict!.text}`).toBe(expected);
  });

  it('names the links where two run between the same registries', () => {
    const links = [
      linkWith({ link: 'apps' }),
      linkWith({ link: 'bases' }),
      linkWith({ link: 'all', secondary: 'ap' }),
    ];
    expect(verdictsOf(reportWith(links)).map((verdict) => verdict.label)).toEqual([
      'apps: eu → us',
      'bases: eu → us',
      'eu → ap',
    ]);
  });
});

describe('plural', () => {
  it.each([
    [0, 'tag', '0 tags'],
    [1, 'repository', '1 repository'],
    [2, 'repository', '2 repositories'],
  ])('of %d %s is %s', (count, noun, expected) => {
    expect(plural(count, noun)).toBe(expected);
  });
});
