import type { Digest } from '../oci/digest.ts';
import type { Capability, CapabilityState } from '../oci/capability.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type { CycleReport } from '../planning/cycle-report.ts';
import type {
  KnownRepository,
  KnownTag,
  RepositoryKey,
  RepositoryMemory,
  RepositoryUpdate,
} from '../planning/repository-memory.ts';
import type { CycleRecord, StartedCycle } from './cycle-record.ts';
import type { DeletionAdvance, DeletionEntry, DeletionRecord } from './deletion-entry.ts';
import type { PlanPlace } from '../planning/held-plan.ts';
import type { DeletionDesk, FreezeRecord, FreezeWord, PlanSettlement } from './deletion-desk.ts';
import type { RegistryAddress } from './learnt-capability.ts';

/**
 * What is remembered between cycles. Every write is idempotent: a caller that did not hear whether it went through writes
 * again. Texts lose their NUL characters and everything past 8 KiB.
 *
 * Every method throws {@link StateError}; `UNAVAILABLE` where the database cannot be had.
 */
export abstract class StateStore {
  /** What is known of a repository, `undefined` before its first cycle. */
  abstract loadRepository(key: RepositoryKey): Promise<RepositoryMemory | undefined>;

  /** Writes one repository down, all or nothing. A tag that is both changed and forgotten is changed. */
  abstract saveRepository(key: RepositoryKey, update: RepositoryUpdate): Promise<void>;

  /** The repositories that a link has brought to a secondary, or found there, as far as tags of them are left. */
  abstract knownRepositories(link: string, secondary: string): Promise<readonly KnownRepository[]>;

  /** A tag of another repository on the same secondary that was in sync when it was last looked at; `undefined`: there is none. */
  abstract findOtherTag(key: RepositoryKey): Promise<KnownTag | undefined>;

  /** When content was created, as far as anybody looked; `null`: it does not say. */
  abstract loadCreationTimes(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Date | null>>;

  /** Adds what is new. What is neither new nor `used` for a month is forgotten: it can be looked up again. */
  abstract saveCreationTimes(news: ReadonlyMap<Digest, Date | null>, used: readonly Digest[]): Promise<void>;

  abstract cycleStarted(cycle: StartedCycle): Promise<void>;

  /** Writes the end of a cycle down, also of one whose beginning never was. */
  abstract cycleFinished(report: CycleReport): Promise<void>;

  abstract loadCycle(cycleId: string): Promise<CycleRecord | undefined>;

  /** Must resolve before anything of the deletion is sent to the registry. */
  abstract deletionStarted(entry: DeletionEntry): Promise<void>;

  /** Moves a deletion on; an earlier state than its own changes nothing. @throws {StateError} `NOT_FOUND` for an unknown id. */
  abstract deletionAdvanced(id: string, state: DeletionAdvance, detail?: string): Promise<void>;

  /** Deletions of a repository of the secondary that a crash left without an end, oldest first. */
  abstract unfinishedDeletions(
    link: string,
    secondary: string,
    repository: RepositoryName,
  ): Promise<readonly DeletionRecord[]>;

  /** What people have said about the deletions of one place. */
  abstract loadDeletionDesk(place: PlanPlace): Promise<DeletionDesk>;

  /** What stops deletions on a secondary now, if anything does. */
  abstract loadFreeze(secondary: string): Promise<FreezeRecord | undefined>;

  /** Stops deletions on a secondary until an operator lets them go on; where they are stopped already, the first word stays. */
  abstract freezeDeletions(freeze: FreezeWord): Promise<void>;

  /** What a registry at this address was seen to do or to refuse; what is older than its lifetime is forgotten. */
  abstract loadCapabilities(registry: RegistryAddress): Promise<ReadonlyMap<Capability, CapabilityState>>;

  abstract saveCapabilities(
    registry: RegistryAddress,
    news: ReadonlyMap<Capability, CapabilityState>,
  ): Promise<void>;

  /** Writes down which deletions wait for an approver, and which no longer do. */
  abstract settleHeldPlan(settlement: PlanSettlement): Promise<void>;

  /** Lets go of the database; may be called again. Nothing else may be called after it. */
  abstract close(): Promise<void>;
}
