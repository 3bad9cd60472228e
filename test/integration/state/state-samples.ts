import { digestOf, type Digest } from '../../../src/oci/digest.ts';
import { parseRepositoryName, parseTag } from '../../../src/oci/reference.ts';
import type { CycleReport, LinkReport, LinkTotals } from '../../../src/planning/cycle-report.ts';
import type { RepositoryKey, RepositoryRecord, TagRecord } from '../../../src/planning/repository-memory.ts';
import type { StepOutcome } from '../../../src/planning/step.ts';
import type { DeletionEntry } from '../../../src/state/deletion-entry.ts';

export const KEY: RepositoryKey = {
  link: 'eu-to-us',
  secondary: 'us',
  primaryRepository: parseRepositoryName('team/app'),
};

export function digestOfText(text: string): Digest {
  return digestOf(Buffer.from(text));
}

export function repositoryRecord(change: Partial<RepositoryRecord> = {}): RepositoryRecord {
  return {
    secondaryRepository: parseRepositoryName('mirror/team/app'),
    outcome: 'partial',
    reason: 'TIMEOUT',
    message: 'no answer within 30 s',
    policyHash: 'a1b2',
    primaryOrigin: 'https://registry.eu.example.com',
    completedCycles: 3,
    lastCycleId: 'cycle-3',
    lastFinishedAt: new Date('2026-11-20T10:00:00.123Z'),
    lastSuccessAt: null,
    ...change,
  };
}

export function tagRecord(tag: string, change: Partial<TagRecord> = {}): TagRecord {
  return {
    tag: parseTag(tag),
    state: 'in_sync',
    primaryDigest: digestOfText(tag),
    secondaryDigest: digestOfText(tag),
    lastAppliedDigest: null,
    reason: null,
    message: null,
    firstSeenDifferentAt: null,
    orphanSince: null,
    orphanObservations: 0,
    inSyncSince: new Date('2026-11-20T09:00:00.001Z'),
    lastVerifiedAt: null,
    lastVerifiedDepth: null,
    doubtedAt: null,
    ...change,
  };
}

export function deletionEntry(id: string, change: Partial<DeletionEntry> = {}): DeletionEntry {
  return {
    id,
    cycleId: 'cycle-1',
    link: KEY.link,
    secondary: KEY.secondary,
    repository: parseRepositoryName('mirror/team/app'),
    tag: parseTag('old'),
    secondaryDigest: digestOfText('old'),
    method: 'by-tag-name',
    tombstoneDigest: null,
    evidence: { primary: 'unknown', observations: 2, siblings: ['new'], nothing: null },
    ...change,
  };
}

export function stepOutcome(tag: string, change: Partial<StepOutcome> = {}): StepOutcome {
  return {
    kind: 'copy-tag',
    tag: parseTag(tag),
    primaryDigest: digestOfText(tag),
    secondaryDigest: null,
    outcome: 'done',
    reason: null,
    message: null,
    ...change,
  };
}

const TOTALS: LinkTotals = {
  repositories: 1,
  inSync: 2,
  copied: 3,
  moved: 4,
  deleted: 5,
  held: 6,
  failed: 7,
  ignored: 8,
  orphans: 9,
  blobsCopied: 10,
  blobsMounted: 11,
  blobsPresent: 12,
  // Beyond 32 bits.
  bytesCopied: 6_000_000_000_000,
  requestsPrimary: 13,
  requestsSecondary: 14,
};

export function linkReport(steps: readonly StepOutcome[], change: Partial<LinkReport> = {}): LinkReport {
  return {
    link: KEY.link,
    primary: 'eu',
    secondary: KEY.secondary,
    outcome: 'partial',
    failure: null,
    totals: TOTALS,
    repositories: [
      {
        primaryRepository: KEY.primaryRepository,
        secondaryRepository: parseRepositoryName('mirror/team/app'),
        outcome: 'partial',
        failure: null,
        totals: TOTALS,
        steps,
      },
    ],
    ...change,
  };
}

export function cycleReport(cycleId: string, links: readonly LinkReport[]): CycleReport {
  return {
    command: 'sync',
    cycleId,
    startedAt: '2026-11-20T10:00:00.000Z',
    finishedAt: '2026-11-20T10:00:07.500Z',
    outcome: 'partial',
    links,
  };
}
