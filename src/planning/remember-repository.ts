import type { Digest } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import { digestOfEntry, type TagMap } from '../oci/tag-map.ts';
import type { CycleOutcome, ReadFailure } from './cycle-report.ts';
import type { RepositoryMemory, RepositoryRecord, RepositoryUpdate, TagRecord, TagState } from './repository-memory.ts';
import type { StepOutcome } from './step.ts';

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
}

/** How long and how often an orphan has been absent, this observation included. */
export interface Absence {
  readonly orphanSince: Date;
  readonly orphanObservations: number;
}

/** Counts one more complete observation in which the primary lacks a tag. */
export function observeAbsence(previous: TagRecord | undefined, now: Date): Absence {
  return {
    orphanSince: previous?.orphanSince ?? now,
    orphanObservations: (previous?.orphanSince ? previous.orphanObservations : 0) + 1,
  };
}

/** What to write after a repository was read and worked on; only tags whose record changes. */
export function rememberSettled(
  previous: RepositoryMemory | undefined,
  settled: SettledRepository,
  observation: Observation,
): RepositoryUpdate {
  const steps = new Map(settled.steps.map((step) => [step.tag, step]));
  const tags = new Set<Tag>([...settled.expected.keys(), ...settled.actual.keys()]);
  const changedTags: TagRecord[] = [];
  const forgottenTags: Tag[] = [...(previous?.tags.keys() ?? [])].filter((tag) => !tags.has(tag));
  for (const tag of tags) {
    const before = previous?.tags.get(tag);
    const step = steps.get(tag);
    if (step?.kind === 'delete-orphan-tag' && step.outcome === 'done') {
      if (before !== undefined) forgottenTags.push(tag);
      continue;
    }
    const record = recordOf(tag, { before, step, settled, now: observation.now });
    if (before === undefined || !isSameRecord(before, record)) changedTags.push(record);
  }
  const isSuccess = settled.outcome === 'in-sync';
  const repository: RepositoryRecord = {
    ...identify(observation),
    outcome: settled.outcome,
    reason: null,
    message: null,
    completedCycles: (previous?.repository.completedCycles ?? 0) + 1,
    lastSuccessAt: isSuccess ? observation.now : (previous?.repository.lastSuccessAt ?? null),
  };
  return { repository, changedTags, forgottenTags };
}

/** What to write after a side could not be read: that, and nothing about any tag. */
export function rememberFailure(previous: RepositoryMemory | undefined, failure: ReadFailure, observation: Observation): RepositoryUpdate {
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

interface TagObservation {
  readonly before: TagRecord | undefined;
  readonly step: StepOutcome | undefined;
  readonly settled: SettledRepository;
  readonly now: Date;
}

function recordOf(tag: Tag, { before, step, settled, now }: TagObservation): TagRecord {
  const primaryDigest = digestOfEntry(settled.expected.get(tag));
  const isApplied = step?.outcome === 'done';
  const secondaryDigest = isApplied ? primaryDigest : digestOfEntry(settled.actual.get(tag));
  const state = stateOf(step);
  const isEqual = state === 'in_sync';
  const absence = settled.expected.has(tag) ? { orphanSince: null, orphanObservations: 0 } : observeAbsence(before, now);
  return {
    tag,
    state,
    primaryDigest,
    secondaryDigest,
    lastAppliedDigest: isEqual ? secondaryDigest : (before?.lastAppliedDigest ?? null),
    reason: step?.reason ?? null,
    message: step?.message ?? null,
    firstSeenDifferentAt: isEqual ? null : (before?.firstSeenDifferentAt ?? now),
    ...absence,
    inSyncSince: isEqual ? (before?.inSyncSince ?? now) : null,
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

function isSameRecord(a: TagRecord, b: TagRecord): boolean {
  return canonical(a) === canonical(b);
}

function canonical(record: TagRecord): string {
  const digests: (Digest | null)[] = [record.primaryDigest, record.secondaryDigest, record.lastAppliedDigest];
  const dates = [record.firstSeenDifferentAt, record.orphanSince, record.inSyncSince].map((date) => date?.getTime() ?? null);
  return JSON.stringify([record.tag, record.state, record.reason, record.message, record.orphanObservations, digests, dates]);
}
