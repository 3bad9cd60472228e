import type { Digest } from '../oci/digest.ts';
import type { Capability, CapabilityState } from '../oci/capability.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type {
  KnownRepository,
  KnownTag,
  RepositoryKey,
  RepositoryMemory,
} from '../planning/repository-memory.ts';
import type { CycleRecord } from './cycle-record.ts';
import type { DeletionRecord } from './deletion-entry.ts';
import type { PlanPlace } from '../planning/held-plan.ts';
import type { DeletionDesk, FreezeRecord } from './deletion-desk.ts';
import type { RegistryAddress } from './learnt-capability.ts';
import { StateError } from './state-error.ts';
import { StateStore } from './state-store.ts';

/** A store for commands that change nothing: it reads, and a write is a defect of the caller. */
export class ReadOnlyStateStore extends StateStore {
  readonly #store: StateStore;

  constructor(store: StateStore) {
    super();
    this.#store = store;
  }

  override loadRepository(key: RepositoryKey): Promise<RepositoryMemory | undefined> {
    return this.#store.loadRepository(key);
  }

  override knownRepositories(link: string, secondary: string): Promise<readonly KnownRepository[]> {
    return this.#store.knownRepositories(link, secondary);
  }

  override findOtherTag(key: RepositoryKey): Promise<KnownTag | undefined> {
    return this.#store.findOtherTag(key);
  }

  override loadCreationTimes(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Date | null>> {
    return this.#store.loadCreationTimes(digests);
  }

  override loadCycle(cycleId: string): Promise<CycleRecord | undefined> {
    return this.#store.loadCycle(cycleId);
  }

  override unfinishedDeletions(
    link: string,
    secondary: string,
    repository: RepositoryName,
  ): Promise<readonly DeletionRecord[]> {
    return this.#store.unfinishedDeletions(link, secondary, repository);
  }

  override loadDeletionDesk(place: PlanPlace): Promise<DeletionDesk> {
    return this.#store.loadDeletionDesk(place);
  }

  override loadFreeze(secondary: string): Promise<FreezeRecord | undefined> {
    return this.#store.loadFreeze(secondary);
  }

  override loadCapabilities(registry: RegistryAddress): Promise<ReadonlyMap<Capability, CapabilityState>> {
    return this.#store.loadCapabilities(registry);
  }

  override freezeDeletions(): Promise<void> {
    return refused('a freeze');
  }

  override saveCapabilities(): Promise<void> {
    return refused('what a registry does');
  }

  override saveRepository(): Promise<void> {
    return refused('a repository');
  }

  override saveCreationTimes(): Promise<void> {
    return refused('a creation time');
  }

  override cycleStarted(): Promise<void> {
    return refused('a cycle');
  }

  override cycleFinished(): Promise<void> {
    return refused('a cycle');
  }

  override deletionStarted(): Promise<void> {
    return refused('a deletion');
  }

  override deletionAdvanced(): Promise<void> {
    return refused('a deletion');
  }

  override settleHeldPlan(): Promise<void> {
    return refused('a held plan');
  }

  override close(): Promise<void> {
    return this.#store.close();
  }
}

function refused(what: string): Promise<never> {
  return Promise.reject(
    new StateError('READ_ONLY', `${what} was to be written through a store opened for reading`),
  );
}
