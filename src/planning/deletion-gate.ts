import type { Digest } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import { allowedDeletions, isMassLoss, type DeletionPolicy } from '../policy/deletion-policy.ts';
import type { GateReason } from './reason-code.ts';

/** An orphan that the lists nominate. */
export interface DeletionCandidate {
  readonly tag: Tag;
  /** `null`: the secondary lists the tag and does not know its manifest. */
  readonly secondaryDigest: Digest | null;
  /** `tombstone`: a dummy that this service put under the tag and could not delete before it died; finishing that is no new deletion. */
  readonly content: 'unknown' | 'tombstone';
  /**
   * Whether the tag was ever seen on the primary or written by this service. `restored`: somebody put it back after its deletion, so
   * it stays until an approval lets it go.
   */
  readonly ownership: 'ours' | 'foreign' | 'restored';
  /** Complete observations in a row, this one included, in which the primary lacked it. */
  readonly observations: number;
  readonly absentSeconds: number;
  /** For a referrers tag or a cosign tag: whether the image that it belongs to may live on the primary. Absent for all others. */
  readonly subject?: 'alive-or-unclear' | 'gone';
}

/**
 * What the primary said of its sentinel. `changed`: it stands for another digest than the one that is written down. Whatever is not
 * an answer in so many words is `missing`.
 */
export type SentinelEvidence = 'not-configured' | 'confirmed' | 'missing' | 'changed';

