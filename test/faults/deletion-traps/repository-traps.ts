import type { DeletionEvidence } from '../../../src/planning/deletion-gate.ts';
import { NO_NUMBERS, NO_WORDS, type GateTrap } from './gate-trap.ts';

type PrimaryEvidence = DeletionEvidence['primary'];

function primary(change: Partial<PrimaryEvidence>): { readonly under: Partial<DeletionEvidence> } {
  return { under: { primary: { listing: 'complete', tags: 20, repository: 'named', ...change } } };
}

const UNREADABLE = 'held: PRIMARY_UNREADABLE';

/** What holds for a repository as a whole. */
export const repositoryTraps: readonly GateTrap[] = [
  [
    'DS-01',
    'the sentinel is gone: another registry may answer',
    { under: { sentinel: 'missing' } },
    'held: SENTINEL_MISSING',
  ],
  [
    'DS-01',
    'the sentinel stands for other content: the primary was restored',
    { under: { sentinel: 'changed' } },
    'held: SENTINEL_MISSING',
  ],
  [
    'DS-01',
    'the sentinel is gone, and an operator asked for deletions by hand',
    {
      under: { sentinel: 'missing' },
      policy: { authority: 'operator-word', budgetAuthority: 'operator-word' },
    },
    'held: SENTINEL_MISSING',
  ],
  ...[...NO_WORDS].map(([value, sentinel]): GateTrap => [
    'DS-01',
    `nobody knows what the sentinel said: it is ${value}`,
    { under: { sentinel } },
    'held: SENTINEL_MISSING',
  ]),

  ['DS-04', 'the listing of the primary is not complete', primary({ listing: 'incomplete' }), UNREADABLE],
  ['DS-04', 'the listing is not complete and empty', primary({ listing: 'incomplete', tags: 0 }), UNREADABLE],
  [
    'DS-04',
    'the listing is not complete, and deletions are off',
    { ...primary({ listing: 'incomplete' }), policy: { orphans: 'off' } },
    UNREADABLE,
  ],
  [
    'DS-04',
    'the listing is not complete, and an operator asked by hand',
    {
      ...primary({ listing: 'incomplete' }),
      policy: { authority: 'operator-word', budgetAuthority: 'operator-word' },
    },
    UNREADABLE,
  ],
  [
    'DS-04',
    'the listing is not complete, and the orphan is a tombstone',
    { ...primary({ listing: 'incomplete' }), of: { content: 'tombstone' } },
    UNREADABLE,
  ],
  ...[...NO_WORDS].map(([value, listing]): GateTrap => [
    'DS-04',
    `nobody knows how the listing ended: it is ${value}`,
    primary({ listing }),
    UNREADABLE,
  ]),
  ...[...NO_NUMBERS].map(([value, tags]): GateTrap => [
    'DS-04',
    `the number of tags of the primary is ${value}`,
    primary({ tags }),
    UNREADABLE,
  ]),

  ['DS-06', 'a copy of the repository failed', { under: { copies: 'some-failed' } }, 'held: COPY_FAILED'],
  [
    'DS-06',
    'a copy failed, and the orphan is a tombstone',
    { under: { copies: 'some-failed' }, of: { content: 'tombstone' } },
    'held: COPY_FAILED',
  ],
  [
    'DS-06',
    'a copy failed, and an operator asked by hand',
    {
      under: { copies: 'some-failed' },
      policy: { authority: 'operator-word', budgetAuthority: 'operator-word' },
    },
    'held: COPY_FAILED',
  ],
  ...[...NO_WORDS].map(([value, copies]): GateTrap => [
    'DS-06',
    `nobody knows how the copies ended: it is ${value}`,
    { under: { copies } },
    'held: COPY_FAILED',
  ]),

  [
    'DS-08',
    'the primary names the repository and has no tag of it',
    primary({ tags: 0 }),
    'held: PRIMARY_EMPTY',
  ],
  [
    'DS-08',
    'the repository has vanished from the primary',
    primary({ tags: 0, repository: 'vanished' }),
    'held: PRIMARY_EMPTY',
  ],
  [
    'DS-08',
    'an empty repository, and an operator asked by hand',
    { ...primary({ tags: 0 }), policy: { authority: 'operator-word', budgetAuthority: 'operator-word' } },
    'held: PRIMARY_EMPTY',
  ],
  [
    'DS-08',
    'a vanished repository, and foreign tags are adopted',
    { ...primary({ tags: 0, repository: 'vanished' }), policy: { adoptForeign: true } },
    'held: PRIMARY_EMPTY',
  ],
  [
    'DS-08',
    'an empty repository with one tag left on the secondary',
    { under: { ...primary({ tags: 0 }).under, secondary: { tags: 1 } } },
    'held: PRIMARY_EMPTY',
  ],
  [
    'DS-08',
    'an empty repository whose orphan was absent for a year',
    { ...primary({ tags: 0 }), of: { observations: 100_000, absentSeconds: 31_536_000 } },
    'held: PRIMARY_EMPTY',
  ],
  [
    'DS-08',
    'an empty repository, and deletions are off: it is no success',
    { ...primary({ tags: 0 }), policy: { orphans: 'off' } },
    'held: PRIMARY_EMPTY',
  ],
  ...[...NO_WORDS].map(([value, repository]): GateTrap => [
    'DS-08',
    `nobody knows whether the empty repository is named: it is ${value}`,
    primary({ tags: 0, repository }),
    'held: PRIMARY_EMPTY',
  ]),

  [
    'DS-09',
    'the filters changed since the last cycle',
    { under: { history: 'configuration-changed' } },
    'held: CONFIG_CHANGED',
  ],
  [
    'DS-09',
    'the filters changed, and the orphan is old',
    { under: { history: 'configuration-changed' }, of: { observations: 99, absentSeconds: 1e9 } },
    'held: CONFIG_CHANGED',
  ],
  [
    'DS-09',
    'it is the first cycle of the repository',
    { under: { history: 'first-cycle' } },
    'held: FIRST_CYCLE',
  ],
  [
    'DS-09',
    'it is the first cycle, and foreign tags are adopted',
    { under: { history: 'first-cycle' }, policy: { adoptForeign: true } },
    'held: FIRST_CYCLE',
  ],
  [
    'DS-09',
    'the state was lost: everything is a first cycle, the orphan of years as well',
    { under: { history: 'first-cycle' }, of: { observations: 99, absentSeconds: 1e9 } },
    'held: FIRST_CYCLE',
  ],
  ...[...NO_WORDS].map(([value, history]): GateTrap => [
    'DS-09',
    `nobody knows what was before: it is ${value}`,
    { under: { history } },
    'held: FIRST_CYCLE',
  ]),

  [
    'DS-11',
    'what is remembered was written later than now',
    { under: { history: 'ahead-of-clock' } },
    'held: TOO_FEW_OBSERVATIONS',
  ],
  [
    'DS-11',
    'the clock was turned back, and the orphan seems old',
    { under: { history: 'ahead-of-clock' }, of: { observations: 99, absentSeconds: 1e9 } },
    'held: TOO_FEW_OBSERVATIONS',
  ],
  [
    'DS-11',
    'this cycle has finished the repository before',
    { under: { history: 'same-cycle' } },
    'held: TOO_FEW_OBSERVATIONS',
  ],

  ['DS-22', 'nobody asked for deletions', { policy: { orphans: 'off' } }, 'skipped: DELETIONS_OFF'],
  [
    'DS-22',
    'nobody asked for deletions, and foreign tags are adopted',
    { policy: { orphans: 'off', adoptForeign: true } },
    'skipped: DELETIONS_OFF',
  ],
  [
    'DS-22',
    'deletions are off, and a number of deletions was said by hand',
    { policy: { orphans: 'off', budgetAuthority: 'operator-word' } },
    'skipped: DELETIONS_OFF',
  ],
  [
    'DS-22',
    'deletions are off, and a tombstone is left over',
    { policy: { orphans: 'off' }, of: { content: 'tombstone' } },
    'skipped: DELETIONS_OFF',
  ],
  [
    'DS-22',
    'deletions are off, and the repository has vanished',
    { ...primary({ tags: 0, repository: 'vanished' }), policy: { orphans: 'off' } },
    'skipped: DELETIONS_OFF',
  ],
  ['DS-22', 'orphans are only reported', { policy: { orphans: 'report' } }, 'skipped: REPORT_ONLY'],
  [
    'DS-22',
    'orphans are only reported, and a tombstone is left over',
    { policy: { orphans: 'report' }, of: { content: 'tombstone' } },
    'skipped: REPORT_ONLY',
  ],
  [
    'DS-22',
    'orphans are only reported, and the repository has vanished',
    { ...primary({ tags: 0, repository: 'vanished' }), policy: { orphans: 'report' } },
    'skipped: REPORT_ONLY',
  ],
  ...[...NO_WORDS].map(([value, orphans]): GateTrap => [
    'DS-22',
    `the switch of deletions is ${value}`,
    { policy: { orphans } },
    'skipped: DELETIONS_OFF',
  ]),

  ['DS-27', 'deletions are frozen', { under: { freeze: 'frozen' } }, 'held: FROZEN'],
  [
    'DS-27',
    'deletions are frozen, and the orphan is a tombstone',
    { under: { freeze: 'frozen' }, of: { content: 'tombstone' } },
    'held: FROZEN',
  ],
  [
    'DS-27',
    'deletions are frozen, and an operator asked by hand',
    { under: { freeze: 'frozen' }, policy: { authority: 'operator-word', budgetAuthority: 'operator-word' } },
    'held: FROZEN',
  ],
  ...[...NO_WORDS].map(([value, freeze]): GateTrap => [
    'DS-27',
    `nobody knows whether deletions are frozen: it is ${value}`,
    { under: { freeze } },
    'held: FROZEN',
  ]),
];
