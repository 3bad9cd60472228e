import { NO_WORDS, type LookTrap } from './gate-trap.ts';

const UNREADABLE = 'held: PRIMARY_UNREADABLE';
const CHANGED = 'held: SECONDARY_CHANGED';

/** What the registries say in the second before the deletion. */
export const lookTraps: readonly LookTrap[] = [
  ['DS-01', 'the sentinel went away since the verdict', { sentinel: 'missing' }, 'held: SENTINEL_MISSING'],
  [
    'DS-01',
    'the sentinel stands for something else since the verdict',
    { sentinel: 'changed' },
    'held: SENTINEL_MISSING',
  ],
  ...[...NO_WORDS].map(([value, sentinel]): LookTrap => [
    'DS-01',
    `nobody knows what the sentinel says now: it is ${value}`,
    { sentinel },
    'held: SENTINEL_MISSING',
  ]),
  [
    'DS-02',
    'the primary has the tag, whatever its list said',
    { primary: 'present' },
    'held: PRIMARY_STILL_HAS_TAG',
  ],
  [
    'DS-02',
    'the primary has the tag, and the repository is said to have none',
    { primary: 'present', repository: 'no-tags' },
    'held: PRIMARY_STILL_HAS_TAG',
  ],
  ['DS-02', 'the primary says nothing that can be understood', { primary: 'unclear' }, UNREADABLE],
  [
    'DS-02',
    'the primary does not know the repository of which it listed tags',
    { primary: 'repository-unknown' },
    UNREADABLE,
  ],
  [
    'DS-02',
    'the primary says nothing that can be understood of a repository without tags',
    { primary: 'unclear', repository: 'no-tags' },
    UNREADABLE,
  ],
  ...[...NO_WORDS].map(([value, primary]): LookTrap => [
    'DS-02',
    `the point lookup has no result: it is ${value}`,
    { primary },
    UNREADABLE,
  ]),
  ...[...NO_WORDS].map(([value, repository]): LookTrap => [
    'DS-02',
    `the repository is unknown, and whether it may be is ${value}`,
    { primary: 'repository-unknown', repository },
    UNREADABLE,
  ]),
  ['DS-03', 'a tag that the primary has does not answer either', { control: 'unclear' }, UNREADABLE],
  [
    'DS-03',
    'no tag of any repository proves that the primary speaks the truth',
    { control: 'unclear', repository: 'no-tags', primary: 'repository-unknown' },
    UNREADABLE,
  ],
  ...[...NO_WORDS].map(([value, control]): LookTrap => [
    'DS-03',
    `nobody knows whether the control tag answered: it is ${value}`,
    { control },
    UNREADABLE,
  ]),
  [
    'DS-12',
    'the tag of the secondary stands for something else since the plan',
    { secondary: 'changed' },
    CHANGED,
  ],
  ['DS-12', 'the tag of the secondary is gone since the plan', { secondary: 'gone' }, CHANGED],
  ['DS-12', 'the secondary does not say what its tag stands for', { secondary: 'unclear' }, CHANGED],
  ...[...NO_WORDS].map(([value, secondary]): LookTrap => [
    'DS-12',
    `nobody knows what the secondary has: it is ${value}`,
    { secondary },
    CHANGED,
  ]),
  ['DS-27', 'deletions were frozen since the verdict', { freeze: 'frozen' }, 'held: FROZEN'],
  ...[...NO_WORDS].map(([value, freeze]): LookTrap => [
    'DS-27',
    `nobody knows whether deletions are frozen now: it is ${value}`,
    { freeze },
    'held: FROZEN',
  ]),
];