/** What is known of one repository when its orphans are judged. Evidence that is missing refuses. */
export interface DeletionEvidence {
  readonly policy: DeletionPolicy;
  readonly freeze: 'frozen' | 'not-frozen';
  /** Whether somebody approved exactly the plan that this repository has on this secondary now. */
  readonly approval: 'approved' | 'none';
  /**
   * How reading the primary's tags ended, and how many are in scope. `vanished`: the state knows the repository, and a complete
   * catalog does not name it any more.
   */
  readonly primary: {
    readonly listing: 'complete' | 'incomplete';
    readonly tags: number;
    readonly repository: 'named' | 'vanished';
  };
  readonly secondary: { readonly tags: number };
  /** Repositories that this link has brought to this secondary, and how many of them the primary has lost all tags of. */
  readonly catalog: { readonly known: number; readonly gone: number };
  /** How the copies of this repository ended; `not-run` in a plan. */
  readonly copies: 'not-run' | 'all-done' | 'some-failed';
  /**
   * What earlier cycles left behind. `same-cycle`: this cycle has finished the repository before and looks again. `ahead-of-clock`: it
   * was written later than now, so the state or the clock was turned back.
   */
  readonly history: 'first-cycle' | 'same-cycle' | 'configuration-changed' | 'ahead-of-clock' | 'known';
  readonly sentinel: SentinelEvidence;
  /** Deletions that all repositories of this cycle together want on this secondary, those left out that somebody approved. */
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
  | {
      readonly kind: 'held';
      readonly reason: GateReason;
      readonly message: string;
      /** Whether the tag would go, everything else being as it is, if somebody approved it. */
      readonly releasedBy: 'approval' | 'nothing';
    };

/**
 * Judges the orphans of one repository. Over budget none is allowed, not the first few: a number that surprises the limits
 * says that something else is wrong.
 */
export function judgeDeletions(
  candidates: readonly DeletionCandidate[],
  evidence: DeletionEvidence,
): ReadonlyMap<Tag, GateVerdict> {
  const verdicts = judgeAll(candidates, evidence);
  if (evidence.approval === 'approved') return verdicts;
  const approved = judgeAll(candidates, { ...evidence, approval: 'approved' });
  return new Map(
    [...verdicts].map(([tag, verdict]) => {
      const isReleasable = verdict.kind === 'held' && approved.get(tag)?.kind === 'allowed';
      return [tag, isReleasable ? { ...verdict, releasedBy: 'approval' } : verdict];
    }),
  );
}

function judgeAll(
  candidates: readonly DeletionCandidate[],
  evidence: DeletionEvidence,
): Map<Tag, GateVerdict> {
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
 * The rows that hold for a repository as a whole, the plainest reason first. Here and below only what is known to be good
 * passes: a word that is missing refuses, and so does a number.
 */
function judgeRepository(evidence: DeletionEvidence): GateVerdict | undefined {
  const { primary, freeze, copies, sentinel } = evidence;
  if (primary.listing !== 'complete' || !isCount(primary.tags))
    return held('PRIMARY_UNREADABLE', 'the primary could not be read completely');
  const unwanted = primary.tags === 0 ? judgeEmpty(evidence) : judgeSwitch(evidence);
  if (unwanted !== undefined) return unwanted;
  if (freeze !== 'not-frozen') return FROZEN;
  if (copies !== 'all-done' && copies !== 'not-run')
    return held('COPY_FAILED', 'a copy of this repository failed; deletions wait until all succeed');
  return judgeSentinel(sentinel);
}

function judgeSwitch({ policy }: DeletionEvidence): GateVerdict | undefined {
  if (policy.orphans === 'delete') return undefined;
  return policy.orphans === 'report' ? REPORT_ONLY : DELETIONS_OFF;
}

/** A repository that the primary names and has no tag of is no success, even where nobody asked for deletions. */
function judgeEmpty(evidence: DeletionEvidence): GateVerdict | undefined {
  const isVanished = evidence.primary.repository === 'vanished';
  const switchedOff = judgeSwitch(evidence);
  if (switchedOff !== undefined) return isVanished ? switchedOff : PRIMARY_EMPTY;
  if (isApproved(evidence)) return undefined;
  return isVanished ? PRIMARY_VANISHED : PRIMARY_EMPTY;
}

const PRIMARY_EMPTY = held(
  'PRIMARY_EMPTY',
  'the primary has no tag of this repository; that is never taken for a wish to delete all',
);

const PRIMARY_VANISHED = held(
  'PRIMARY_EMPTY',
  'the primary no longer has this repository; that is never taken for a wish to delete all of it',
);

const REPORT_ONLY: GateVerdict = {
  kind: 'skipped',
  reason: 'REPORT_ONLY',
  message: 'orphans are only reported for this link',
};

const DELETIONS_OFF: GateVerdict = {
  kind: 'skipped',
  reason: 'DELETIONS_OFF',
  message: 'deletions are off for this link',
};

const FROZEN = held('FROZEN', 'deletions are frozen');

function judgeSentinel(sentinel: SentinelEvidence): GateVerdict | undefined {
  if (sentinel === 'not-configured' || sentinel === 'confirmed') return undefined;
  const message =
    sentinel === 'changed'
      ? 'the sentinel tag of the primary stands for another digest than the one that is written down'
      : 'the primary does not have the sentinel tag';
  return held('SENTINEL_MISSING', message);
}

/** Derived data, or a signature: it goes when its image goes, so it is no difference that waits for anything. */
const REFERRER_OF_LIVE_SUBJECT: GateVerdict = {
  kind: 'skipped',
  reason: 'REFERRER_OF_LIVE_SUBJECT',
  message: 'the tag belongs to an image that lives',
};

function judgeCandidate(candidate: DeletionCandidate, evidence: DeletionEvidence): GateVerdict {
  if (candidate.subject !== undefined && candidate.subject !== 'gone') return REFERRER_OF_LIVE_SUBJECT;
  if (candidate.content === 'tombstone' || evidence.policy.authority === 'operator-word') return ALLOWED;
  // What an approver looked at was settled once in this cycle: it is looked at again in the next.
  if (evidence.history === 'same-cycle') return SAME_CYCLE;
  if (isApproved(evidence)) return ALLOWED;
  return (
    judgeHistory(evidence) ??
    judgeOwnership(candidate, evidence) ??
    judgeAbsence(candidate, evidence) ??
    ALLOWED
  );
}

const ALLOWED: GateVerdict = { kind: 'allowed' };

const SAME_CYCLE = held(
  'TOO_FEW_OBSERVATIONS',
  'this cycle looks at the repository for the second time; deletions wait for the next one',
);

function judgeHistory({ history }: DeletionEvidence): GateVerdict | undefined {
  switch (history) {
    case 'known':
      return undefined;
    case 'configuration-changed':
      return held(
        'CONFIG_CHANGED',
        'the filters or the address of the primary changed; one cycle only copies',
      );
    case 'ahead-of-clock':
      return held(
        'TOO_FEW_OBSERVATIONS',
        'what is remembered was written later than now: the clock or the state was turned back; one cycle only copies',
      );
    case 'same-cycle':
      return SAME_CYCLE;
    case 'first-cycle':
    default:
      return held('FIRST_CYCLE', 'the first cycle of a repository only copies');
  }
}

function judgeOwnership(
  { ownership }: DeletionCandidate,
  { policy }: DeletionEvidence,
): GateVerdict | undefined {
  if (ownership === 'ours') return undefined;
  if (ownership === 'restored')
    return held('FOREIGN_TAG', 'the tag was put back after its deletion; only an approval lets it go again');
  return policy.adoptForeign
    ? undefined
    : held('FOREIGN_TAG', 'the tag was neither seen on the primary nor written by this service');
}

function judgeAbsence(
  { observations, absentSeconds }: DeletionCandidate,
  { policy }: DeletionEvidence,
): GateVerdict | undefined {
  const { minObservations, minAbsenceSeconds } = policy;
  const isOften = isCount(observations) && observations >= minObservations;
  if (isOften && Number.isFinite(absentSeconds) && absentSeconds >= minAbsenceSeconds) return undefined;
  return held(
    'TOO_FEW_OBSERVATIONS',
    `absent from the primary in ${observations} of ${minObservations} observations over ${Math.floor(absentSeconds)} of ${minAbsenceSeconds} s`,
  );
}

/** How much may go at once; the limits of one repository first. */
function judgeBudget(deletions: number, evidence: DeletionEvidence): GateVerdict | undefined {
  if (isApproved(evidence)) return undefined;
  const { policy, secondary, catalog, wantedByCycle } = evidence;
  const { tags } = secondary;
  const allowance = allowedDeletions(policy.perRepository, tags);
  if (!(isCount(tags) && deletions <= allowance)) {
    return overBudget(
      `${deletions} of ${tags} tags would be deleted, ${allowance} are allowed per repository`,
    );
  }
  if (policy.budgetAuthority !== 'operator-word') {
    const loss = judgeMassLoss(deletions, tags) ?? judgeCatalog(catalog);
    if (loss !== undefined) return loss;
  }
  return isCount(wantedByCycle) && wantedByCycle <= policy.perCycle
    ? undefined
    : overBudget(
        `${wantedByCycle} tags of all repositories would be deleted, ${policy.perCycle} are allowed per cycle`,
      );
}

function judgeMassLoss(deletions: number, tags: number): GateVerdict | undefined {
  if (!isMassLoss(deletions, tags)) return undefined;
  return overBudget(
    deletions === tags
      ? `all ${tags} tags of the repository would be deleted`
      : `${deletions} of ${tags} tags would be deleted, more than half of the repository`,
  );
}

/** What a storage that was lost in part, or a list that is short, looks like (failure mode DS-08). */
const MOST_GONE_PERCENT = 5;

function judgeCatalog({ known, gone }: DeletionEvidence['catalog']): GateVerdict | undefined {
  if (isCount(known) && isCount(gone) && gone * 100 <= known * MOST_GONE_PERCENT) return undefined;
  return overBudget(
    `${gone} of ${known} repositories are gone from the primary, more than ${MOST_GONE_PERCENT} % of its catalog`,
  );
}

function isApproved({ approval }: DeletionEvidence): boolean {
  return approval === 'approved';
}

function isCount(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0;
}

/** What the registries say of one candidate in the second before its deletion. */
export interface LastLook {
  readonly freeze: DeletionEvidence['freeze'];
  readonly sentinel: SentinelEvidence;
  /** `no-tags`: the primary has no tag of the repository left, or not even the repository, and an approval lets all of them go. */
  readonly repository: 'lives' | 'no-tags';
  /**
   * The point lookup on the primary. `unknown`: MANIFEST_UNKNOWN in so many words. `repository-unknown`: NAME_UNKNOWN, which says as
   * much only where the whole repository may go.
   */
  readonly primary: 'unknown' | 'repository-unknown' | 'present' | 'unclear';
  /**
   * A tag that both sides have, of another repository where this one has none, asked of the primary in the same second; `unclear`
   * when it does not answer, or there is none.
   */
  readonly control: 'present' | 'unclear';
  /** Whether the secondary's tag still is what the plan saw. */
  readonly secondary: 'as-planned' | 'changed' | 'gone' | 'unclear';
}

/** The last word before a DELETE is sent. No approval overrides any of it. */
export function judgeLastLook(look: LastLook): GateVerdict {
  if (look.freeze !== 'not-frozen') return FROZEN;
  const sentinel = judgeSentinel(look.sentinel);
  if (sentinel !== undefined) return sentinel;
  if (look.primary === 'present')
    return held('PRIMARY_STILL_HAS_TAG', 'the primary has the tag, whatever its listing said');
  if (!isKnownToBeGone(look))
    return held(
      'PRIMARY_UNREADABLE',
      'the primary did not say in so many words that it does not know the tag',
    );
  if (look.control !== 'present')
    return held('PRIMARY_UNREADABLE', 'the primary did not answer for a tag that it has');
  if (look.secondary !== 'as-planned')
    return held('SECONDARY_CHANGED', 'the tag on the secondary is not what the plan saw');
  return ALLOWED;
}

function isKnownToBeGone({ primary, repository }: LastLook): boolean {
  return primary === 'unknown' || (primary === 'repository-unknown' && repository === 'no-tags');
}

function overBudget(message: string): GateVerdict {
  return held('OVER_BUDGET', message);
}

function held(reason: GateReason, message: string): GateVerdict {
  return { kind: 'held', reason, message, releasedBy: 'nothing' };
}
