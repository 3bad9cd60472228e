import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CycleReport } from '../planning/cycle-report.ts';
import { REASON_CODES } from '../planning/reason-code.ts';
import {
  digestWith,
  failureWith,
  linkWith,
  reportWith,
  repositoryWith,
  stepWith,
} from './cycle-report.builder.ts';
import { renderReport, viewFor, type ReportView } from './render-report.ts';
import { styleFor } from './style.ts';

const PIPE: ReportView = { style: styleFor({}, {}), columns: null, ignored: 'hidden' };
const NARROW: ReportView = { ...PIPE, columns: 80 };
const COLOURED: ReportView = { ...NARROW, style: styleFor({ isTTY: true }, {}) };

const [old, fresh] = [digestWith('a'), digestWith('b')];

const mixed = reportWith(
  [
    linkWith({
      outcome: 'partial',
      totals: {
        requestsPrimary: 12,
        requestsSecondary: 34,
        blobsCopied: 5,
        blobsMounted: 1,
        blobsPresent: 2,
      },
      repositories: [
        repositoryWith('team/app', {
          outcome: 'partial',
          totals: {
            inSync: 8,
            copied: 1,
            moved: 1,
            failed: 1,
            held: 2,
            orphans: 2,
            bytesCopied: 8 * 1024 ** 2,
          },
          steps: [
            stepWith('copy-tag', 'v1', { primaryDigest: fresh }),
            stepWith('move-tag', 'latest', { primaryDigest: fresh, secondaryDigest: old }),
            stepWith('delete-orphan-tag', 'gone-1', {
              secondaryDigest: old,
              outcome: 'held',
              reason: 'COPY_FAILED',
              message: 'a copy of this repository failed',
            }),
            stepWith('copy-tag', 'v2', {
              primaryDigest: fresh,
              outcome: 'failed',
              reason: 'TARGET_FULL',
              message: 'us: PUT manifest: 507 no space left',
            }),
            stepWith('delete-orphan-tag', 'gone-2', {
              secondaryDigest: old,
              outcome: 'held',
              reason: 'COPY_FAILED',
              message: 'a copy of this repository failed',
            }),
            stepWith('skip-tag', 'nightly', {
              outcome: 'skipped',
              reason: 'FILTERED_TAG',
              message: 'filtered',
            }),
          ],
        }),
        repositoryWith('team/web', { totals: { inSync: 40, ignored: 1 } }),
      ],
    }),
  ],
  { outcome: 'partial' },
);

function lines(text: string): string[] {
  return text.split('\n');
}

