import type { Digest } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import { allowedDeletions, type DeletionPolicy } from '../policy/deletion-policy.ts';
import type { GateReason } from './reason-code.ts';

/** An orphan that the lists nominate. */
export interface DeletionCandidate {
  readonly tag: Tag;
  /** `null`: the secondary lists the tag and does not know its manifest. */
  readonly secondaryDigest: Digest | null;
  /** `tombstone`: a dummy that this service put under the tag and could not delete before it died; finishing that is no new deletion. */
  readonly content: 'unknown' | 'tombstone';
  /** Whether the tag was ever seen on the primary or written by this service. */
  readonly ownership: 'ours' | 'foreign';
  /** Complete observations in a row, this one included, in which the primary lacked it. */
  readonly observations: number;
  readonly absentSeconds: number;
  /** For a referrers tag or a cosign tag: whether the image that it belongs to may live on the primary. Absent for all others. */
  readonly subject?: 'alive-or-unclear' | 'gone';
}

/** What is known of one repository when its orphans are judged. Evidence that is missing refuses. */
export interface DeletionEvidence {
  readonly policy: DeletionPolicy;
  readonly freeze: 'frozen' | 'not-frozen';
  /** How reading the primary's tags ended, and how many are in scope. */
  readonly primary: { readonly listing: 'complete' | 'incomplete'; readonly tags: number };
  readonly secondary: { readonly tags: number };
  /** How the copies of this repository ended; `not-run` in a plan. */
  readonly copies: 'not-run' | 'all-done' | 'some-failed';
  /** What earlier cycles left behind; `same-cycle`: this cycle has finished the repository before and looks again. */
  readonly history: 'first-cycle' | 'same-cycle' | 'configuration-changed' | 'known';
  readonly sentinel: 'not-configured' | 'confirmed' | 'missing';
  /** Deletions that all repositories of this cycle together want on this secondary. */
  readonly wantedByCycle: number;
}

export type GateVerdict =
  | { readonly kind: 'allowed' }
  /** Not wanted by the policy: no difference that the operator is waiting for (`DELETIONS_OFF`), or only a report. */
  | {
      readonly kind: 'skipped';
      readonly reason: Extract<GateReason, 'DELETIONS_OFF' | 'REPORT_ONLY' | 'REFERRER_OF_LIVE_SUBJECT'>;
      readonly message: string;
    }
  | { readonly kind: 'held'; readonly reason: GateReason; readonly message: string };

/**
 * Judges the orphans of one repository. Over budget none is allowed, not the first few: a number that surprises the limits
 * says that something else is wrong.
 */
export function judgeDeletions(
  candidates: readonly DeletionCandidate[],
  evidence: DeletionEvidence,
): ReadonlyMap<Tag, GateVerdict> {
  const forAll = judgeRepository(evidence);
  const verdicts = new Map(
    candidates.map((candidate) => [candidate.tag, forAll ?? judgeCandidate(candidate, evidence)]),
  );
  const fresh = candidates.filter(
    ({ tag, content }) => content !== 'tombstone' && verdicts.get(tag)?.kind === 'allowed',
  );
  const overBudget = judgeBudget(fresh.length, evidence);
  if (overBudget !== undefined) for (const { tag } of fresh) verdicts.set(tag, overBudget);
  return verdicts;
}

/**
 * The rows that hold for a repository as a whole, the plainest reason first. Here and below numbers are compared so that NaN,
 * a number that is missing, refuses.
 */
function judgeRepository(evidence: DeletionEvidence): GateVerdict | undefined {
  const { policy, primary } = evidence;
  if (primary.listing === 'incomplete')
    return held('PRIMARY_UNREADABLE', 'the primary could not be read completely');
  // Before the switch: a primary without tags is no success, even where nobody asked for deletions.
  if (!(primary.tags > 0))
    return held(
      'PRIMARY_EMPTY',
      'the primary has no tag of this repository; that is never taken for a wish to delete all',
    );
  if (policy.orphans === 'off')
    return { kind: 'skipped', reason: 'DELETIONS_OFF', message: 'deletions are off for this link' };
  if (policy.orphans === 'report')
    return { kind: 'skipped', reason: 'REPORT_ONLY', message: 'orphans are only reported for this link' };
  if (evidence.freeze === 'frozen') return held('FROZEN', 'deletions are frozen');
  if (evidence.copies === 'some-failed')
    return held('COPY_FAILED', 'a copy of this repository failed; deletions wait until all succeed');
  return evidence.sentinel === 'missing'
    ? held('SENTINEL_MISSING', 'the primary does not have the sentinel tag')
    : undefined;
}

