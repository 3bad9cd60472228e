import type { Digest } from '../oci/digest.ts';
import { subjectOfDigestTag, type RepositoryName, type Tag } from '../oci/reference.ts';
import { digestOfEntry, type TagMap } from '../oci/tag-map.ts';
import type { ListedRepository } from '../inventory/repository-lister.ts';
import { lookUpManifest, type OrphanSurroundings } from '../execution/deletion-evidence.ts';
import {
  judgeDeletions,
  type DeletionCandidate,
  type DeletionEvidence,
  type GateVerdict,
} from '../planning/deletion-gate.ts';
import { observeAbsence, ownershipOf } from '../planning/remember-repository.ts';
import type { KnownTag, RepositoryMemory } from '../planning/repository-memory.ts';
import type { RepositoryPlan } from '../planning/repository-plan.ts';
import type { PlanStep } from '../planning/step.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';

/** Everything that bears on the orphans of one repository. */
export interface OrphanQuestion {
  readonly context: LinkContext;
  readonly secondary: SecondaryContext;
  readonly primaryRepository: RepositoryName;
  readonly secondaryRepository: RepositoryName;
  readonly namedBy: ListedRepository['namedBy'];
  readonly primaryTags: TagMap;
  readonly secondaryTags: TagMap;
  readonly plan: RepositoryPlan;
  readonly memory: RepositoryMemory | undefined;
  readonly copies: DeletionEvidence['copies'];
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
    primary: {
      listing: 'complete',
      tags: primaryTags.size,
      repository: question.namedBy === 'memory' ? 'vanished' : 'named',
    },
    secondary: { tags: secondaryTags.size },
    catalog: await context.catalog.evidence(question.secondary.name.secondary),
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
    ownership: ownershipOf(record, step.secondaryDigest),
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
  if (found.kind !== 'present') return 'missing';
  return sentinel.digest === undefined || sentinel.digest === found.digest ? 'confirmed' : 'changed';
}

/** What the deleter must know of the other tags of the repository. @throws {StateError} */
export async function surroundingsOf(step: PlanStep, question: OrphanQuestion): Promise<OrphanSurroundings> {
  const { primaryRepository, secondaryRepository, primaryTags, secondaryTags, plan } = question;
  const control = await controlOf(question);
  const untouched = new Map<Tag, Digest | null>(
    [...secondaryTags].map(([tag, entry]) => [tag, digestOfEntry(entry)]),
  );
  // Copied tags stand for something else by now, and orphans may be gone.
  for (const { tag } of [...plan.copies, ...plan.orphans]) untouched.delete(tag);
  const siblings = [...untouched].filter(([, digest]) => digest !== null && digest === step.secondaryDigest);
  return {
    primaryRepository,
    secondaryRepository,
    controlTag: control?.tag,
    controlRepository: control?.repository ?? primaryRepository,
    primary: primaryTags.size === 0 ? 'no-tags' : 'lives',
    sentinel: () => lookForSentinel(question.context),
    siblings: siblings.map(([tag]) => tag),
  };
}

/** A tag that the primary must have: of this repository, or where it has none left of another one. */
async function controlOf(question: OrphanQuestion): Promise<KnownTag | undefined> {
  const { context, secondary, primaryRepository, primaryTags } = question;
  if (primaryTags.size === 0)
    return await context.store.findOtherTag({ ...secondary.name, primaryRepository });
  const tag = [...primaryTags].find(([, entry]) => entry.kind === 'resolved')?.[0];
  return tag === undefined ? undefined : { repository: primaryRepository, tag };
}
