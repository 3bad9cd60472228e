import type { RegistryOperation } from './registry-error.ts';

/** One request that ended, for metrics. */
export interface FinishedRequest {
  readonly registry: string;
  readonly operation: RegistryOperation;
  /** HTTP status, or 0 when no answer came. */
  readonly status: number;
  readonly durationSeconds: number;
}

/**
 * The port through which registries are watched. Implementations return at once and do not throw.
 * Every method does nothing unless overridden.
 */
export class RegistryObserver {
  requestFinished(_request: FinishedRequest): void {}
  requestRetried(_registry: string): void {}
  throttled(_registry: string, _seconds: number): void {}
}
