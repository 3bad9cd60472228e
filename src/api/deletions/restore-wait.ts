import type { RestoreRequests } from '../../jobs/restore-requests.ts';
import type { RestoreRecord } from '../../state/tag-restore.store.ts';
import type { RequestClock } from '../http/request-clock.ts';

/** Most restores are a manifest put under a tag; a copy from the primary may take longer, and is looked at later. */
const PATIENCE_SECONDS = 10;

const LOOK_SECONDS = 0.2;

/** Waits a moment for the end of restores, so that most callers get it as the answer. */
export class RestoreWait {
  readonly #requests: RestoreRequests;
  readonly #clock: RequestClock;

  constructor(requests: RestoreRequests, clock: RequestClock) {
    this.#requests = requests;
    this.#clock = clock;
  }

  /** How far the restore has come when it ended, or when the patience did. @throws {StateError} */
  async forEnd(deletionId: string, signal: AbortSignal): Promise<RestoreRecord | undefined> {
    const begin = this.#clock.monotonicSeconds();
    for (;;) {
      const restore = await this.#requests.load(deletionId);
      const isLate = this.#clock.monotonicSeconds() - begin >= PATIENCE_SECONDS;
      if (restore?.state !== 'asked' || isLate || signal.aborted) return restore;
      await this.#clock.sleep(LOOK_SECONDS, signal).catch(() => undefined);
    }
  }
}
