import type { RepositoryRunStore, RunLease } from '../state/repository-run.store.ts';
import type { Clock } from '../time/clock.ts';
import type { LinkSessions } from './link-sessions.ts';
import { errorFields, type ServiceLog } from './service-log.ts';

/** A dead process is given up after this long; above the heartbeat of the queue, which brings the job back first. */
export const LEASE_SECONDS = 30;

/** Often enough to cancel a cycle within 5 s, and to lose several renewals before a lease runs out. */
const RENEWAL_SECONDS = 2;

/** A process that could not renew for this long stops, well before another one may begin (failure mode CC-02). */
const GIVE_UP_SECONDS = 20;

interface Held {
  readonly lease: RunLease;
  renewedAt: number;
}

/**
 * Renews the leases of everything under way in this process, and cuts off what it may no longer do: a run whose lease is lost or
 * could not be renewed, and the runs of a cancelled cycle.
 */
export class LeaseKeeper {
  readonly #runs: RepositoryRunStore;
  readonly #sessions: LinkSessions;
  readonly #clock: Clock;
  readonly #log: ServiceLog;
  readonly #held = new Map<RunLease, Held>();
  #end = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(runs: RepositoryRunStore, sessions: LinkSessions, clock: Clock, log: ServiceLog) {
    this.#runs = runs;
    this.#sessions = sessions;
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    this.#end = new AbortController();
    this.#loop = this.#renewForEver(this.#end.signal);
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loop;
  }

  /** @param claimedAt monotonic seconds from before the claim was sent: the lease is not younger than that. */
  hold(leases: readonly RunLease[], claimedAt: number): void {
    for (const lease of leases) this.#held.set(lease, { lease, renewedAt: claimedAt });
  }

  release(leases: readonly RunLease[]): void {
    for (const lease of leases) this.#held.delete(lease);
  }

  async #renewForEver(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(RENEWAL_SECONDS, signal).catch(() => undefined);
      // A database that hangs must not keep the give-up from being noticed.
      const renewal = this.#renew().catch((error: unknown) =>
        this.#log.debug(errorFields(error), 'leases could not be renewed'),
      );
      await Promise.race([renewal, this.#clock.sleep(RENEWAL_SECONDS, signal).catch(() => undefined)]);
      this.#giveUpStale();
    }
  }

  async #renew(): Promise<void> {
    const held = [...this.#held.values()];
    if (held.length === 0) return;
    const now = this.#clock.monotonicSeconds();
    const leases = held.map(({ lease }) => lease);
    const renewed = await this.#runs.renew(leases, LEASE_SECONDS);
    for (const each of held) {
      if (renewed.has(each.lease)) each.renewedAt = now;
      else if (this.#held.has(each.lease))
        this.#abort(each.lease, 'another process has taken the repository over');
    }
    const cancelled = await this.#runs.cancelled([...new Set(leases.map(({ cycleId }) => cycleId))]);
    for (const cycleId of cancelled) this.#sessions.abort(cycleId, 'the cycle was cancelled');
  }

  #giveUpStale(): void {
    const now = this.#clock.monotonicSeconds();
    for (const { lease, renewedAt } of this.#held.values()) {
      if (now - renewedAt > GIVE_UP_SECONDS) this.#abort(lease, 'the lease could not be renewed');
    }
  }

  #abort({ cycleId, link, repository, secondary }: RunLease, reason: string): void {
    this.#log.warn({ link, repository, secondary, cycle: cycleId }, reason);
    this.#sessions.abort(cycleId, reason);
  }
}
