import type { Digest } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import { digestOfEntry, type TagMap } from '../oci/tag-map.ts';
import type { CycleOutcome, ReadFailure } from './cycle-report.ts';
import type {
  RepositoryMemory,
  RepositoryRecord,
  RepositoryUpdate,
  TagRecord,
  TagState,
} from './repository-memory.ts';
import { contentDigestOf, type StepOutcome } from './step.ts';

/** What is the same for everything that one cycle writes down. */
export interface Observation {
  readonly now: Date;
  readonly cycleId: string;
  readonly secondaryRepository: RepositoryRecord['secondaryRepository'];
  readonly policyHash: string;
  readonly primaryOrigin: string;
}

/** How a repository ended, after both sides were read completely. */
export interface SettledRepository {
  readonly outcome: CycleOutcome;
  readonly expected: TagMap;
  readonly actual: TagMap;
  readonly steps: readonly StepOutcome[];
  /** Tags whose content was looked at down to the last byte and sent again where it was bad; `undefined`: none. */
  readonly repaired?: ReadonlySet<string>;
}

/** How long and how often an orphan has been absent, this observation included. */
export interface Absence {
  readonly orphanSince: Date;
  readonly orphanObservations: number;
}

/**
 * Counts one more complete observation in which the primary lacks a tag. What was observed later than now was written by another
 * clock, so it counts for nothing (failure mode DS-11).
 */
export function observeAbsence(previous: TagRecord | undefined, now: Date): Absence {
  const since = previous?.orphanSince ?? null;
  if (previous === undefined || since === null || since.getTime() > now.getTime())
    return { orphanSince: now, orphanObservations: 1 };
  return { orphanSince: since, orphanObservations: previous.orphanObservations + 1 };
}

/**
 * Whose the secondary's tag is by what is remembered of it: ours where it stands for what this service last put there or found equal, or
 * has lost its manifest since. What somebody else has put under the name in the meantime is not (failure mode DS-10).
 */
export function ownershipOf(
  previous: TagRecord | undefined,
  secondaryDigest: Digest | null,
): 'ours' | 'foreign' {
  const applied = previous?.lastAppliedDigest ?? null;
  if (applied === null) return 'foreign';
  return secondaryDigest === null || secondaryDigest === applied ? 'ours' : 'foreign';
}

/** What to write after a repository was read and worked on; only tags whose record changes. */
export function rememberSettled(
  previous: RepositoryMemory | undefined,
  settled: SettledRepository,
  observation: Observation,
): RepositoryUpdate {
  const before: RepositoryMemory['tags'] = previous?.tags ?? new Map();
  const steps = stepsByTag(settled.steps);
  const tags = new Set<Tag>([...settled.expected.keys(), ...settled.actual.keys()]);
  for (const tag of tags) if (isDeleted(steps.get(tag))) tags.delete(tag);
  const records = [...tags].map((tag) =>
    recordOf(tag, { before: before.get(tag), step: steps.get(tag), settled, now: observation.now }),
  );
  return {
    repository: settledRecord(previous?.repository, settled, observation),
    changedTags: records.filter((record) => !isSameRecord(before.get(record.tag), record)),
    forgottenTags: [...before.keys()].filter((tag) => !tags.has(tag)),
  };
}

function isDeleted(step: StepOutcome | undefined): boolean {
  return step?.kind === 'delete-orphan-tag' && step.outcome === 'done';
}

function settledRecord(
  previous: RepositoryRecord | undefined,
  { outcome }: SettledRepository,
  observation: Observation,
): RepositoryRecord {
  return {
    ...identify(observation),
    outcome,
    reason: null,
    message: null,
    completedCycles: (previous?.completedCycles ?? 0) + 1,
    lastSuccessAt: outcome === 'in-sync' ? observation.now : (previous?.lastSuccessAt ?? null),
  };
}

/** What to write after a side could not be read: that, and nothing about any tag. */
export function rememberFailure(
  previous: RepositoryMemory | undefined,
  failure: ReadFailure,
  observation: Observation,
): RepositoryUpdate {
  const { policyHash, primaryOrigin } = previous?.repository ?? observation;
  const repository: RepositoryRecord = {
    ...identify(observation),
    // Not observed, so a changed filter is still to be observed.
    policyHash,
    primaryOrigin,
    outcome: 'failed',
    reason: failure.reason,
    message: failure.message,
    completedCycles: previous?.repository.completedCycles ?? 0,
    lastSuccessAt: previous?.repository.lastSuccessAt ?? null,
  };
  return { repository, changedTags: [], forgottenTags: [] };
}

function identify({ now, cycleId, secondaryRepository, policyHash, primaryOrigin }: Observation) {
  return { secondaryRepository, policyHash, primaryOrigin, lastCycleId: cycleId, lastFinishedAt: now };
}

/** The step that says what became of a tag: its own, else a referrer of it that failed. */
function stepsByTag(steps: readonly StepOutcome[]): ReadonlyMap<string, StepOutcome> {
  const failedReferrers = steps.filter((step) => step.kind === 'copy-referrer' && step.outcome === 'failed');
  const own = steps.filter((step) => step.kind !== 'copy-referrer');
  return new Map([...failedReferrers, ...own].map((step) => [step.tag, step]));
}

