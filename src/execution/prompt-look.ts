import type { RegistriesLook } from './deletion-evidence.ts';

/**
 * Longest that a last look may take, from its first request to its last answer: what the registries say must be true of one
 * moment. Five requests one after the other take 1.5 s to the other side of the world; a single retry with its pause does not fit.
 */
const LONGEST_LOOK_SECONDS = 2;

/** Looks, before registries that are this slow are left alone until the next cycle. */
const MOST_LOOKS = 3;

/** A look, and until when it may be acted upon. */
export interface PromptLook {
  readonly look: RegistriesLook;
  /** `slow`: no look was quick enough. What the last one says may refuse a deletion, and allow none. */
  readonly pace: 'prompt' | 'slow';
  /** Whether what was seen is still of this moment. */
  isFresh(): boolean;
}

/**
 * Looks until one look is quick enough, or often enough.
 *
 * @param seconds a clock that never jumps back.
 */
export async function takePromptLook(
  take: () => Promise<RegistriesLook>,
  seconds: () => number,
): Promise<PromptLook> {
  for (let attempt = 1; ; attempt += 1) {
    const startedAt = seconds();
    const look = await take();
    const isFresh = (): boolean => seconds() - startedAt <= LONGEST_LOOK_SECONDS;
    if (isFresh()) return { look, pace: 'prompt', isFresh };
    if (attempt === MOST_LOOKS) return { look, pace: 'slow', isFresh };
  }
}
