/** The first retry comes soon: most failures are a registry that restarts. */
const FIRST_SECONDS = 15;

/** CONTRACT: no repository waits longer than an hour, so that a registry that is back is noticed. */
export const LONGEST_RETRY_SECONDS = 3600;

/** Past this many doublings the cap has long been reached, and powers stay finite. */
const MOST_DOUBLINGS = 16;

/**
 * Seconds until a repository or link that failed `failures` times in a row is tried again: doubling, up to an hour, with up to
 * a fifth taken off by chance, so that what failed together does not come back together.
 *
 * @param chance in [0, 1).
 */
export function retryDelaySeconds(failures: number, chance: number): number {
  const doublings = Math.min(Math.max(failures - 1, 0), MOST_DOUBLINGS);
  const seconds = Math.min(FIRST_SECONDS * 2 ** doublings, LONGEST_RETRY_SECONDS);
  return seconds * (1 - chance / 5);
}
