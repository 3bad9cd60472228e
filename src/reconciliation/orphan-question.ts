import type { Digest } from '../oci/digest.ts';
import { subjectOfDigestTag, type RepositoryName, type Tag } from '../oci/reference.ts';
import { digestOfEntry, type TagMap } from '../oci/tag-map.ts';
import { lookUpManifest, type OrphanSurroundings } from '../execution/deletion-evidence.ts';
import {
  judgeDeletions,
  type DeletionCandidate,
  type DeletionEvidence,
  type GateVerdict,
} from '../planning/deletion-gate.ts';
import { observeAbsence } from '../planning/remember-repository.ts';
import type { RepositoryMemory } from '../planning/repository-memory.ts';
import type { RepositoryPlan } from '../planning/repository-plan.ts';
import { contentDigestOf, type PlanStep } from '../planning/step.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';

/** Everything that bears on the orphans of one repository. */
export interface OrphanQuestion {
  readonly context: LinkContext;
  readonly secondary: SecondaryContext;
  readonly primaryRepository: RepositoryName;
  readonly secondaryRepository: RepositoryName;
  readonly primaryTags: TagMap;
  readonly secondaryTags: TagMap;
  readonly plan: RepositoryPlan;
  readonly memory: RepositoryMemory | undefined;
  readonly copies: DeletionEvidence['copies'];
  readonly copyAgain: OrphanSurroundings['copyAgain'];
}

/** Gathers the evidence and puts it before the gate. */
export async function judgeOrphans(
  question: OrphanQuestion,
  wantedByCycle: number,
): Promise<ReadonlyMap<Tag, GateVerdict>> {
  const { context, plan, primaryTags, secondaryTags, copies } = question;
  const candidates: DeletionCandidate[] = [];
  for (const step of plan.orphans) candidates.push(await toCandidate(step, question));
  return judgeDeletions(candidates, {
    policy: context.link.policy.deletions,
    freeze: 'not-frozen',
    approval: 'none',
    primary: { listing: 'complete', tags: primaryTags.size, repository: 'named' },
    secondary: { tags: secondaryTags.size },
    catalog: { known: 0, gone: 0 },
    copies,
    history: historyOf(question),
    sentinel: await lookForSentinel(context),
    wantedByCycle,
  });
}

/** How many deletions the gate lets through. */
export function countAllowed(verdicts: ReadonlyMap<Tag, GateVerdict>): number {
  return [...verdicts.values()].filter(({ kind }) => kind === 'allowed').length;
}

async function toCandidate(step: PlanStep, question: OrphanQuestion): Promise<DeletionCandidate> {
  const { context, memory, secondary, secondaryRepository } = question;
  const record = memory?.tags.get(step.tag);
  const now = context.clock.now();
  const absence = observeAbsence(record, now);
  // Only where tombstones are allowed can one have been left behind.
  const mayBeTombstone =
    context.link.policy.deletions.fallback === 'tombstone' && step.secondaryDigest !== null;
  const isTombstone =
    mayBeTombstone && (await secondary.deleter.isLeftoverTombstone(secondaryRepository, step.tag));
  const subject = await lookForSubject(step.tag, question);
  return {
    ...(subject === undefined ? {} : { subject }),
    tag: step.tag,
    secondaryDigest: step.secondaryDigest,
    content: isTombstone ? 'tombstone' : 'unknown',
    ownership: record?.lastAppliedDigest ? 'ours' : 'foreign',
    observations: absence.orphanObservations,
    absentSeconds: (now.getTime() - absence.orphanSince.getTime()) / 1000,
  };
}

/** Whether the image that a referrers tag or a cosign tag belongs to lives on the primary; when in doubt it does. */
async function lookForSubject(
  tag: Tag,
  { context, primaryRepository, primaryTags }: OrphanQuestion,
): Promise<DeletionCandidate['subject']> {
  const subject = subjectOfDigestTag(tag);
  if (subject === undefined) return undefined;
  if (subject === 'unknown') return 'alive-or-unclear';
  const isTagged = [...primaryTags.values()].some(
    (entry) => entry.kind === 'resolved' && (entry.digest === subject || entry.expectedDigest === subject),
  );
  if (isTagged) return 'alive-or-unclear';
  const found = await lookUpManifest(context.primary, primaryRepository, subject);
  const isGone = found.kind === 'unknown' || (found.kind === 'repository-unknown' && primaryTags.size === 0);
  return isGone ? 'gone' : 'alive-or-unclear';
}

function historyOf({ context, memory }: OrphanQuestion): DeletionEvidence['history'] {
  if (memory === undefined || memory.repository.completedCycles === 0) return 'first-cycle';
  const { policyHash, primaryOrigin, lastCycleId, lastFinishedAt } = memory.repository;
  if (lastCycleId === context.cycleId) return 'same-cycle';
  if (isAhead(lastFinishedAt, context.clock.now())) return 'ahead-of-clock';
  const isSame = policyHash === context.policyHash && primaryOrigin === context.primary.origin;
  return isSame ? 'known' : 'configuration-changed';
}

/** Clocks of several replicas differ by seconds; an hour is a clock or a state that was turned back (failure mode DS-11). */
const MOST_AHEAD_SECONDS = 3600;

function isAhead(remembered: Date, now: Date): boolean {
  return remembered.getTime() - now.getTime() > MOST_AHEAD_SECONDS * 1000;
}

/** Asks the primary for its sentinel. */
async function lookForSentinel({ link, primary }: LinkContext): Promise<DeletionEvidence['sentinel']> {
  const { sentinel } = link.policy.deletions;
  if (sentinel === undefined) return 'not-configured';
  const found = await lookUpManifest(primary, sentinel.repository, sentinel.tag);
  return found.kind === 'present' ? 'confirmed' : 'missing';
}

/** What the deleter must know of the other tags of the repository. */
export function surroundingsOf(question: OrphanQuestion): OrphanSurroundings {
  const { primaryRepository, secondaryRepository, primaryTags, copyAgain } = question;
  const [controlTag, control] = [...primaryTags].find(([, entry]) => entry.kind === 'resolved') ?? [];
  return {
    primaryRepository,
    secondaryRepository,
    controlTag,
    controlDigest: digestOfEntry(control),
    controlRepository: primaryRepository,
    primary: primaryTags.size === 0 ? 'no-tags' : 'lives',
    sentinel: () => lookForSentinel(question.context),
    secondaryTags: tagsByNow(question),
    copyAgain,
  };
}

/** What was read, and what was copied since: a tag that was just moved to the digest of an orphan is its sibling. */
function tagsByNow({ secondaryTags, plan }: OrphanQuestion): ReadonlyMap<Tag, Digest | null> {
  const read = [...secondaryTags].map(([tag, entry]): [Tag, Digest | null] => [tag, digestOfEntry(entry)]);
  return new Map([
    ...read,
    ...plan.copies.map((copy): [Tag, Digest | null] => [copy.tag, contentDigestOf(copy)]),
  ]);
}
