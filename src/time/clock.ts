/** The only reader of time: wall time for records, monotonic time for durations, and waiting. */
export abstract class Clock {
  abstract now(): Date;
  /** Seconds since an arbitrary start; never jumps back. */
  abstract monotonicSeconds(): number;
  /** Resolves after `seconds`, or rejects with the signal's reason. */
  abstract sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}