describe('the text report', () => {
  it('says verdict, repositories, what is not in sync, why, and totals, worst first', () => {
    expect(renderReport(mixed, PIPE)).toBe(`\
eu → us  PARTIAL  1 of 51 tags failed, 1 copied, 1 moved, 2 deletions held back

  repository  in sync  copied  moved  orphans  held  failed    bytes
  team/app          8       1      1        2     2       1  8.0 MiB
  team/web         40       0      0        0     0       0      0 B
  total            48       1      1        2     2       1  8.0 MiB

  copy failed  team/app:v2      none→sha256:bbbbbbbb…       TARGET_FULL
      us: PUT manifest: 507 no space left
  delete held  team/app:gone-1  sha256:aaaaaaaa…→none       COPY_FAILED
  delete held  team/app:gone-2  sha256:aaaaaaaa…→none       COPY_FAILED
      a copy of this repository failed
  copied       team/app:v1      none→sha256:bbbbbbbb…
  moved        team/app:latest  sha256:aaaaaaaa…→bbbbbbbb…

TARGET_FULL
    The secondary has no room left, or a quota is used up.
    What to do: Free space or raise the quota; the next cycle goes on where this one stopped.
COPY_FAILED
    Nothing is deleted in a repository while a copy in it fails.
    What to do: Repair the failed copies first; the next cycle decides again.

requests  12 to the primary, 34 to the secondary
blobs     5 copied, 1 mounted, 2 already there
bytes     8.0 MiB copied (2.0 MiB/s)
ignored   1 tag outside the filters (plan --show-ignored lists them)
duration  4.0 s, cycle cycle-1
`);
  });

  it('is short where there is nothing to do', () => {
    const quiet = reportWith([
      linkWith({ repositories: [repositoryWith('team/app', { totals: { inSync: 62 } })] }),
    ]);
    expect(renderReport(quiet, NARROW)).toBe(`\
eu → us  IN SYNC  62 tags in 1 repository, nothing to do

  repository  in sync
  team/app         62

requests  0 to the primary, 0 to the secondary
blobs     0 copied, 0 mounted, 0 already there
bytes     0 B copied
duration  4.0 s, cycle cycle-1
`);
  });

  it('says of a plan what would be done, and of blobs nothing', () => {
    const steps = [
      stepWith('copy-tag', 'v1', { primaryDigest: fresh, outcome: 'planned' }),
      stepWith('delete-orphan-tag', 'gone', { secondaryDigest: old, outcome: 'planned' }),
      stepWith('skip-tag', 'nightly', { outcome: 'skipped', reason: 'FILTERED_TAG', message: 'filtered' }),
    ];
    const repositories = [
      repositoryWith('team/app', { outcome: 'differences', totals: { inSync: 3 }, steps }),
    ];
    const plan = reportWith([linkWith({ outcome: 'differences', repositories })], { command: 'plan' });
    expect(renderReport(plan, { ...NARROW, ignored: 'shown' })).toBe(`\
eu → us  DIFFERENCES  would copy 1, delete 1

  repository  in sync  to copy  to delete
  team/app          3        1          1

  would copy    team/app:v1       none→sha256:bbbbbbbb…
  would delete  team/app:gone     sha256:aaaaaaaa…→none
  ignored       team/app:nightly  FILTERED_TAG
      filtered

FILTERED_TAG
    The tag is outside the tag filters of the link and is left alone on both
    sides.
    What to do: Nothing, or change tags.include, tags.exclude or tags.newest of
    the link.

requests  0 to the primary, 0 to the secondary
duration  4.0 s, cycle cycle-1
`);
  });

  it('says of a verification what cannot be pulled', () => {
    const step = stepWith('verify-tag', 'v1', {
      primaryDigest: fresh,
      secondaryDigest: fresh,
      outcome: 'failed',
      reason: 'MISSING_CONTENT',
      message: 'blob of linux/arm64 is absent',
    });
    const repositories = [
      repositoryWith('team/app', { outcome: 'partial', totals: { inSync: 3 }, steps: [step] }),
    ];
    const verify = reportWith([linkWith({ outcome: 'partial', repositories })], { command: 'verify' });
    expect(lines(renderReport(verify, NARROW)).slice(0, 7)).toEqual([
      'eu → us  PARTIAL  1 of 4 tags cannot be pulled',
      '',
      '  repository  pullable  failed',
      '  team/app           3       1',
      '',
      '  verify failed  team/app:v1  sha256:bbbbbbbb…  MISSING_CONTENT',
      '      blob of linux/arm64 is absent',
    ]);
  });

  it('begins with all verdicts, and then speaks of the links in which something happened', () => {
    const inSync = linkWith({ repositories: [repositoryWith('team/app', { totals: { inSync: 2 } })] });
    const unreachable = linkWith({
      link: 'eu-to-ap',
      secondary: 'ap-southeast',
      outcome: 'failed',
      failure: failureWith('NETWORK', {
        side: 'secondary',
        message: 'ap-southeast: ping: connection refused',
      }),
    });
    const text = renderReport(reportWith([inSync, unreachable], { outcome: 'failed' }), NARROW);
    expect(lines(text).slice(0, 7)).toEqual([
      'eu → us            IN SYNC  2 tags in 1 repository, nothing to do',
      'eu → ap-southeast  FAILED   the secondary could not be read (NETWORK)',
      '',
      'eu → ap-southeast (link eu-to-ap)',
      '  secondary unreadable  ap-southeast  NETWORK',
      '      ap-southeast: ping: connection refused',
      '',
    ]);
  });

  it('names a repository that could not be read as its side knows it', () => {
    const repository = {
      ...repositoryWith('team/app', {
        outcome: 'failed',
        failure: failureWith('TIMEOUT', { side: 'secondary' }),
      }),
      secondaryRepository: 'mirror/team/app',
    };
    const text = renderReport(
      reportWith([linkWith({ outcome: 'failed', repositories: [repository] })]),
      PIPE,
    );
    expect(text).toContain('team/app → mirror/team/app');
    expect(text).toContain('  secondary unreadable  mirror/team/app  TIMEOUT');
  });

  it('puts repositories in which nothing happened into one line where there are many', () => {
    const busy = repositoryWith('team/busy', {
      totals: { inSync: 1 },
      steps: [stepWith('copy-tag', 'v1', { primaryDigest: fresh })],
    });
    const quiet = Array.from({ length: 20 }, (_, index) =>
      repositoryWith(`team/${index}`, { totals: { inSync: 2 } }),
    );
    const text = renderReport(reportWith([linkWith({ repositories: [...quiet, busy] })]), NARROW);
    expect(lines(text).slice(2, 6)).toEqual([
      '  repository  in sync  copied',
      '  team/busy         1       1',
      '  … and 20 repositories in sync',
      '  total            41       1',
    ]);
  });

  it('lists at most fifty repositories, the failed ones first', () => {
    const changed = Array.from({ length: 59 }, (_, index) =>
      repositoryWith(`team/${index}`, { steps: [stepWith('copy-tag', 'v1')] }),
    );
    const failed = repositoryWith('team/last', { outcome: 'failed', failure: failureWith('TIMEOUT') });
    const text = renderReport(
      reportWith([linkWith({ outcome: 'partial', repositories: [...changed, failed] })]),
      PIPE,
    );
    const table = lines(text).slice(2, 56);
    expect(table[1]).toMatch(/^ {2}team\/last /);
    expect(table.slice(51)).toEqual([
      '  … and 10 more (use --output json)',
      expect.stringMatching(/^ {2}total +0 +59 +1$/),
      '',
    ]);
  });

  it('lists at most fifty steps of all links together, failures of a later link before copies of an earlier one', () => {
    const copies = Array.from({ length: 60 }, (_, index) => stepWith('copy-tag', `v${index}`));
    const failures = Array.from({ length: 2 }, (_, index) =>
      stepWith('copy-tag', `w${index}`, {
        outcome: 'failed',
        reason: 'NETWORK',
        message: `no connection ${index}`,
      }),
    );
    const first = linkWith({ repositories: [repositoryWith('team/app', { steps: copies })] });
    const second = linkWith({
      secondary: 'ap',
      outcome: 'failed',
      repositories: [repositoryWith('team/app', { outcome: 'failed', steps: failures })],
    });
    const text = renderReport(reportWith([first, second]), PIPE);
    expect(text.match(/team\/app:v/g)).toHaveLength(48);
    expect(text.match(/team\/app:w/g)).toHaveLength(2);
    expect(text).toContain('  … and 12 more: 12 copied (use --output json)');
  });

  it('explains a reason also where the list had no room for its step', () => {
    const held = stepWith('delete-orphan-tag', 'gone', {
      outcome: 'skipped',
      reason: 'DELETIONS_OFF',
      message: 'off',
    });
    const copies = Array.from({ length: 50 }, (_, index) => stepWith('copy-tag', `v${index}`));
    const repositories = [repositoryWith('team/app', { steps: [held, ...copies] })];
    const text = renderReport(reportWith([linkWith({ repositories })]), PIPE);
    expect(text).not.toContain('team/app:gone');
    expect(text).toContain(
      '\nDELETIONS_OFF\n    The tag is gone from the primary, and this link never deletes.\n',
    );
  });

  it('has no colour and no box for a pipe, and colours on a terminal', () => {
    expect(renderReport(mixed, PIPE)).not.toMatch(/[\u2500-\u257f|]|\p{Cc}\[/u);
    expect(renderReport(mixed, COLOURED)).toContain('\u001b[31m\u001b[1mPARTIAL\u001b[22m\u001b[39m');
  });

  it('reads the same with and without colours', () => {
    const ansi = /\p{Cc}\[\d+m/gu;
    expect(renderReport(mixed, COLOURED).replaceAll(ansi, '')).toBe(renderReport(mixed, NARROW));
  });

  it('keeps to 80 columns with long names', () => {
    const name = `group/${'subgroup/'.repeat(10)}app`;
    const address = `${'service.'.repeat(8)}example.com`;
    const steps = [
      stepWith('move-tag', 'v1', {
        primaryDigest: fresh,
        secondaryDigest: old,
        outcome: 'failed',
        reason: 'REFERRER_OF_LIVE_SUBJECT',
        message: 'word '.repeat(40).trim(),
      }),
    ];
    const repositories = [
      repositoryWith(name, { outcome: 'failed', totals: { inSync: 12, orphans: 3 }, steps }),
    ];
    const long = reportWith([linkWith({ primary: address, outcome: 'failed', repositories })]);
    // Names are kept whole where a line is theirs alone: they are there to be copied.
    const tooLong = lines(renderReport(long, NARROW)).filter((line) => line.length > 80);
    expect(tooLong).toEqual([`${address} → us  FAILED`, `  move failed  ${name}:v1`]);
    expect(renderReport(long, NARROW)).toContain('\n    1 of 13 tags failed\n');
  });

  it('shows no control character and no escape, whatever users and registries call things', () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 });
    fc.assert(
      fc.property(text, text, fc.constantFrom(...REASON_CODES), (name, message, reason) => {
        const odd: CycleReport = reportWith(
          [
            linkWith({
              link: name,
              primary: name,
              secondary: message,
              outcome: 'failed',
              repositories: [
                repositoryWith(`x${name}`, {
                  outcome: 'failed',
                  failure: failureWith(reason, { message }),
                  steps: [stepWith('copy-tag', name, { outcome: 'failed', reason, message })],
                }),
              ],
            }),
            linkWith({ link: message, outcome: 'failed', failure: failureWith(reason, { message }) }),
          ],
          { cycleId: name },
        );
        const rendered = [PIPE, NARROW].flatMap((view) => lines(renderReport(odd, view)));
        expect(rendered.filter((line) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(line))).toEqual([]);
      }),
    );
  });
});

describe('viewFor', () => {
  it.each([
    ['a terminal', { isTTY: true, columns: 132 }, 132],
    ['a terminal that does not know its width', { isTTY: true, columns: 0 }, 80],
    ['a pipe', {}, null],
    ['a pipe that inherited a width', { columns: 80 }, null],
  ])('knows the width of %s', (_name, stream, columns) => {
    expect(viewFor(stream, {}, 'hidden')).toMatchObject({ columns, ignored: 'hidden' });
  });
});