/** Derived data, or a signature: it goes when its image goes, so it is no difference that waits for anything. */
const REFERRER_OF_LIVE_SUBJECT: GateVerdict = {
  kind: 'skipped',
  reason: 'REFERRER_OF_LIVE_SUBJECT',
  message: 'the tag belongs to an image that lives',
};

function judgeHistory({ history }: DeletionEvidence): GateVerdict | undefined {
  switch (history) {
    case 'first-cycle':
      return held('FIRST_CYCLE', 'the first cycle of a repository only copies');
    case 'same-cycle':
      return held(
        'TOO_FEW_OBSERVATIONS',
        'this cycle looks at the repository for the second time; deletions wait for the next one',
      );
    case 'configuration-changed':
      return held(
        'CONFIG_CHANGED',
        'the filters or the address of the primary changed; one cycle only copies',
      );
    case 'known':
      return undefined;
  }
}

function judgeCandidate(candidate: DeletionCandidate, evidence: DeletionEvidence): GateVerdict {
  const { policy } = evidence;
  if (candidate.subject === 'alive-or-unclear') return REFERRER_OF_LIVE_SUBJECT;
  if (policy.authority === 'operator-word' || candidate.content === 'tombstone') return { kind: 'allowed' };
  const history = judgeHistory(evidence);
  if (history !== undefined) return history;
  if (candidate.ownership === 'foreign' && !policy.adoptForeign) {
    return held('FOREIGN_TAG', 'the tag was neither seen on the primary nor written by this service');
  }
  const isSeenEnough =
    candidate.observations >= policy.minObservations && candidate.absentSeconds >= policy.minAbsenceSeconds;
  if (!isSeenEnough) {
    return held(
      'TOO_FEW_OBSERVATIONS',
      `absent from the primary in ${candidate.observations} of ${policy.minObservations} observations over ${Math.floor(candidate.absentSeconds)} of ${policy.minAbsenceSeconds} s`,
    );
  }
  return { kind: 'allowed' };
}

function judgeBudget(deletions: number, evidence: DeletionEvidence): GateVerdict | undefined {
  const allowance = allowedDeletions(evidence.policy.perRepository, evidence.secondary.tags);
  if (!(deletions <= allowance)) {
    return held(
      'OVER_BUDGET',
      `${deletions} of ${evidence.secondary.tags} tags would be deleted, ${allowance} are allowed per repository`,
    );
  }
  const { perCycle } = evidence.policy;
  if (!(evidence.wantedByCycle <= perCycle)) {
    return held(
      'OVER_BUDGET',
      `${evidence.wantedByCycle} tags of all repositories would be deleted, ${perCycle} are allowed per cycle`,
    );
  }
  return undefined;
}

/** What the registries say of one candidate in the second before its deletion. */
export interface LastLook {
  /** The point lookup on the primary. `unknown`: MANIFEST_UNKNOWN in so many words. */
  readonly primary: 'unknown' | 'present' | 'unclear';
  /** A tag that both sides have, asked of the primary in the same second; `unclear` when it does not answer, or there is none. */
  readonly control: 'present' | 'unclear';
  /** Whether the secondary's tag still is what the plan saw. */
  readonly secondary: 'as-planned' | 'changed' | 'gone' | 'unclear';
}

/** The last word before a DELETE is sent. */
export function judgeLastLook(look: LastLook): GateVerdict {
  if (look.primary === 'present')
    return held('PRIMARY_STILL_HAS_TAG', 'the primary has the tag, whatever its listing said');
  if (look.primary === 'unclear')
    return held(
      'PRIMARY_UNREADABLE',
      'the primary did not say in so many words that it does not know the tag',
    );
  if (look.control === 'unclear')
    return held('PRIMARY_UNREADABLE', 'the primary did not answer for a tag that it has');
  if (look.secondary !== 'as-planned')
    return held('SECONDARY_CHANGED', 'the tag on the secondary is not what the plan saw');
  return { kind: 'allowed' };
}

function held(reason: GateReason, message: string): GateVerdict {
  return { kind: 'held', reason, message };
}
