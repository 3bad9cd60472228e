import type { LastLook } from '../planning/deletion-gate.ts';

/**
 * Longest that a last look may take, from its first request to its last answer: what the registries say must be true of one
 * moment. Five requests one after the other take 1.5 s to the other side of the world; a single retry with its pause does not fit.
 */
const LONGEST_LOOK_SECONDS = 2;

/** Looks, before registries that are this slow are left alone until the next cycle. */
const MOST_LOOKS = 3;

/** A look, and until when it may be acted upon. */
export interface PromptLook {
  readonly look: LastLook;
  /** Whether what was seen is still of this moment. */
  isFresh(): boolean;
}

/**
 * Looks until one look is quick enough.
 *
 * @param seconds a clock that never jumps back.
 * @returns `too-slow` where none was.
 */
export async function takePromptLook(
  take: () => Promise<LastLook>,
  seconds: () => number,
): Promise<PromptLook | 'too-slow'> {
  for (let attempt = 1; attempt <= MOST_LOOKS; attempt += 1) {
    const startedAt = seconds();
    const look = await take();
    const isFresh = (): boolean => seconds() - startedAt <= LONGEST_LOOK_SECONDS;
    if (isFresh()) return { look, isFresh };
  }
  return 'too-slow';
}
