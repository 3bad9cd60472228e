import { randomUUID } from 'node:crypto';
import type { Capability, CapabilityState } from '../oci/capability.ts';
import type { Digest } from '../oci/digest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { CycleReport } from '../planning/cycle-report.ts';
import type {
  KnownRepository,
  KnownTag,
  RepositoryKey,
  RepositoryMemory,
  RepositoryUpdate,
  TagRecord,
} from '../planning/repository-memory.ts';
import type { Clock } from '../time/clock.ts';
import { cycleLinkRecord, type CycleRecord, type StartedCycle } from './cycle-record.ts';
import {
  FINISHED_STATES,
  REACHED_FROM,
  type DeletionAdvance,
  type DeletionEntry,
  type DeletionRecord,
} from './deletion-entry.ts';
import type { PlanPlace, HeldPlan } from '../planning/held-plan.ts';
import {
  planMoves,
  type DeletionDesk,
  type FreezeRecord,
  type FreezeWord,
  type HeldPlanRecord,
  type PlanSettlement,
} from './deletion-desk.ts';
import { oldestRemembered, type LearntCapability, type RegistryAddress } from './learnt-capability.ts';
import { StateError } from './state-error.ts';
import { StateStore } from './state-store.ts';
import { storedJson } from './stored-json.ts';
import { storedTextOrNull } from './stored-text.ts';

/** One takes some 200 bytes. What is dropped is read again. */
const MOST_CREATION_TIMES = 500_000;

