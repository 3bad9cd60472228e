import type { OnModuleDestroy } from '@nestjs/common';
import { ApiError } from '../problem/api-error.ts';

/** A request that is answered over minutes. */
export interface LongRequest {
  /** Aborts when the service stops. */
  readonly signal: AbortSignal;
  /** Has to be called when it is over, however it ends. */
  readonly leave: () => void;
}

/** Each of them asks the database once a second, beside the workers. */
const MOST_AT_ONCE = 128;

const RETRY_AFTER_SECONDS = 5;

/** Bounds how many callers wait at once, and sends them home when the service stops. */
export class LongRequests implements OnModuleDestroy {
  readonly #open = new Set<AbortController>();
  readonly #most: number;
  #state: 'open' | 'closed' = 'open';

  constructor(most: number = MOST_AT_ONCE) {
    this.#most = most;
  }

  /** @throws {ApiError} `TOO_MANY_REQUESTS`, `UNAVAILABLE`. */
  enter(): LongRequest {
    const headers = { 'Retry-After': String(RETRY_AFTER_SECONDS) };
    if (this.#state === 'closed') throw new ApiError('UNAVAILABLE', 'the service stops', { headers });
    if (this.#open.size >= this.#most) {
      const detail = `${this.#most} callers follow cycles or wait for tags already: try again later`;
      throw new ApiError('TOO_MANY_REQUESTS', detail, { headers });
    }
    const controller = new AbortController();
    this.#open.add(controller);
    return { signal: controller.signal, leave: () => this.#open.delete(controller) };
  }

  onModuleDestroy(): void {
    this.#state = 'closed';
    for (const controller of this.#open) controller.abort();
  }
}
