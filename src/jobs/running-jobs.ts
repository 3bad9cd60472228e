import type { Job } from 'pg-boss';

/** Jobs that may wait for a secondary beside the slots before it gets no more: each renews a lease and a heartbeat. */
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

/** What a job waits for that stepped aside. */
export interface Lag {
  /** What it holds in memory, in tags. */
  readonly tags: number;
  /** Secondaries that are slower than the others. */
  readonly waitsFor: readonly string[];
}

interface Aside extends Lag {
  readonly cycle: string;
}

/**
 * The jobs under way in this process. Each takes a slot, until it steps aside because all that is left of it is waiting for somebody
 * slow. A secondary that too many wait for gets no new ones, so that it takes its own place and nobody else's.
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

  /** Groups of jobs that are about nothing but a crowded secondary. */
  get crowdedGroups(): readonly string[] {
    const cycles = new Set([...this.#aside.values()].map(({ cycle }) => cycle));
    return [...cycles].flatMap((cycle) =>
      [...this.crowdedIn(cycle)].map((secondary) => groupOf(cycle, secondary)),
    );
  }

  /** Secondaries of a cycle that enough jobs wait for. */
  crowdedIn(cycle: string): ReadonlySet<string> {
    const sums = new Map<string, { jobs: number; tags: number }>();
    for (const aside of this.#aside.values()) {
      if (aside.cycle !== cycle) continue;
      for (const secondary of aside.waitsFor) {
        const sum = sums.get(secondary) ?? { jobs: 0, tags: 0 };
        sums.set(secondary, { jobs: sum.jobs + 1, tags: sum.tags + aside.tags });
      }
    }
    const isCrowded = ({ jobs, tags }: { readonly jobs: number; readonly tags: number }): boolean =>
      jobs >= MOST_ASIDE || tags >= MOST_TAGS_ASIDE;
    return new Set([...sums].flatMap(([secondary, sum]) => (isCrowded(sum) ? [secondary] : [])));
  }

  begin(running: RunningJob): void {
    this.#running.set(running.job.id, running);
  }

  /** Gives the slot of a job back before its end, or says what is left of one that has. */
  stepAside({ id, data }: Job<JobData>, lag: Lag): void {
    if (this.#running.has(id)) this.#aside.set(id, { cycle: data.cycle ?? '', ...lag });
  }

  end({ id }: Job<JobData>): void {
    this.#running.delete(id);
    this.#aside.delete(id);
  }
}

/** The group of jobs of a cycle that are about one secondary alone; an id and a name have no space. */
export function groupOf(cycle: string, secondary: string | undefined): string {
  return secondary === undefined ? cycle : `${cycle} ${secondary}`;
}
