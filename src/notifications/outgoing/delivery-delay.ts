/** Seconds to wait after each attempt that failed but the last: eight attempts over a day, for receivers that are away for a night. */
const DELAYS_SECONDS = [30, 120, 600, 1800, 7200, 21_600, 54_000];

/**
 * Seconds until a message is tried again after its `attempt`-th failure, up to a tenth more or less by chance; `null` after the last.
 *
 * @param chance in [0, 1).
 */
export function deliveryDelaySeconds(attempt: number, chance: number): number | null {
  const seconds = DELAYS_SECONDS[attempt - 1];
  return seconds === undefined ? null : seconds * (0.9 + chance / 5);
}
