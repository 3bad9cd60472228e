import { randomUUID } from 'node:crypto';
import { mergeWaves } from '../reconciliation/merge-waves.ts';
import type { RunListeners, SecondaryOutcome } from '../reconciliation/link-session.ts';
import type { LiveConfiguration } from '../config/live-configuration.ts';
import type { CycleItemsStore } from '../state/cycle-items.store.ts';
import type { RepositoryMarkStore } from '../state/repository-mark.store.ts';
import type { ClaimedRun, RepositoryRunStore, RunEnd, RunSide } from '../state/repository-run.store.ts';
import type { Clock } from '../time/clock.ts';
import type { JobSlot } from './job-consumer.ts';
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
  readonly items: CycleItemsStore;
  readonly runs: RepositoryRunStore;
  readonly marks: RepositoryMarkStore;
  readonly sessions: LinkSessions;
  readonly unannounced: UnannouncedChanges;
  readonly leases: LeaseKeeper;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly log: ServiceLog;
}

/** What a job is about: a repository of a cycle, on one secondary or on all that are at the same place. */
export interface RepositoryJob {
  readonly link: string;
  readonly cycle: string;
  readonly repository: string;
  readonly secondary: string | undefined;
}

/** Works on one repository of one link, for the cycle that waits for it. */
export class RepositoryWorker {
  readonly #parts: RepositoryWorkerParts;
  readonly #process = randomUUID();

  constructor(parts: RepositoryWorkerParts) {
    this.#parts = parts;
  }

  /**
   * Each secondary is written down, and given back, as soon as it is through.
   *
   * @throws when the job is to come back: the repository is busy, the run was cut off, or the state cannot be had.
   */
  async work({ link: name, cycle, repository, secondary }: RepositoryJob, slot: JobSlot): Promise<void> {
    const { configuration, runs, leases, sessions, clock, log } = this.#parts;
    const link = configuration.link(name);
    // Another replica may know the link already, or still: the cycle keeps asking.
    if (link === undefined) return;
    const claimedAt = clock.monotonicSeconds();
    // Who asks for one secondary has waited for it; who asks for all must not wait for one that has enough to do.
    const without = secondary === undefined ? slot.crowded : new Set<string>();
    const claim = await runs.claim(
      { cycleId: cycle, repository, secondary, without },
      { owner: `${this.#process}/${randomUUID()}`, seconds: LEASE_SECONDS },
    );
    if (claim.kind === 'busy') throw new RepositoryBusy(`${repository} is worked on elsewhere`);
    if (claim.kind === 'nothing-to-do') return;
    const { run } = claim;
    leases.hold(run.sides, claimedAt);
    log.debug({ ...nameOf(run), phase: run.phase }, 'a run begins');
    try {
      await this.#carryOut(run, sessions.of(run.cycle, link, run.openCycles), slot);
    } catch (error) {
      // Where this fails as well, the leases run out by themselves; of a secondary that is through there is none any more.
      await runs.abandon(run.sides).catch(() => undefined);
      throw error;
    } finally {
      leases.release(run.sides);
    }
  }

  async #carryOut(run: ClaimedRun, open: OpenSession, slot: JobSlot): Promise<void> {
    const task = {
      repository: run.repository,
      history: run.sides.some(({ history }) => history === 'interrupted') ? 'interrupted' : 'clean',
      secondaries: run.sides.map(({ secondary }) => secondary),
    } as const;
    const listeners: RunListeners = {
      lags: (lag) => slot.leave(lag),
      ended: async (outcome) => {
        open.signal.throwIfAborted();
        await this.#finish(run, sideOf(run, outcome.secondary), { outcome, open });
      },
    };
    if (run.phase === 'copy') await open.session.copy(task, listeners);
    else
      await open.session.copyAndDelete(task, listeners, (secondary, wanted) =>
        this.#parts.runs.takeDeletions(sideOf(run, secondary), wanted),
      );
    open.signal.throwIfAborted();
  }

  async #finish(
    run: ClaimedRun,
    side: RunSide,
    { outcome, open }: { readonly outcome: SecondaryOutcome; readonly open: OpenSession },
  ): Promise<void> {
    const { runs, leases, queue, unannounced, log } = this.#parts;
    const end = endOf(side, outcome, open);
    const finish = await runs.finish(run, side, end);
    leases.release([side]);
    const { secondary } = side;
    log.debug({ ...nameOf(run), secondary, phase: run.phase, state: end.state, finish }, 'a run ends');
    if (finish === 'lost') return;
    await this.#markDoubts(run, outcome);
    unannounced.consider(run, side, outcome);
    if (finish === 'again')
      await queue.workOn(run.cycle, [{ name: run.repository.name, secondary, retryCount: 0 }]);
    else if (!(await this.#parts.items.isBusy(run.cycle.id, secondary))) await queue.moveOn(run.cycle.link);
  }

  /** A verification that failed has the repository gone through again now; which tags it is about is written at the tags. */
  async #markDoubts(run: ClaimedRun, { secondary, doubts }: SecondaryOutcome): Promise<void> {
    const { link, work } = run.cycle;
    if (work.command !== 'verify' || doubts === 0) return;
    const marks = { link, repositories: [run.repository.name], secondaries: [secondary] };
    await this.#parts.marks.mark(marks, 'doubt');
    this.#parts.log.warn(
      { ...nameOf(run), secondary },
      'a verification failed: the next cycle pushes the tags again',
    );
  }
}

function endOf(side: RunSide, outcome: SecondaryOutcome, { session }: OpenSession): RunEnd {
  const { secondary, report, wantedDeletions } = outcome;
  const requests = session.takeRequests(secondary);
  const { earlier } = side;
  const state = workStateOf(report.outcome);
  return {
    result: {
      secondary,
      report: earlier === undefined ? report : mergeWaves(earlier.report, report),
      requestsPrimary: (earlier?.requestsPrimary ?? 0) + requests.primary,
      requestsSecondary: (earlier?.requestsSecondary ?? 0) + requests.secondary,
    },
    wanted: wantedDeletions,
    state,
    retryAfterSeconds: state === 'failed' ? retryDelaySeconds(side.retryCount + 1, Math.random()) : null,
  };
}

function sideOf({ sides }: ClaimedRun, secondary: string): RunSide {
  const side = sides.find((each) => each.secondary === secondary);
  if (side === undefined) throw new Error(`the run is not about ${secondary}`);
  return side;
}

function nameOf({ cycle, repository }: ClaimedRun): Record<string, string> {
  return { link: cycle.link, repository: repository.name, cycle: cycle.id };
}
