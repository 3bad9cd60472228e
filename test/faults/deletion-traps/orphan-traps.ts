import { DEFAULT_BUDGET, type Budget } from '../../../src/policy/deletion-policy.ts';
import { NO_NUMBERS, NO_WORDS, type GateTrap, type TrapChange } from './gate-trap.ts';

const TOO_FEW = 'held: TOO_FEW_OBSERVATIONS';
const FOREIGN = 'held: FOREIGN_TAG';
const LIVES = 'skipped: REFERRER_OF_LIVE_SUBJECT';
const OVER = 'held: OVER_BUDGET';

/** What holds for one orphan. */
export const orphanTraps: readonly GateTrap[] = [
  ['DS-05', 'it was absent once', { of: { observations: 1 } }, TOO_FEW],
  ['DS-05', 'it was never seen absent', { of: { observations: 0 } }, TOO_FEW],
  [
    'DS-05',
    'it was absent once, for a year',
    { of: { observations: 1, absentSeconds: 31_536_000 } },
    TOO_FEW,
  ],
  [
    'DS-05',
    'it was absent a thousand times, within a moment',
    { of: { observations: 1000, absentSeconds: 599 } },
    TOO_FEW,
  ],
  ['DS-05', 'it was absent a thousandth of a second too short', { of: { absentSeconds: 599.999 } }, TOO_FEW],
  [
    'DS-05',
    'three observations are asked for, and there are two',
    { policy: { minObservations: 3 } },
    TOO_FEW,
  ],
  [
    'DS-05',
    'a day is asked for, and it was an hour',
    { policy: { minAbsenceSeconds: 86_400 }, of: { absentSeconds: 3600 } },
    TOO_FEW,
  ],
  ...[...NO_NUMBERS]
    .filter(([value]) => value !== 'beyond what can be counted')
    .map(([value, observations]): GateTrap => [
      'DS-05',
      `the number of observations is ${value}`,
      { of: { observations } },
      TOO_FEW,
    ]),
  ['DS-05', 'there are more observations than can be counted', { of: { observations: 2 ** 53 } }, TOO_FEW],
  ...[...NO_NUMBERS]
    .filter(([value]) => !value.startsWith('beyond'))
    .map(([value, absentSeconds]): GateTrap => [
      'DS-05',
      `the time of absence is ${value}`,
      { of: { absentSeconds } },
      TOO_FEW,
    ]),
  [
    'DS-05',
    'nobody knows how many observations are asked for',
    { policy: { minObservations: NaN } },
    TOO_FEW,
  ],
  ['DS-05', 'nobody knows how long an absence is asked for', { policy: { minAbsenceSeconds: NaN } }, TOO_FEW],
  ['DS-11', 'the clock went back behind the first absence', { of: { absentSeconds: -3600 } }, TOO_FEW],

  [
    'DS-10',
    'it was never on the primary nor written by this service',
    { of: { ownership: 'foreign' } },
    FOREIGN,
  ],
  [
    'DS-10',
    'it is foreign and stood there for a year',
    { of: { ownership: 'foreign', observations: 9999, absentSeconds: 31_536_000 } },
    FOREIGN,
  ],
  [
    'DS-10',
    'it is foreign, has no manifest, and nobody adopts it',
    { of: { ownership: 'foreign', secondaryDigest: null } },
    FOREIGN,
  ],
  ['DS-29', 'it was put back after its deletion', { of: { ownership: 'restored' } }, FOREIGN],
  [
    'DS-29',
    'it was put back after its deletion, and foreign tags are adopted',
    { of: { ownership: 'restored' }, policy: { adoptForeign: true } },
    FOREIGN,
  ],
  ...[...NO_WORDS].map(([value, ownership]): GateTrap => [
    'DS-10',
    `nobody knows whose it is: it is ${value}`,
    { of: { ownership } },
    FOREIGN,
  ]),

  ['DS-26', 'it is the signature of an image that may live', { of: { subject: 'alive-or-unclear' } }, LIVES],
  [
    'DS-26',
    'it is a signature of a living image, and an operator asked by hand',
    {
      of: { subject: 'alive-or-unclear' },
      policy: { authority: 'operator-word', budgetAuthority: 'operator-word' },
    },
    LIVES,
  ],
  [
    'DS-26',
    'it is a signature of a living image, in a tombstone',
    { of: { subject: 'alive-or-unclear', content: 'tombstone' } },
    LIVES,
  ],
  [
    'DS-26',
    'it is a foreign signature of a living image, and foreign tags are adopted',
    { of: { subject: 'alive-or-unclear', ownership: 'foreign' }, policy: { adoptForeign: true } },
    LIVES,
  ],
  [
    'DS-26',
    'it is a signature of a living image in the first cycle',
    { of: { subject: 'alive-or-unclear' }, under: { history: 'first-cycle' } },
    LIVES,
  ],
  ...[...NO_WORDS]
    .filter(([value]) => value !== 'undefined')
    .map(([value, subject]): GateTrap => [
      'DS-26',
      `nobody knows whether its image lives: it is ${value}`,
      { of: { subject } },
      LIVES,
    ]),

  [
    'DS-16',
    'it is a tombstone that this cycle has left behind before: it is finished',
    { of: { content: 'tombstone', ownership: 'foreign', observations: 1 } },
    'allowed',
  ],
  ...[...NO_WORDS].map(([value, content]): GateTrap => [
    'DS-16',
    `nobody knows whether it is a tombstone, it is ${value}, and it is foreign`,
    { of: { content, ownership: 'foreign' } },
    FOREIGN,
  ]),
  ...[...NO_WORDS].map(([value, authority]): GateTrap => [
    'DS-10',
    `nobody knows who asked, it is ${value}, and the orphan is foreign`,
    { policy: { authority }, of: { ownership: 'foreign' } },
    FOREIGN,
  ]),
];