/** State of an ad-hoc run: it ends with the process. */
export class MemoryStateStore extends StateStore {
  readonly #clock: Clock;
  readonly #repositories = new Map<string, RepositoryMemory & { readonly key: RepositoryKey }>();
  readonly #cycles = new Map<string, CycleRecord>();
  readonly #deletions = new Map<string, DeletionRecord>();
  readonly #openPlans = new Map<string, HeldPlanRecord>();
  readonly #freezes = new Map<string, FreezeRecord>();
  readonly #capabilities = new Map<string, Map<Capability, LearntCapability>>();
  readonly #creationTimes = new Map<Digest, Date | null>();
  #state: 'open' | 'closed' = 'open';

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
  }

  override loadRepository(key: RepositoryKey): Promise<RepositoryMemory | undefined> {
    return this.#answer(() => {
      const known = this.#repositories.get(textOf(key));
      return known === undefined ? undefined : { repository: known.repository, tags: known.tags };
    });
  }

  override saveRepository(key: RepositoryKey, update: RepositoryUpdate): Promise<void> {
    return this.#answer(() => {
      const tags = new Map<Tag, TagRecord>(this.#repositories.get(textOf(key))?.tags);
      for (const tag of update.forgottenTags) tags.delete(tag);
      for (const record of update.changedTags) tags.set(record.tag, withStoredMessage(record));
      this.#repositories.set(textOf(key), { key, repository: withStoredMessage(update.repository), tags });
    });
  }

  override knownRepositories(link: string, secondary: string): Promise<readonly KnownRepository[]> {
    return this.#answer(() =>
      this.#tagged(link, secondary).map(({ key, tags }) => ({
        name: key.primaryRepository,
        onPrimary: tags.some(({ orphanSince }) => orphanSince === null) ? 'tagged' : 'gone',
      })),
    );
  }

  override findOtherTag({
    link,
    secondary,
    primaryRepository,
  }: RepositoryKey): Promise<KnownTag | undefined> {
    return this.#answer(() => {
      for (const { key, tags } of this.#tagged(link, secondary)) {
        const inSync = tags.find(({ state }) => state === 'in_sync');
        if (inSync !== undefined && key.primaryRepository !== primaryRepository)
          return { repository: key.primaryRepository, tag: inSync.tag, primaryDigest: inSync.primaryDigest };
      }
      return undefined;
    });
  }

  override loadCreationTimes(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Date | null>> {
    return this.#answer(() => {
      const known = new Map<Digest, Date | null>();
      for (const digest of digests) {
        const at = this.#creationTimes.get(digest);
        if (at !== undefined) known.set(digest, at);
      }
      return known;
    });
  }

  override saveCreationTimes(news: ReadonlyMap<Digest, Date | null>): Promise<void> {
    return this.#answer(() => {
      for (const [digest, at] of news) this.#creationTimes.set(digest, at);
      for (const oldest of this.#creationTimes.keys()) {
        if (this.#creationTimes.size <= MOST_CREATION_TIMES) break;
        this.#creationTimes.delete(oldest);
      }
    });
  }

  override cycleStarted({ cycleId, command, startedAt, links }: StartedCycle): Promise<void> {
    return this.#answer(() => {
      if (this.#cycles.has(cycleId)) return;
      const unfinished = { finishedAt: null, outcome: null, secondaries: [] };
      this.#cycles.set(cycleId, { cycleId, command, startedAt, links, ...unfinished });
    });
  }

  override cycleFinished(report: CycleReport): Promise<void> {
    return this.#answer(() => {
      const { cycleId, command, outcome } = report;
      const started = this.#cycles.get(cycleId);
      this.#cycles.set(cycleId, {
        cycleId,
        command,
        startedAt: started?.startedAt ?? new Date(report.startedAt),
        links: started?.links ?? [...new Set(report.links.map(({ link }) => link))],
        finishedAt: new Date(report.finishedAt),
        outcome,
        secondaries: report.links.map(cycleLinkRecord),
      });
    });
  }

  override loadCycle(cycleId: string): Promise<CycleRecord | undefined> {
    return this.#answer(() => this.#cycles.get(cycleId));
  }

  override deletionStarted(entry: DeletionEntry): Promise<void> {
    return this.#answer(() => {
      if (this.#deletions.has(entry.id)) return;
      const now = this.#clock.now();
      const evidence = storedJson(entry.evidence);
      const record = { ...entry, evidence, detail: null, startedAt: now, advancedAt: now };
      this.#deletions.set(entry.id, { ...record, state: 'started' });
    });
  }

  override deletionAdvanced(id: string, state: DeletionAdvance, detail?: string): Promise<void> {
    return this.#answer(() => {
      const known = this.#deletions.get(id);
      if (known === undefined) throw new StateError('NOT_FOUND', `no deletion ${id} was started`);
      if (!REACHED_FROM[state].includes(known.state)) return;
      const advance = {
        state,
        detail: storedTextOrNull(detail) ?? known.detail,
        advancedAt: this.#clock.now(),
      };
      this.#deletions.set(id, { ...known, ...advance });
    });
  }

  override unfinishedDeletions(
    link: string,
    secondary: string,
    repository: RepositoryName,
  ): Promise<readonly DeletionRecord[]> {
    return this.#answer(() =>
      [...this.#deletions.values()].filter(
        (deletion) =>
          deletion.link === link &&
          deletion.secondary === secondary &&
          deletion.repository === repository &&
          !FINISHED_STATES.includes(deletion.state),
      ),
    );
  }

  /** Nobody can decide or restore anything in the memory of a process. */
  override loadDeletionDesk(place: PlanPlace): Promise<DeletionDesk> {
    return this.#answer(() => ({
      plan: this.#openPlans.get(placeOf(place)),
      kept: [],
      freeze: this.#freezes.get(place.secondary),
    }));
  }

  override loadFreeze(secondary: string): Promise<FreezeRecord | undefined> {
    return this.#answer(() => this.#freezes.get(secondary));
  }

  override freezeDeletions({ secondary, ...freeze }: FreezeWord): Promise<void> {
    return this.#answer(() => {
      if (secondary === null || this.#freezes.has(secondary)) return;
      this.#freezes.set(secondary, { ...freeze, secondary, at: this.#clock.now() });
    });
  }

  override loadCapabilities({
    name,
    origin,
  }: RegistryAddress): Promise<ReadonlyMap<Capability, CapabilityState>> {
    return this.#answer(() => {
      const since = oldestRemembered(this.#clock.now());
      const known = [...(this.#capabilities.get(name)?.values() ?? [])];
      const here = known.filter((learnt) => learnt.origin === origin && learnt.learntAt >= since);
      return new Map(here.map(({ capability, state }) => [capability, state]));
    });
  }

  override saveCapabilities(
    registry: RegistryAddress,
    news: ReadonlyMap<Capability, CapabilityState>,
  ): Promise<void> {
    return this.#answer(() => {
      const known = this.#capabilities.get(registry.name) ?? new Map<Capability, LearntCapability>();
      this.#capabilities.set(registry.name, known);
      const learntAt = this.#clock.now();
      for (const [capability, state] of news)
        known.set(capability, { ...registry, capability, state, learntAt });
    });
  }

  override settleHeldPlan(settlement: PlanSettlement): Promise<void> {
    return this.#answer(() => {
      const place = placeOf(settlement);
      const now = this.#clock.now();
      for (const move of planMoves(this.#openPlans.get(place), settlement)) {
        const open = this.#openPlans.get(place);
        const confirmed = { cycleId: settlement.cycleId, confirmedAt: now };
        if (move.kind === 'end') this.#openPlans.delete(place);
        else if (move.kind === 'open') this.#openPlans.set(place, openedPlan(settlement, move.plan, now));
        else if (open !== undefined) this.#openPlans.set(place, { ...open, ...confirmed, items: move.items });
      }
    });
  }

  override close(): Promise<void> {
    this.#state = 'closed';
    return Promise.resolve();
  }

  #tagged(link: string, secondary: string): { key: RepositoryKey; tags: TagRecord[] }[] {
    return [...this.#repositories.values()]
      .filter(({ key, tags }) => key.link === link && key.secondary === secondary && tags.size > 0)
      .map(({ key, tags }) => ({ key, tags: [...tags.values()] }));
  }

  // A promise even for what throws, as with a database.
  async #answer<Answer>(compute: () => Answer): Promise<Answer> {
    if (this.#state === 'closed') throw new StateError('UNAVAILABLE', 'the state store is closed');
    return await Promise.resolve(compute());
  }
}

function textOf({ link, secondary, primaryRepository }: RepositoryKey): string {
  return JSON.stringify([link, secondary, primaryRepository]);
}

function placeOf({ link, secondary, repository }: PlanPlace): string {
  return JSON.stringify([link, secondary, repository]);
}

function openedPlan(of: PlanSettlement, { hash, items }: HeldPlan, now: Date): HeldPlanRecord {
  const { link, secondary, repository, primaryRepository, cycleId } = of;
  const nothingYet = { detail: null, decision: null, expiresAt: null, endedAt: null, result: null };
  return {
    id: randomUUID(),
    ...{ hash, items, link, secondary, repository, primaryRepository, cycleId },
    ...nothingYet,
    state: 'held',
    heldAt: now,
    confirmedAt: now,
  };
}

function withStoredMessage<Rec extends { readonly message: string | null }>(record: Rec): Rec {
  return { ...record, message: storedTextOrNull(record.message) };
}
