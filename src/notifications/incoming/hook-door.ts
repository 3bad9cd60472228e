import type { IncomingHook } from '../../config/configuration.ts';
import { AttemptLimiter } from '../../jobs/attempt-limiter.ts';
import type { Clock } from '../../time/clock.ts';
import { HookRefusal } from './hook-refusal.ts';
import { knownHook } from './known-hook.ts';

/** Who knocks where. */
export interface Knock {
  readonly path: string;
  readonly authorization: string | undefined;
  /** Of the connection. */
  readonly address: string;
}

/** Lets those in who know the secret of a hook, and nobody find it by trying: wrong ones are counted per hook and address. */
export class HookDoor {
  readonly #hooks: () => readonly IncomingHook[];
  readonly #clock: Pick<Clock, 'monotonicSeconds'>;
  /** Of hooks that are, or were, configured: nobody from outside makes it grow. */
  readonly #attempts = new Map<string, AttemptLimiter>();

  /** @param hooks those that are configured now. */
  constructor(hooks: () => readonly IncomingHook[], clock: Pick<Clock, 'monotonicSeconds'>) {
    this.#hooks = hooks;
    this.#clock = clock;
  }

  /** @throws {HookRefusal} `NOT_FOUND`, `UNAUTHENTICATED`, or `TOO_MANY_REQUESTS` for an address that tried too often. */
  admit({ path, authorization, address }: Knock): IncomingHook {
    const hooks = this.#hooks();
    // Whoever sends no secret, or asks for a hook that is none, does not try one.
    if (authorization === undefined || !hooks.some((hook) => hook.path === path))
      return knownHook(hooks, path, authorization);
    const attempts = this.#attemptsAt(path);
    const seconds = attempts.secondsToWait(address);
    if (seconds > 0)
      throw new HookRefusal('TOO_MANY_REQUESTS', `too many wrong secrets: wait for ${seconds} seconds`, {
        'Retry-After': String(seconds),
      });
    try {
      return knownHook(hooks, path, authorization);
    } catch (error) {
      attempts.failed(address);
      throw error;
    }
  }

  #attemptsAt(path: string): AttemptLimiter {
    const attempts = this.#attempts.get(path) ?? new AttemptLimiter(this.#clock);
    this.#attempts.set(path, attempts);
    return attempts;
  }
}