/** `orphans` of the `tags` that the secondary has. */
function loss(orphans: number, tags: number, perRepository: Budget = DEFAULT_BUDGET): TrapChange {
  return { orphans, under: { secondary: { tags }, wantedByCycle: orphans }, policy: { perRepository } };
}

function percent(n: number): Budget {
  return { kind: 'percent', n };
}

function count(n: number): Budget {
  return { kind: 'count', n };
}

/** What goes at once. */
export const budgetTraps: readonly GateTrap[] = [
  ['DS-07', 'six of twenty tags: one more than every repository is granted', loss(6, 20), OVER],
  ['DS-07', 'six of 59 tags', loss(6, 59), OVER],
  ['DS-07', 'six of 60 tags: a tenth', loss(6, 60), 'allowed'],
  ['DS-07', 'seven of 60 tags', loss(7, 60), OVER],
  ['DS-07', 'eleven of a hundred tags: no first ten either', loss(11, 100), OVER],
  ['DS-07', 'one of three tags under a budget of one in a hundred', loss(1, 3, percent(1)), OVER],
  ['DS-07', 'two of a hundred tags under a budget of one in a hundred', loss(2, 100, percent(1)), OVER],
  ['DS-07', 'two of a thousand tags under a budget of one tag', loss(2, 1000, count(1)), OVER],
  [
    'DS-07',
    'one of 199 tags under a budget of half of one percent, which is none',
    loss(1, 199, percent(0.5)),
    OVER,
  ],
  ['DS-07', 'a budget that is no number', loss(1, 20, count(NaN)), OVER],
  ['DS-07', 'a percentage that is no number', loss(1, 20, percent(NaN)), OVER],
  ['DS-07', 'a budget below zero', loss(1, 20, count(-1)), OVER],
  [
    'DS-07',
    'a budget of a kind that nobody knows',
    loss(1, 20, { kind: 'generous' } as unknown as Budget),
    OVER,
  ],
  ['DS-07', 'a hundred and one tags of all repositories', { under: { wantedByCycle: 101 } }, OVER],
  ['DS-07', 'one tag where the cycle may delete none', { policy: { perCycle: 0 } }, OVER],
  [
    'DS-07',
    'two tags of all repositories where the cycle may delete one',
    { policy: { perCycle: 1 }, under: { wantedByCycle: 2 } },
    OVER,
  ],
  ['DS-07', 'nobody knows what the cycle may delete', { policy: { perCycle: NaN } }, OVER],
  ...[...NO_NUMBERS].map(([value, wantedByCycle]): GateTrap => [
    'DS-07',
    `the number of deletions that the cycle wants is ${value}`,
    { under: { wantedByCycle } },
    OVER,
  ]),
  ...[...NO_NUMBERS].map(([value, tags]): GateTrap => [
    'DS-07',
    `the number of tags of the secondary is ${value}`,
    { under: { secondary: { tags } } },
    OVER,
  ]),
  [
    'DS-07',
    'six tags at the word of an operator who named no number',
    { ...loss(6, 20), policy: { authority: 'operator-word' } },
    OVER,
  ],
  [
    'DS-07',
    'three tags at the word of an operator who said two',
    {
      ...loss(3, 20),
      policy: { authority: 'operator-word', budgetAuthority: 'operator-word', perRepository: count(2) },
    },
    OVER,
  ],

  ['DS-08', 'all six tags, under a budget of all', loss(6, 6, percent(100)), OVER],
  ['DS-08', 'seven of thirteen tags, under a budget of all', loss(7, 13, percent(100)), OVER],
  ['DS-08', 'six of twelve tags, under a budget of all: half', loss(6, 12, percent(100)), 'allowed'],
  ['DS-08', 'six of eleven tags, under a budget of a thousand', loss(6, 11, count(1000)), OVER],
  ['DS-08', 'more orphans than tags', loss(7, 6, percent(100)), OVER],
  [
    'DS-08',
    'one of twenty repositories is gone: five in a hundred',
    { under: { catalog: { known: 20, gone: 1 } } },
    'allowed',
  ],
  ['DS-08', 'one of nineteen repositories is gone', { under: { catalog: { known: 19, gone: 1 } } }, OVER],
  ['DS-08', 'the only repository is gone', { under: { catalog: { known: 1, gone: 1 } } }, OVER],
  ['DS-08', 'all repositories are gone', { under: { catalog: { known: 400, gone: 400 } } }, OVER],
  [
    'DS-08',
    'more repositories are gone than were known',
    { under: { catalog: { known: 0, gone: 1 } } },
    OVER,
  ],
  [
    'DS-08',
    'a catalog that has lost a tenth, and an operator who asked by hand but said no number',
    { under: { catalog: { known: 20, gone: 2 } }, policy: { authority: 'operator-word' } },
    OVER,
  ],
  ...[...NO_NUMBERS].map(([value, known]): GateTrap => [
    'DS-08',
    `the number of known repositories is ${value}`,
    { under: { catalog: { known, gone: 0 } } },
    OVER,
  ]),
  ...[...NO_NUMBERS].map(([value, gone]): GateTrap => [
    'DS-08',
    `the number of vanished repositories is ${value}`,
    { under: { catalog: { known: 40, gone } } },
    OVER,
  ]),
  ...[...NO_WORDS].map(([value, budgetAuthority]): GateTrap => [
    'DS-08',
    `nobody knows who said the number, it is ${value}, and all six tags would go`,
    { ...loss(6, 6), policy: { budgetAuthority, perRepository: percent(100) } },
    OVER,
  ]),
];
