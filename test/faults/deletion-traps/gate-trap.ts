import { digestOf } from '../../../src/oci/digest.ts';
import { parseTag, type Tag } from '../../../src/oci/reference.ts';
import type { DeletionCandidate, DeletionEvidence, LastLook } from '../../../src/planning/deletion-gate.ts';
import type { DeletionPolicy } from '../../../src/policy/deletion-policy.ts';

/** A row of the catalogue of failure modes, section "Deletion safety". */
export type FailureMode = `DS-${number}`;

/** What a trap changes of a repository whose orphan might go. */
export interface TrapChange {
  readonly of?: Partial<DeletionCandidate>;
  readonly under?: Partial<DeletionEvidence>;
  readonly policy?: Partial<DeletionPolicy>;
  /** Orphans like this one; 1 unless given. */
  readonly orphans?: number;
}

/** A repository before the gate: which failure mode, what is the matter, and what the gate has to say of every orphan. */
export type GateTrap = readonly [mode: FailureMode, trap: string, change: TrapChange, says: string];

/** The last look at a tag right before its deletion. */
export type LookTrap = readonly [mode: FailureMode, trap: string, look: Partial<LastLook>, says: string];

/** What an operator gets who only asks for deletions. */
export const POLICY: DeletionPolicy = {
  orphans: 'delete',
  fallback: 'none',
  authority: 'policy',
  perRepository: { kind: 'default' },
  budgetAuthority: 'policy',
  perCycle: 100,
  minAbsenceSeconds: 600,
  minObservations: 2,
  adoptForeign: false,
};

/** A tag that may go, by everything that is known. */
function orphanNamed(tag: Tag): DeletionCandidate {
  return {
    tag,
    secondaryDigest: digestOf(Buffer.from('orphan')),
    content: 'unknown',
    ownership: 'ours',
    observations: 2,
    absentSeconds: 600,
  };
}

const NOTHING_AGAINST: DeletionEvidence = {
  policy: POLICY,
  freeze: 'not-frozen',
  approval: 'none',
  primary: { listing: 'complete', tags: 20, repository: 'named' },
  secondary: { tags: 21 },
  catalog: { known: 40, gone: 0 },
  copies: 'all-done',
  history: 'known',
  sentinel: 'confirmed',
  wantedByCycle: 1,
};

export const GOOD_LOOK: LastLook = {
  freeze: 'not-frozen',
  sentinel: 'confirmed',
  repository: 'lives',
  primary: 'unknown',
  control: 'present',
  secondary: 'as-planned',
};

/** The question that a trap puts to the gate. */
export function questionOf({ of = {}, under = {}, policy = {}, orphans = 1 }: TrapChange): {
  readonly candidates: readonly DeletionCandidate[];
  readonly evidence: DeletionEvidence;
} {
  const tags = Array.from({ length: orphans }, (_none, number) => parseTag(`orphan-${number + 1}`));
  return {
    candidates: tags.map((tag) => ({ ...orphanNamed(tag), ...of })),
    evidence: { ...NOTHING_AGAINST, ...under, policy: { ...POLICY, ...policy } },
  };
}

/** Every value that is no number of anything, as a lost column, a failed sum or a parser might leave it. */
export const NO_NUMBERS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    undefined: undefined,
    null: null,
    NaN,
    'below zero': -1,
    'a fraction': 1.5,
    infinite: Infinity,
    'beyond what can be counted': 2 ** 53,
    'a text': '20',
  }) as [string, number][],
);

/** Every value that is none of the words that were agreed on. */
export const NO_WORDS: ReadonlyMap<string, never> = new Map(
  Object.entries({
    undefined: undefined,
    null: null,
    empty: '',
    'a word of a later version': 'fine',
  }) as [string, never][],
);
