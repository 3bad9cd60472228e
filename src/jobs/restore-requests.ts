import type { RestoreRecord, RestoreWish, TagRestoreStore } from '../state/tag-restore.store.ts';
import type { JobQueue } from './job-queue.ts';
import { errorFields, type ServiceLog } from './service-log.ts';

export interface RestoreRequestsParts {
  readonly restores: TagRestoreStore;
  readonly queue: JobQueue;
  readonly log: ServiceLog;
}

/**
 * How the API has a deleted tag put back. The wish is a row before the answer is given; the queue is only told, and a queue that
 * does not hear it is told again by the sweeper.
 *
 * @throws {StateError} every method, `UNAVAILABLE` where the database cannot be had.
 */
export class RestoreRequests {
  readonly #parts: RestoreRequestsParts;

  constructor(parts: RestoreRequestsParts) {
    this.#parts = parts;
  }

  async request(wish: RestoreWish): Promise<void> {
    const { restores, queue, log } = this.#parts;
    const { deletionId } = wish;
    await restores.ask(wish);
    await queue
      .restore([deletionId])
      .catch((error: unknown) =>
        log.debug({ deletion: deletionId, ...errorFields(error) }, 'the queue was not told'),
      );
  }

  /** How far a wish has come. */
  async load(deletionId: string): Promise<RestoreRecord | undefined> {
    return await this.#parts.restores.load(deletionId);
  }
}
