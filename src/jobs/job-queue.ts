import { PgBoss, type JobInsert } from 'pg-boss';
import type { Secret } from '../config/secret.ts';
import { SteadfastClient } from '../state/steadfast-client.ts';
import type { Clock } from '../time/clock.ts';
import { JobConsumer, type ConsumerOptions, type JobHandler } from './job-consumer.ts';
import type { JobData } from './running-jobs.ts';
import { errorFields, type ServiceLog } from './service-log.ts';

/** The queues: moving a link's cycle on, working on one repository, and putting one deleted tag back. */
export const QUEUE = { cycles: 'cycle', repositories: 'repository', restores: 'restore' } as const;

export type QueueName = (typeof QUEUE)[keyof typeof QUEUE];

/**
 * `stately`: of one repository, or of one deletion, at most one job waits and at most one is active, in all processes. A link's cycle may be moved on by
 * two at once, and must not wait: the library learns only after seconds that a follower of an active job is free to go.
 */
const POLICIES = [
  [QUEUE.cycles, 'short'],
  [QUEUE.repositories, 'stately'],
  [QUEUE.restores, 'stately'],
] as const;

/** The tables of the library, apart from ours. */
const SCHEMA = 'geo_reconciler_queue';

/** A worker that says nothing for this long is dead, and its jobs go to others; below the lease, so that those find it free. */
const HEARTBEAT_SECONDS = 20;

/** How long a job waits that came back: its repository is busy, or the database was away. */
const RETRY_SECONDS = 2;

/** The longest that the library takes; a run that lasts longer goes on under its lease, whoever has the job. */
const EXPIRE_SECONDS = 24 * 3600;

/** Jobs hold nothing that is worth keeping. */
const DELETE_AFTER_SECONDS = 60;

const CONNECTIONS = 4;

/** Jobs per statement. */
const BATCH = 1000;

/** How many jobs of one queue wait, and how many are worked on; of all processes. */
export interface QueueCounts {
  readonly queue: string;
  readonly queued: number;
  readonly active: number;
}

/**
 * The queue that all replicas share. A job names what it is about and nothing else: one of a name waits at most. Jobs may be lost or come twice: rows say what is to be done.
 */
export class JobQueue {
  readonly #boss: PgBoss;
  readonly #clock: Clock;
  readonly #log: ServiceLog;
  readonly #consumers = new Map<QueueName, JobConsumer>();

  constructor(url: Secret, clock: Clock, log: ServiceLog) {
    this.#clock = clock;
    this.#log = log;
    // The library hands its options on to its pool, and types only those that it knows itself.
    const pool = { Client: SteadfastClient };
    this.#boss = new PgBoss({
      ...pool,
      connectionString: url.reveal(),
      application_name: 'geo-reconciler queue',
      schema: SCHEMA,
      max: CONNECTIONS,
      schedule: false,
      // Dead workers and follow-ups of active jobs are noticed within these.
      superviseIntervalSeconds: 1,
      monitorIntervalSeconds: 1,
      queueCacheIntervalSeconds: 1,
      persistWarnings: false,
    });
    this.#boss.on('error', (error) => log.warn(errorFields(error), 'the queue reports an error'));
    this.#boss.on('warning', (warning) => log.debug({ warning: warning.message }, 'the queue warns'));
  }

  /** Brings the tables of the queue to this release, one replica after the other. */
  async start(): Promise<void> {
    await this.#boss.start();
    for (const [queue, policy] of POLICIES) {
      const options = {
        retryLimit: 1_000_000,
        retryDelay: RETRY_SECONDS,
        expireInSeconds: EXPIRE_SECONDS,
        deleteAfterSeconds: DELETE_AFTER_SECONDS,
        heartbeatSeconds: HEARTBEAT_SECONDS,
      };
      await this.#boss.createQueue(queue, { policy, ...options });
    }
  }

  consume(options: ConsumerOptions & { readonly queue: QueueName }, handle: JobHandler): void {
    const parts = { boss: this.#boss, clock: this.#clock, log: this.#log };
    const consumer = new JobConsumer(parts, options, handle);
    this.#consumers.set(options.queue, consumer);
    consumer.start();
  }

  /** Has the cycle of a link moved on. */
  async moveOn(link: string): Promise<void> {
    await this.#put(QUEUE.cycles, [{ data: { link }, singletonKey: link }]);
  }

  /** Has repositories worked on; those that failed before come after the others. */
  async workOn(
    link: string,
    repositories: readonly { readonly name: string; readonly retryCount: number }[],
  ): Promise<void> {
    const jobs = repositories.map(({ name, retryCount }) => ({
      data: { link, repository: name },
      singletonKey: `${link}/${name}`,
      group: { id: link },
      priority: -Math.min(retryCount, 100),
    }));
    await this.#put(QUEUE.repositories, jobs);
  }

  /** Has deleted tags put back. */
  async restore(deletionIds: readonly string[]): Promise<void> {
    await this.#put(
      QUEUE.restores,
      deletionIds.map((deletion) => ({ data: { deletion }, singletonKey: deletion })),
    );
  }

  /** Whether the queue answered when it was asked last. */
  get isAnswering(): boolean {
    return [...this.#consumers.values()].every(({ isAnswering }) => isAnswering);
  }

  async counts(): Promise<readonly QueueCounts[]> {
    const queues = await this.#boss.getQueues(Object.values(QUEUE));
    return queues.map(({ name, queuedCount, activeCount }) => ({
      queue: name,
      queued: queuedCount,
      active: activeCount,
    }));
  }

  /** Takes no more jobs; resolves when those under way have ended. */
  async drain(): Promise<void> {
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.stop()));
  }

  async stop(): Promise<void> {
    await this.#boss.stop({ graceful: false });
  }

  async #put(queue: QueueName, jobs: readonly JobInsert<JobData>[]): Promise<void> {
    for (let start = 0; start < jobs.length; start += BATCH) {
      await this.#boss.insert(queue, jobs.slice(start, start + BATCH));
    }
    this.#consumers.get(queue)?.wake();
  }
}
