import type { ReasonCode } from './reason-code.ts';
import type { StepOutcome } from './step.ts';

/** What is true of a repository, a link or a whole cycle at its end. */
export type CycleOutcome = 'in-sync' | 'differences' | 'partial' | 'failed' | 'held';

export type CycleCommand = 'sync' | 'plan' | 'verify';

/** `diff`: what differs is brought over. `recopy`: every selected tag is pushed again, equal or not. */
export type SyncMode = 'diff' | 'recopy';

/** A read that failed as a whole: a registry that cannot be reached, a listing that is not complete. */
export interface ReadFailure {
  readonly side: 'primary' | 'secondary';
  readonly reason: ReasonCode;
  readonly message: string;
}

/** What moved, counted by the copiers. */
export interface TransferTotals {
  readonly blobsCopied: number;
  readonly blobsMounted: number;
  readonly blobsPresent: number;
  /** Bytes of blobs that went over the wire to the secondary. */
  readonly bytesCopied: number;
}

/** Numbers of one repository on one secondary. */
export interface RepositoryTotals extends TransferTotals {
  readonly inSync: number;
  readonly copied: number;
  readonly moved: number;
  readonly deleted: number;
  readonly held: number;
  /** Failed tags, and one for a repository that could not be read. */
  readonly failed: number;
  /** Tags of either side that are outside the filters. */
  readonly ignored: number;
  readonly orphans: number;
}

/** Deletions of a repository that an approval would let go. */
export interface HeldPlanNote {
  readonly hash: string;
  readonly tags: number;
  /** `recorded`: it can be approved. `unrecorded`: the next sync writes it down. `rejected`: somebody has decided against it. */
  readonly state: 'recorded' | 'unrecorded' | 'rejected';
}

export interface RepositoryReport {
  /** As the registry named it: the one report about a name that is none says so. */
  readonly primaryRepository: string;
  readonly secondaryRepository: string;
  readonly outcome: CycleOutcome;
  readonly failure: ReadFailure | null;
  readonly totals: RepositoryTotals;
  /** Steps of tags that are in sync are left out. */
  readonly steps: readonly StepOutcome[];
  /** Of a report that was just made; it is not handed on between processes. */
  readonly heldPlan?: HeldPlanNote;
}

export interface LinkTotals extends RepositoryTotals {
  readonly repositories: number;
  readonly requestsPrimary: number;
  readonly requestsSecondary: number;
}

/** One entry per (link, secondary); requests to the primary are counted in the first of a link. */
export interface LinkReport {
  readonly link: string;
  readonly primary: string;
  readonly secondary: string;
  readonly outcome: CycleOutcome;
  /** Why a registry could not be read at all, else `null`. */
  readonly failure: ReadFailure | null;
  readonly totals: LinkTotals;
  readonly repositories: readonly RepositoryReport[];
}

/** The result of one cycle, and the document of `--output json`. */
export interface CycleReport {
  readonly command: CycleCommand;
  readonly cycleId: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly outcome: CycleOutcome;
  readonly links: readonly LinkReport[];
}
