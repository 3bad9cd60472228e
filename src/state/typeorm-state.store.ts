import type { DataSource, EntityManager } from 'typeorm';
import type { Capability, CapabilityState } from '../oci/capability.ts';
import type { Digest } from '../oci/digest.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type { CycleReport } from '../planning/cycle-report.ts';
import type {
  KnownRepository,
  KnownTag,
  RepositoryKey,
  RepositoryMemory,
  RepositoryUpdate,
} from '../planning/repository-memory.ts';
import type { Clock } from '../time/clock.ts';
import { selectCapabilities, upsertCapabilities } from './capability-rows.ts';
import { keepCreationTimes, selectCreationTimes } from './creation-time-rows.ts';
import type { CycleRecord, StartedCycle } from './cycle-record.ts';
import { finishCycle, insertCycle, selectCycle } from './cycle-rows.ts';
import type { DeletionAdvance, DeletionEntry, DeletionRecord } from './deletion-entry.ts';
import { insertFreeze, selectFreeze } from './deletion-freeze.store.ts';
import { insertDeletion, selectUnfinishedDeletions, updateDeletion } from './deletion-rows.ts';
import { errorText } from './error-code.ts';
import { selectOpenPlan, settlePlan } from './held-plan-rows.ts';
import type { PlanPlace } from '../planning/held-plan.ts';
import type { DeletionDesk, FreezeRecord, FreezeWord, PlanSettlement } from './deletion-desk.ts';
import { selectKnownRepositories, selectOtherTag } from './known-repository-rows.ts';
import { oldestRemembered, type RegistryAddress } from './learnt-capability.ts';
import { selectRepository, upsertRepository } from './repository-rows.ts';
import { StateError } from './state-error.ts';
import { StateStore } from './state-store.ts';
import { releaseKeptTags, selectKeptTags } from './tag-restore.store.ts';
import { isTransient } from './transient-failure.ts';

/** A restarting PostgreSQL is back within seconds; what takes longer is the reconciler's to decide. */
const RETRY_DELAYS_SECONDS = [0.1, 0.5, 2];

/** State in PostgreSQL. Everything it does is idempotent, so it tries again where a connection was lost on the way. */
export class TypeormStateStore extends StateStore {
  readonly #dataSource: DataSource;
  readonly #clock: Clock;
  #closed: Promise<void> | undefined;

  constructor(dataSource: DataSource, clock: Clock) {
    super();
    this.#dataSource = dataSource;
    this.#clock = clock;
  }

  override loadRepository(key: RepositoryKey): Promise<RepositoryMemory | undefined> {
    return this.#read((manager) => selectRepository(manager, key));
  }

  override saveRepository(key: RepositoryKey, update: RepositoryUpdate): Promise<void> {
    return this.#write((manager) => upsertRepository(manager, key, update));
  }

  override knownRepositories(link: string, secondary: string): Promise<readonly KnownRepository[]> {
    return this.#persist((manager) => selectKnownRepositories(manager, link, secondary));
  }

  override findOtherTag(key: RepositoryKey): Promise<KnownTag | undefined> {
    return this.#persist((manager) => selectOtherTag(manager, key));
  }

  override loadCreationTimes(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Date | null>> {
    return this.#persist((manager) => selectCreationTimes(manager, digests));
  }

  override saveCreationTimes(news: ReadonlyMap<Digest, Date | null>, used: readonly Digest[]): Promise<void> {
    return this.#write((manager) => keepCreationTimes(manager, { news, used, now: this.#clock.now() }));
  }

  override cycleStarted(cycle: StartedCycle): Promise<void> {
    return this.#persist((manager) => insertCycle(manager, cycle));
  }

  override cycleFinished(report: CycleReport): Promise<void> {
    return this.#write((manager) => finishCycle(manager, report));
  }

  override loadCycle(cycleId: string): Promise<CycleRecord | undefined> {
    return this.#read((manager) => selectCycle(manager, cycleId));
  }

  override deletionStarted(entry: DeletionEntry): Promise<void> {
    return this.#persist((manager) => insertDeletion(manager, entry, this.#clock.now()));
  }

  override deletionAdvanced(id: string, state: DeletionAdvance, detail?: string): Promise<void> {
    return this.#persist((manager) => updateDeletion(manager, { id, state, detail }, this.#clock.now()));
  }

  override unfinishedDeletions(
    link: string,
    secondary: string,
    repository: RepositoryName,
  ): Promise<readonly DeletionRecord[]> {
    return this.#persist((manager) => selectUnfinishedDeletions(manager, { link, secondary, repository }));
  }

  override loadDeletionDesk(place: PlanPlace): Promise<DeletionDesk> {
    return this.#read(async (manager) => ({
      plan: await selectOpenPlan(manager, place),
      kept: await selectKeptTags(manager, place),
      freeze: await selectFreeze(manager, place.secondary),
    }));
  }

  override loadFreeze(secondary: string): Promise<FreezeRecord | undefined> {
    return this.#persist((manager) => selectFreeze(manager, secondary));
  }

  override freezeDeletions(freeze: FreezeWord): Promise<void> {
    return this.#persist((manager) => insertFreeze(manager, freeze));
  }

  override loadCapabilities(registry: RegistryAddress): Promise<ReadonlyMap<Capability, CapabilityState>> {
    return this.#persist(async (manager) => {
      const since = oldestRemembered(this.#clock.now());
      const learnt = await selectCapabilities(manager, [registry.name], since);
      const here = learnt.filter(({ origin }) => origin === registry.origin);
      return new Map(here.map(({ capability, state }) => [capability, state]));
    });
  }

  override saveCapabilities(
    registry: RegistryAddress,
    news: ReadonlyMap<Capability, CapabilityState>,
  ): Promise<void> {
    return this.#write((manager) => upsertCapabilities(manager, registry, { news, now: this.#clock.now() }));
  }

  override settleHeldPlan(settlement: PlanSettlement): Promise<void> {
    return this.#write(async (manager) => {
      await settlePlan(manager, settlement);
      await releaseKeptTags(manager, settlement, settlement.deletedTags);
    });
  }

  override close(): Promise<void> {
    this.#closed ??= this.#dataSource.destroy();
    return this.#closed;
  }

  /** Several statements that see one moment of the database. */
  #read<Answer>(work: (manager: EntityManager) => Promise<Answer>): Promise<Answer> {
    return this.#persist((manager) => manager.transaction('REPEATABLE READ', work));
  }

  #write(work: (manager: EntityManager) => Promise<void>): Promise<void> {
    return this.#persist((manager) => manager.transaction(work));
  }

  async #persist<Answer>(work: (manager: EntityManager) => Promise<Answer>): Promise<Answer> {
    for (const delaySeconds of RETRY_DELAYS_SECONDS) {
      try {
        return await this.#attempt(work);
      } catch (error) {
        if (!isTransient(error)) throw unavailable(error);
        await this.#clock.sleep(delaySeconds);
      }
    }
    return await this.#attempt(work).catch((error: unknown) => {
      throw unavailable(error);
    });
  }

  #attempt<Answer>(work: (manager: EntityManager) => Promise<Answer>): Promise<Answer> {
    if (this.#closed) return Promise.reject(new StateError('UNAVAILABLE', 'the state store is closed'));
    return work(this.#dataSource.manager);
  }
}

function unavailable(error: unknown): StateError {
  if (error instanceof StateError) return error;
  return new StateError(
    'UNAVAILABLE',
    `the state database does not answer as it should (${errorText(error)}): check that it runs and can be reached`,
    { cause: error },
  );
}
