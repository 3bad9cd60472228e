import type { Digest } from '../oci/digest.ts';
import { subjectOfDigestTag, type RepositoryName, type Tag } from '../oci/reference.ts';
import { digestOfEntry, type TagMap } from '../oci/tag-map.ts';
import type { ListedRepository } from '../inventory/repository-lister.ts';
import { lookUpManifest, type OrphanSurroundings } from '../execution/deletion-evidence.ts';
import type { DeletionCandidate, DeletionEvidence, SentinelEvidence } from '../planning/deletion-gate.ts';
import type { PlanPlace } from '../planning/held-plan.ts';
import { observeAbsence, ownershipOf } from '../planning/remember-repository.ts';
import type { KnownTag, RepositoryMemory } from '../planning/repository-memory.ts';
import type { RepositoryPlan } from '../planning/repository-plan.ts';
import { contentDigestOf, type PlanStep } from '../planning/step.ts';
import type { DeletionDesk } from '../state/deletion-desk.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';
import { judgeWithDesk, type OrphanJudgement } from './orphan-judgement.ts';

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
  readonly copyAgain: OrphanSurroundings['copyAgain'];
}

/** Gathers the evidence and puts it before the gate. @throws {StateError} */
export async function judgeOrphans(
  question: OrphanQuestion,
  wantedByCycle: number,
): Promise<OrphanJudgement> {
  const { context, plan, primaryTags, secondaryTags, copies } = question;
  const place = placeOf(question);
  const desk = await context.store.loadDeletionDesk(place);
  const candidates: DeletionCandidate[] = [];
  for (const step of plan.orphans) candidates.push(await toCandidate(step, question, desk));
  const evidence = {
    policy: context.link.policy.deletions,
    freeze: desk.freeze === undefined ? 'not-frozen' : 'frozen',
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
  } as const;
  return judgeWithDesk({ place, candidates, evidence }, desk);
}

/** Where the orphans are. */
export function placeOf({
  secondary,
  secondaryRepository,
}: Pick<OrphanQuestion, 'secondary' | 'secondaryRepository'>): PlanPlace {
  return { ...secondary.name, repository: secondaryRepository };
}

async function toCandidate(
  step: PlanStep,
  question: OrphanQuestion,
  desk: DeletionDesk,
): Promise<DeletionCandidate> {
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
    ownership: isKept(step, desk) ? 'restored' : ownershipOf(record, step.secondaryDigest),
    observations: absence.orphanObservations,
    absentSeconds: (now.getTime() - absence.orphanSince.getTime()) / 1000,
  };
}

/** Whether somebody put back what the tag stands for. */
function isKept({ tag, secondaryDigest }: PlanStep, { kept }: DeletionDesk): boolean {
  return kept.some((one) => one.tag === tag && one.digest === secondaryDigest);
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
async function lookForSentinel({ link, primary }: LinkContext): Promise<SentinelEvidence> {
  const { sentinel } = link.policy.deletions;
  if (sentinel === undefined) return 'not-configured';
  const found = await lookUpManifest(primary, sentinel.repository, sentinel.tag);
  if (found.kind !== 'present') return 'missing';
  return sentinel.digest === undefined || sentinel.digest === found.digest ? 'confirmed' : 'changed';
}

/** What the deleter must know of the other tags of the repository. @throws {StateError} */
export async function surroundingsOf(question: OrphanQuestion): Promise<OrphanSurroundings> {
  const { primaryRepository, secondaryRepository, primaryTags, copyAgain } = question;
  const control = await controlOf(question);
  return {
    primaryRepository,
    secondaryRepository,
    controlTag: control?.tag,
    controlDigest: control?.primaryDigest ?? null,
    controlRepository: control?.repository ?? primaryRepository,
    primary: primaryTags.size === 0 ? 'no-tags' : 'lives',
    sentinel: () => lookForSentinel(question.context),
    secondaryTags: tagsByNow(question),
    copyAgain,
  };
}

/** A tag that the primary must have: of this repository, or where it has none left of another one. */
async function controlOf(question: OrphanQuestion): Promise<KnownTag | undefined> {
  const { context, secondary, primaryRepository, primaryTags } = question;
  if (primaryTags.size === 0)
    return await context.store.findOtherTag({ ...secondary.name, primaryRepository });
  const [tag, entry] = [...primaryTags].find(([, each]) => each.kind === 'resolved') ?? [];
  if (tag === undefined) return undefined;
  return { repository: primaryRepository, tag, primaryDigest: digestOfEntry(entry) };
}

/** What was read, and what was copied since: a tag that was just moved to the digest of an orphan is its sibling. */
function tagsByNow({ secondaryTags, plan }: OrphanQuestion): ReadonlyMap<Tag, Digest | null> {
  const read = [...secondaryTags].map(([tag, entry]): [Tag, Digest | null] => [tag, digestOfEntry(entry)]);
  return new Map([
    ...read,
    ...plan.copies.map((copy): [Tag, Digest | null] => [copy.tag, contentDigestOf(copy)]),
  ]);
}
