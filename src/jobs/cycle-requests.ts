import type { LiveConfiguration } from '../config/live-configuration.ts';
import type { CycleQueueStore } from '../state/cycle-queue.store.ts';
import type { CycleWish, LinkCycleRecord } from '../state/link-cycle.ts';
import type { LinkStateStore } from '../state/link-state.store.ts';
import type { RepositoryMarkStore } from '../state/repository-mark.store.ts';
import type { JobQueue } from './job-queue.ts';
import { errorFields, type ServiceLog } from './service-log.ts';

/** The work of every cycle that nobody asked more of. */
export const DIFF = { command: 'sync', mode: 'diff' } as const satisfies CycleWish['work'];

/** What is marked or due, and nothing else. */
export const DUE_ONLY = {
  kind: 'some',
  due: 'with-due',
  patterns: [],
  tags: [],
} as const satisfies CycleWish['scope'];

export interface CycleRequestsParts {
  readonly configuration: Pick<LiveConfiguration, 'link'>;
  readonly cycles: CycleQueueStore;
  readonly marks: RepositoryMarkStore;
  readonly links: LinkStateStore;
  readonly queue: JobQueue;
  readonly log: ServiceLog;
}

/**
 * How everybody (schedule, API, notifications) has a link do something. A wish is a row before the answer is given; the queue is
 * only told, and a queue that does not hear it is told again by the sweeper.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class CycleRequests {
  readonly #parts: CycleRequestsParts;

  constructor(parts: CycleRequestsParts) {
    this.#parts = parts;
  }

  /** The cycle that will do it: while one of its kind waits, that one. */
  async request(wish: CycleWish): Promise<LinkCycleRecord> {
    const cycle = await this.#parts.cycles.request(wish);
    await this.#moveOn(wish.link);
    return cycle;
  }

  /** Notes that something changed in repositories of a link, or that somebody asks whether it did, and has them looked at now. */
  async markDirty(
    link: string,
    repositories: readonly string[],
    by: 'event' | 'question',
  ): Promise<LinkCycleRecord> {
    const { configuration, marks } = this.#parts;
    const secondaries = (configuration.link(link)?.secondaries ?? []).map(({ name }) => name);
    const again = await marks.mark({ link, repositories, secondaries }, by);
    await this.#tell(link, async (queue) => {
      for (const { cycleId, name, secondary } of again)
        await queue.workOn({ id: cycleId, link }, [{ name, secondary, retryCount: 0 }]);
    });
    return await this.request({ link, cause: 'event', work: DIFF, scope: DUE_ONLY });
  }

  /** Ends a cycle within seconds, wherever it runs. `false`: it has ended, or never was. */
  async cancel(cycleId: string): Promise<boolean> {
    const { cycles } = this.#parts;
    const isCancelled = await cycles.cancel(cycleId);
    const link = (await cycles.load(cycleId))?.link;
    if (isCancelled && link !== undefined) await this.#moveOn(link);
    return isCancelled;
  }

  /** No cycle of the link begins until it is resumed; one that is under way goes on. */
  async pause(link: string): Promise<void> {
    await this.#parts.links.pause(link);
  }

  async resume(link: string): Promise<void> {
    await this.#parts.links.resume(link);
    await this.#moveOn(link);
  }

  async #moveOn(link: string): Promise<void> {
    await this.#tell(link, (queue) => queue.moveOn(link));
  }

  async #tell(link: string, message: (queue: JobQueue) => Promise<void>): Promise<void> {
    const { queue, log } = this.#parts;
    await message(queue).catch((error: unknown) =>
      log.debug({ link, ...errorFields(error) }, 'the queue was not told'),
    );
  }
}
