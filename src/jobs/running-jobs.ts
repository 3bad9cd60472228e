import type { Job } from 'pg-boss';

/** Jobs of one group that may go on beside the slots before the group gets no more: each renews a lease and a heartbeat. */
const MOST_ASIDE = 256;

/** What they may hold in memory, in tags: some 200 bytes each, and as much again for what is remembered. */
const MOST_TAGS_ASIDE = 500_000;

/** A job by what it is about. */
export type JobData = Readonly<Record<string, string>>;

/** A job that is under way. */
export interface RunningJob {
  readonly job: Job<JobData>;
  readonly ended: Promise<unknown>;
}

interface Aside {
  readonly group: string | undefined;
  readonly tags: number;
}

/**
 * The jobs under way in this process. Each takes a slot, until it steps aside because all that is left of it is waiting for somebody
 * slow. A group with too many aside gets no new ones, so that it takes its own place and nobody else's.
 */
export class RunningJobs {
  readonly #slots: number;
  readonly #running = new Map<string, RunningJob>();
  readonly #aside = new Map<string, Aside>();

  constructor(slots: number) {
    this.#slots = slots;
  }

  get all(): readonly RunningJob[] {
    return [...this.#running.values()];
  }

  get freeSlots(): number {
    return this.#slots - (this.#running.size - this.#aside.size);
  }

  /** Groups that get no more jobs for now. */
  get crowdedGroups(): readonly string[] {
    const sums = new Map<string, { jobs: number; tags: number }>();
    for (const { group, tags } of this.#aside.values()) {
      if (group === undefined) continue;
      const sum = sums.get(group) ?? { jobs: 0, tags: 0 };
      sums.set(group, { jobs: sum.jobs + 1, tags: sum.tags + tags });
    }
    return [...sums].flatMap(([group, { jobs, tags }]) =>
      jobs >= MOST_ASIDE || tags >= MOST_TAGS_ASIDE ? [group] : [],
    );
  }

  begin(running: RunningJob): void {
    this.#running.set(running.job.id, running);
  }

  /** Gives the slot of a job back before its end. */
  stepAside({ id, groupId }: Job<JobData>, tags: number): void {
    if (this.#running.has(id)) this.#aside.set(id, { group: groupId ?? undefined, tags });
  }

  end({ id }: Job<JobData>): void {
    this.#running.delete(id);
    this.#aside.delete(id);
  }
}
