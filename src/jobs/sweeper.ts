import type { LiveConfiguration } from '../config/live-configuration.ts';
import type { LinkStateStore } from '../state/link-state.store.ts';
import type { TagRestoreStore } from '../state/tag-restore.store.ts';
import type { Clock } from '../time/clock.ts';
import { DIFF, DUE_ONLY, type CycleRequests } from './cycle-requests.ts';
import type { JobQueue } from './job-queue.ts';
import { errorFields, type ServiceLog } from './service-log.ts';

export interface SweeperParts {
  readonly configuration: LiveConfiguration;
  readonly links: LinkStateStore;
  readonly restores: TagRestoreStore;
  readonly requests: CycleRequests;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly log: ServiceLog;
}

/** Soon enough for retries that are due; a lost message costs no more than this. */
const SWEEP_SECONDS = 5;

/** Looks at the rows now and then, for everything that no message announced: it makes lost messages harmless. */
export class Sweeper {
  readonly #parts: SweeperParts;
  #end = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(parts: SweeperParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#end = new AbortController();
    this.#loop = this.#sweepForEver(this.#end.signal);
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#loop;
  }

  async #sweepForEver(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#sweep().catch((error: unknown) =>
        this.#parts.log.debug(errorFields(error), 'nothing could be swept'),
      );
      await this.#parts.clock.sleep(SWEEP_SECONDS, signal).catch(() => undefined);
    }
  }

  async #sweep(): Promise<void> {
    const { configuration, links, restores, requests, queue } = this.#parts;
    const isOurs = (link: string): boolean => configuration.link(link) !== undefined;
    for (const link of (await links.withDue()).filter(isOurs)) {
      await requests.request({ link, cause: 'retry', work: DIFF, scope: DUE_ONLY });
    }
    for (const link of (await links.withCycles()).filter(isOurs)) await queue.moveOn(link);
    const waiting = (await restores.waiting()).filter(({ link }) => isOurs(link));
    if (waiting.length > 0) await queue.restore(waiting.map(({ deletionId }) => deletionId));
  }
}