interface TagObservation {
  readonly before: TagRecord | undefined;
  readonly step: StepOutcome | undefined;
  readonly settled: SettledRepository;
  readonly now: Date;
}

function recordOf(tag: Tag, { before, step, settled, now }: TagObservation): TagRecord {
  const state = stateOf(step);
  const foundDigest = digestOfEntry(settled.actual.get(tag));
  const digests = {
    primaryDigest: digestOfEntry(settled.expected.get(tag)),
    secondaryDigest: step?.outcome === 'done' ? contentDigestOf(step) : foundDigest,
  };
  const absence = settled.expected.has(tag) ? PRESENT : observeAbsence(before, now);
  const cause = { reason: step?.reason ?? null, message: step?.message ?? null };
  const times =
    state === 'in_sync' ? equalSince(before, { ...digests, foundDigest }, now) : differentSince(before, now);
  const trust = trustOf(before, { step, ...digests, isRepaired: settled.repaired?.has(tag) ?? false }, now);
  return { tag, state, ...digests, ...cause, ...times, ...absence, ...trust };
}

type Trust = Pick<TagRecord, 'lastVerifiedAt' | 'lastVerifiedDepth' | 'doubtedAt'>;

/** A tag that was put was read back. A doubt goes only with a repair: equal digests are what it is about. */
function trustOf(
  before: TagRecord | undefined,
  found: {
    readonly step: StepOutcome | undefined;
    readonly secondaryDigest: Digest | null;
    readonly isRepaired: boolean;
  },
  now: Date,
): Trust {
  const { step, secondaryDigest, isRepaired } = found;
  const doubtedAt = before?.doubtedAt ?? null;
  if (step?.outcome === 'done') {
    const lastVerifiedDepth = isRepaired ? 'content' : 'tag';
    return { lastVerifiedAt: now, lastVerifiedDepth, doubtedAt: isRepaired ? null : doubtedAt };
  }
  if (step?.outcome === 'failed' && isRepaired) return { ...NEVER_VERIFIED, doubtedAt: doubtedAt ?? now };
  return { ...verificationOf(before, secondaryDigest), doubtedAt };
}

/** What was verified says nothing about other content. */
export function verificationOf(
  before: TagRecord | undefined,
  secondaryDigest: Digest | null,
): Omit<Trust, 'doubtedAt'> {
  if (before?.secondaryDigest !== secondaryDigest) return NEVER_VERIFIED;
  const { lastVerifiedAt, lastVerifiedDepth } = before;
  return { lastVerifiedAt, lastVerifiedDepth };
}

const NEVER_VERIFIED = { lastVerifiedAt: null, lastVerifiedDepth: null } as const;

const PRESENT = { orphanSince: null, orphanObservations: 0 } as const;

type Times = Pick<TagRecord, 'lastAppliedDigest' | 'firstSeenDifferentAt' | 'inSyncSince'>;

/** What the secondary's tag stood for when it was read, and what it stands for at the end. */
interface SecondaryTag {
  readonly foundDigest: Digest | null;
  readonly secondaryDigest: Digest | null;
}

function equalSince(
  before: TagRecord | undefined,
  { secondaryDigest, foundDigest }: SecondaryTag,
  now: Date,
): Times {
  return {
    lastAppliedDigest: secondaryDigest,
    firstSeenDifferentAt: null,
    // A tag that was found different and copied has become equal in this cycle, whatever it was before.
    inSyncSince: foundDigest === secondaryDigest ? (before?.inSyncSince ?? now) : now,
  };
}

function differentSince(before: TagRecord | undefined, now: Date): Times {
  return {
    lastAppliedDigest: before?.lastAppliedDigest ?? null,
    firstSeenDifferentAt: before?.firstSeenDifferentAt ?? now,
    inSyncSince: null,
  };
}

function stateOf(step: StepOutcome | undefined): TagState {
  if (step === undefined) return 'in_sync';
  switch (step.outcome) {
    case 'done':
      return 'in_sync';
    case 'failed':
      return 'failed';
    case 'held':
      return 'held';
    case 'planned':
    case 'skipped':
      return step.kind === 'delete-orphan-tag' ? 'orphan' : step.kind === 'move-tag' ? 'moved' : 'missing';
  }
}

function isSameRecord(a: TagRecord | undefined, b: TagRecord): boolean {
  return a !== undefined && canonical(a) === canonical(b);
}

function canonical(record: TagRecord): string {
  const digests: (Digest | null)[] = [record.primaryDigest, record.secondaryDigest, record.lastAppliedDigest];
  const { firstSeenDifferentAt, orphanSince, inSyncSince, lastVerifiedAt, doubtedAt } = record;
  const dates = [firstSeenDifferentAt, orphanSince, inSyncSince, lastVerifiedAt, doubtedAt].map(
    (date) => date?.getTime() ?? null,
  );
  return JSON.stringify([
    record.tag,
    record.state,
    record.reason,
    record.message,
    record.orphanObservations,
    record.lastVerifiedDepth,
    digests,
    dates,
  ]);
}
