import type { Job, PgBoss } from 'pg-boss';
import type { Clock } from '../time/clock.ts';
import { RunningJobs, type JobData, type Lag } from './running-jobs.ts';
import { errorFields, type ServiceLog } from './service-log.ts';

/** What a job may do about the slot that it takes. */
export interface JobSlot {
  /** Leaves the slot to others and goes on; or says, having done so, what is left. */
  leave(lag: Lag): void;
  /** Secondaries of the job's cycle that enough jobs of this process wait for. */
  readonly crowded: ReadonlySet<string>;
}

export type JobHandler = (data: JobData, slot: JobSlot) => Promise<void>;

export interface ConsumerOptions {
  readonly queue: string;
  /** Jobs of this queue that this process works on at once. */
  readonly slots: number;
}

interface ConsumerParts {
  readonly boss: PgBoss;
  readonly clock: Clock;
  readonly log: ServiceLog;
}

/** How long an idle process waits before it looks again; what this process puts on the queue itself wakes it at once. */
const POLL_SECONDS = 1;

/** A third of the queue's heartbeat: two may be lost. */
const TOUCH_SECONDS = 6;

/**
 * Takes jobs off one queue as slots are free, keeps their heartbeat, and settles them: one that throws comes back. A fetch that
 * fails is tried again: a lost database ends nothing.
 */
export class JobConsumer {
  readonly #parts: ConsumerParts;
  readonly #options: ConsumerOptions;
  readonly #handle: JobHandler;
  readonly #running: RunningJobs;
  #state: 'new' | 'running' | 'stopping' = 'new';
  #nap = new AbortController();
  #loop: Promise<unknown> = Promise.resolve();
  #isAnswering = true;

  constructor(parts: ConsumerParts, options: ConsumerOptions, handle: JobHandler) {
    this.#parts = parts;
    this.#options = options;
    this.#handle = handle;
    this.#running = new RunningJobs(options.slots);
  }

  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'running';
    this.#loop = Promise.all([this.#fetchJobs(), this.#keepTouching()]);
  }

  /** There may be something to do now. */
  wake(): void {
    this.#nap.abort();
  }

  /** Whether the queue answered when it was asked last. */
  get isAnswering(): boolean {
    return this.#isAnswering;
  }

  /** Takes no more jobs; resolves when those under way have ended. */
  async stop(): Promise<void> {
    this.#state = 'stopping';
    this.wake();
    while (this.#running.all.length > 0) await Promise.all(this.#running.all.map(({ ended }) => ended));
    this.wake();
    await this.#loop;
  }

  async #fetchJobs(): Promise<void> {
    const { boss } = this.#parts;
    const { queue } = this.#options;
    while (this.#state === 'running') {
      const { freeSlots, crowdedGroups } = this.#running;
      try {
        const fetchOptions = { batchSize: freeSlots, ignoreGroups: [...crowdedGroups] };
        const jobs = freeSlots > 0 ? await boss.fetch<JobData>(queue, fetchOptions) : [];
        this.#answered();
        for (const job of jobs) this.#begin(job);
        // A full answer says that there may be more, but then there is no slot left for it.
      } catch (error) {
        this.#silent(error);
      }
      if (this.#isRunning()) await this.#rest();
    }
  }

  #isRunning(): boolean {
    return this.#state === 'running';
  }

  async #keepTouching(): Promise<void> {
    const { boss, clock } = this.#parts;
    let due = clock.monotonicSeconds() + TOUCH_SECONDS;
    while (this.#state === 'running' || this.#running.all.length > 0) {
      await this.#rest();
      if (clock.monotonicSeconds() < due) continue;
      due = clock.monotonicSeconds() + TOUCH_SECONDS;
      const jobs = this.#running.all.map(({ job }) => job);
      if (jobs.length === 0) continue;
      // A lost claim is no reason to stop: the lease in the state decides who works.
      await boss.touch(this.#options.queue, jobs).catch((error: unknown) => this.#silent(error));
    }
  }

  async #rest(): Promise<void> {
    const nap = this.#nap;
    await this.#parts.clock.sleep(POLL_SECONDS, nap.signal).catch(() => undefined);
    if (nap.signal.aborted && this.#nap === nap) this.#nap = new AbortController();
  }

  #begin(job: Job<JobData>): void {
    const { promise: ended, resolve } = Promise.withResolvers<undefined>();
    // Before the work begins: it may leave its slot at once.
    this.#running.begin({ job, ended });
    void this.#work(job).finally(() => {
      this.#running.end(job);
      this.wake();
      resolve(undefined);
    });
  }

  async #work(job: Job<JobData>): Promise<void> {
    const { boss, log } = this.#parts;
    const { queue } = this.#options;
    const slot: JobSlot = {
      leave: (lag) => {
        this.#running.stepAside(job, lag);
        this.wake();
      },
      crowded: this.#running.crowdedIn(job.data.cycle ?? ''),
    };
    const settle = await this.#handle(job.data, slot).then(
      () => () => boss.complete(queue, job),
      (error: unknown) => {
        log.debug({ queue, ...job.data, ...errorFields(error) }, 'a job comes back to the queue');
        return () => boss.fail(queue, job);
      },
    );
    // Where this is not heard, the heartbeat runs out and the job comes back: it then finds nothing to do.
    await settle().catch((error: unknown) => this.#silent(error));
  }

  #answered(): void {
    if (!this.#isAnswering) this.#parts.log.info({ queue: this.#options.queue }, 'the queue answers again');
    this.#isAnswering = true;
  }

  #silent(error: unknown): void {
    if (this.#isAnswering)
      this.#parts.log.warn(
        { queue: this.#options.queue, ...errorFields(error) },
        'the queue does not answer',
      );
    this.#isAnswering = false;
  }
}
