import { randomUUID } from 'node:crypto';
import { mergeWaves } from '../reconciliation/merge-waves.ts';
import type { SecondaryOutcome } from '../reconciliation/link-session.ts';
import type { LagListener } from '../reconciliation/repository-run.ts';
import type { LiveConfiguration } from '../config/live-configuration.ts';
import type { CycleQueueStore } from '../state/cycle-queue.store.ts';
import type { ClaimedRun, RepositoryRunStore, RunEnd, RunResult } from '../state/repository-run.store.ts';
import type { Clock } from '../time/clock.ts';
import type { JobQueue } from './job-queue.ts';
import { LEASE_SECONDS, type LeaseKeeper } from './lease-keeper.ts';
import type { LinkSessions, OpenSession } from './link-sessions.ts';
import { retryDelaySeconds } from './retry-delay.ts';
import type { ServiceLog } from './service-log.ts';
import type { UnannouncedChanges } from './unannounced-changes.ts';
import { workStateOf } from './work-state.ts';

/** Why a job comes back to the queue without having failed. */
class RepositoryBusy extends Error {
  override readonly name = 'RepositoryBusy';
}

export interface RepositoryWorkerParts {
  readonly configuration: LiveConfiguration;
  readonly cycles: CycleQueueStore;
  readonly runs: RepositoryRunStore;
  readonly sessions: LinkSessions;
  readonly unannounced: UnannouncedChanges;
  readonly leases: LeaseKeeper;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly log: ServiceLog;
}

/** Works on one repository of one link, for the cycle that waits for it. */
export class RepositoryWorker {
  readonly #parts: RepositoryWorkerParts;
  readonly #process = randomUUID();

  constructor(parts: RepositoryWorkerParts) {
    this.#parts = parts;
  }

  /**
   * @param lags told when only slower secondaries keep the run from its end.
   * @throws when the job is to come back: the repository is busy, the run was cut off, or the state cannot be had.
   */
  async work(of: { readonly link: string; readonly repository: string }, lags: LagListener): Promise<void> {
    const { configuration, runs, leases, sessions, clock, log } = this.#parts;
    const link = configuration.link(of.link);
    // Another replica may know the link already, or still: the cycle keeps asking.
    if (link === undefined) return;
    const claimedAt = clock.monotonicSeconds();
    const claim = await runs.claim(of, { owner: `${this.#process}/${randomUUID()}`, seconds: LEASE_SECONDS });
    if (claim.kind === 'busy') throw new RepositoryBusy(`${of.repository} is worked on elsewhere`);
    if (claim.kind === 'nothing-to-do') return;
    const { run } = claim;
    leases.hold(run, claimedAt);
    log.debug({ ...nameOf(run), phase: run.phase }, 'a run begins');
    try {
      await this.#carryOut(run, sessions.of(run.cycle, link), lags);
    } catch (error) {
      // Where this fails as well, the lease runs out by itself.
      await runs.abandon(run).catch(() => undefined);
      throw error;
    } finally {
      leases.release(run);
    }
  }

  async #carryOut(run: ClaimedRun, open: OpenSession, lags: LagListener): Promise<void> {
    const { runs, queue, unannounced, log } = this.#parts;
    const outcomes = await this.#run(run, open, lags);
    open.signal.throwIfAborted();
    const end = this.#endOf(run, outcomes, open);
    const finish = await runs.finish(run, end);
    log.debug({ ...nameOf(run), phase: run.phase, state: end.state, finish }, 'a run ends');
    if (finish === 'lost') return;
    await this.#markDoubts(run, outcomes);
    unannounced.consider(run, outcomes);
    if (finish === 'again')
      await queue.workOn(run.cycle.link, [{ name: run.repository.name, retryCount: 0 }]);
    if (finish === 'done') await this.#moveOnIfLast(run);
  }

  /** A verification that failed has the repository gone through again now; which tags it is about is written at the tags. */
  async #markDoubts(run: ClaimedRun, outcomes: readonly SecondaryOutcome[]): Promise<void> {
    const { link, work } = run.cycle;
    if (work.command !== 'verify' || outcomes.every(({ doubts }) => doubts === 0)) return;
    await this.#parts.runs.markDirty(link, [run.repository.name], 'doubt');
    this.#parts.log.warn(nameOf(run), 'a verification failed: the next cycle pushes the tags again');
  }

  async #run(
    run: ClaimedRun,
    { session }: OpenSession,
    lags: LagListener,
  ): Promise<readonly SecondaryOutcome[]> {
    const failures = run.cycle.listing?.failures ?? {};
    const link = this.#parts.configuration.link(run.cycle.link);
    const all = (link?.secondaries ?? []).map(({ name }) => name);
    const unsettled = all.filter((name) => !run.settled.has(name));
    // A failure of which nothing is written down may be of any of them.
    const wanted = unsettled.length > 0 ? unsettled : all;
    const task = {
      repository: run.repository,
      history: run.history,
      secondaries: wanted.filter((name) => failures[name] === undefined),
    };
    if (run.phase === 'copy') return await session.copy(task, lags);
    return await session.copyAndDelete(task, lags, (secondary, wanted) =>
      this.#parts.runs.takeDeletions(run, secondary, wanted),
    );
  }

  #endOf(run: ClaimedRun, outcomes: readonly SecondaryOutcome[], { session }: OpenSession): RunEnd {
    const requests = session.takeRequests();
    const before = new Map(run.results.map((result) => [result.secondary, result]));
    const results = outcomes.map(({ secondary, report }, index): RunResult => {
      const earlier = before.get(secondary);
      return {
        secondary,
        report: earlier === undefined ? report : mergeWaves(earlier.report, report),
        requestsPrimary: (earlier?.requestsPrimary ?? 0) + (index === 0 ? requests.primary : 0),
        requestsSecondary: (earlier?.requestsSecondary ?? 0) + (requests.secondaries.get(secondary) ?? 0),
      };
    });
    const wanted = outcomes.flatMap(({ secondary, wantedDeletions }) =>
      wantedDeletions > 0 ? [[secondary, wantedDeletions] as const] : [],
    );
    const state = workStateOf(outcomes.map(({ report }) => report.outcome));
    const retryAfterSeconds =
      state === 'failed' ? retryDelaySeconds(run.retryCount + 1, Math.random()) : null;
    return { results, wanted: Object.fromEntries(wanted), state, retryAfterSeconds };
  }

  async #moveOnIfLast({ cycle }: ClaimedRun): Promise<void> {
    const { cycles, queue } = this.#parts;
    const { waiting } = await cycles.progress(cycle.id);
    if (waiting === 0) await queue.moveOn(cycle.link);
  }
}

function nameOf({ cycle, repository }: ClaimedRun): Record<string, string> {
  return { link: cycle.link, repository: repository.name, cycle: cycle.id };
}
