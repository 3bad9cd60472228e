import type { RestoreRequests } from '../../jobs/restore-requests.ts';
import type { RestoreWish } from '../../state/tag-restore.store.ts';
import type { LongRequests } from '../http/long-requests.ts';
import type { RequestClock } from '../http/request-clock.ts';
import { ApiError } from '../problem/api-error.ts';

/** Most restores are a manifest put under a tag; a copy from the primary may take longer, and is looked at later. */
const PATIENCE_SECONDS = 10;

const LOOK_SECONDS = 0.2;

export interface RestoreWaitParts {
  readonly requests: RestoreRequests;
  readonly long: LongRequests;
  readonly clock: RequestClock;
}

/** Has tags put back, and waits a moment for the end, so that most callers get it as the answer. */
export class RestoreWait {
  readonly #parts: RestoreWaitParts;

  constructor(parts: RestoreWaitParts) {
    this.#parts = parts;
  }

  /** @throws {ApiError} `CONFLICT` where the tag could not be put back. @throws {StateError} */
  async restore(wish: RestoreWish): Promise<'done' | 'under-way'> {
    const { requests, long } = this.#parts;
    await requests.request(wish);
    const request = long.enter();
    try {
      return await this.#end(wish.deletionId, request.signal);
    } finally {
      request.leave();
    }
  }

  async #end(deletionId: string, signal: AbortSignal): Promise<'done' | 'under-way'> {
    const { requests, clock } = this.#parts;
    const begin = clock.monotonicSeconds();
    while (!signal.aborted && clock.monotonicSeconds() - begin < PATIENCE_SECONDS) {
      const restore = await requests.load(deletionId);
      if (restore?.state === 'done') return 'done';
      if (restore?.state === 'refused')
        throw new ApiError('CONFLICT', `the tag was not put back: ${restore.detail ?? 'the log says why'}`);
      await clock.sleep(LOOK_SECONDS, signal).catch(() => undefined);
    }
    return 'under-way';
  }
}
