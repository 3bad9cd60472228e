import { createHash } from 'node:crypto';
import type { Digest } from '../oci/digest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { DeletionPolicy } from '../policy/deletion-policy.ts';
import type { DeletionCandidate, GateVerdict } from './deletion-gate.ts';
import type { GateReason } from './reason-code.ts';

/** Where the tags of a plan are: one repository of one secondary, for one link. */
export interface PlanPlace {
  readonly link: string;
  readonly secondary: string;
  /** The repository on the secondary. */
  readonly repository: RepositoryName;
}

/** A tag that an approval would let go. */
export interface HeldTag {
  readonly tag: Tag;
  /** What it stands for; `null`: its manifest is unknown. */
  readonly secondaryDigest: Digest | null;
  /** Why the gate holds it. */
  readonly reason: GateReason;
  readonly message: string;
}

/** Deletions of one repository that wait for an approver, under the hash of what they would delete. */
export interface HeldPlan {
  readonly hash: string;
  /** In the order of their tags. */
  readonly items: readonly HeldTag[];
}

/**
 * What waits for an approval. `unclear`: something that no approval overrides (a freeze, a failed copy, a primary that cannot be
 * read) came first, so that what waited before may still.
 */
export type WaitingPlan =
  | { readonly kind: 'held'; readonly plan: HeldPlan }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unclear' };

/** What the gate was asked, and what it said while nothing was approved. */
export interface JudgedOrphans {
  readonly policy: Pick<DeletionPolicy, 'orphans'>;
  readonly candidates: readonly DeletionCandidate[];
  readonly verdicts: ReadonlyMap<Tag, GateVerdict>;
}

/** Exactly the tags that the gate would let go if somebody approved them, everything else being as it is. */
export function waitingPlanOf(
  place: PlanPlace,
  { policy, candidates, verdicts }: JudgedOrphans,
): WaitingPlan {
  if (policy.orphans !== 'delete') return { kind: 'nothing' };
  const items: HeldTag[] = [];
  for (const { tag, secondaryDigest } of candidates) {
    const verdict = verdicts.get(tag);
    if (verdict?.kind !== 'held') continue;
    if (verdict.releasedBy === 'nothing') return { kind: 'unclear' };
    items.push({ tag, secondaryDigest, reason: verdict.reason, message: verdict.message });
  }
  if (items.length === 0) return { kind: 'nothing' };
  const ordered = items.toSorted((a, b) => (a.tag < b.tag ? -1 : 1));
  return { kind: 'held', plan: { hash: hashOf(place, ordered), items: ordered } };
}

/** Part of the hashed text: a change of the form must change every hash, so that no approval passes to what nobody looked at. */
const FORM = 'held-plan-1';

/**
 * The same while the same tags of the same place stand for the same digests, whatever holds them back; but that a repository
 * goes as a whole is another question than that some of its tags go.
 */
function hashOf({ link, secondary, repository }: PlanPlace, items: readonly HeldTag[]): string {
  const extent = items.some(({ reason }) => reason === 'PRIMARY_EMPTY') ? 'repository' : 'tags';
  const tags = items.map(({ tag, secondaryDigest }) => [tag, secondaryDigest]);
  const text = JSON.stringify([FORM, link, secondary, repository, extent, tags]);
  return createHash('sha256').update(text).digest('hex');
}
