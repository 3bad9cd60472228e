/** The time for whoever answers requests; the application gives it. */
export abstract class RequestClock {
  abstract now(): Date;
  /** Seconds since an arbitrary start; never jumps back. */
  abstract monotonicSeconds(): number;
  /** Resolves after `seconds`, or rejects with the signal's reason. */
  abstract sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}
