import type { RegistryOperation, RequestContext } from './registry-error.ts';

/** One request that ended, for metrics. */
export interface FinishedRequest {
  readonly registry: string;
  readonly operation: RegistryOperation;
  /** HTTP status, or 0 when no answer came. */
  readonly status: number;
  readonly durationSeconds: number;
}

/** Follows a request over everything that goes out for it: repetitions, a second try with a new token, redirects. */
export interface RequestFollower {
  /** Something goes out. `own` is the registry itself, `foreign` an address that a redirect leads to. */
  sent(method: string, to: 'own' | 'foreign'): FollowedExchange;
}

export interface FollowedExchange {
  /** Headers that name the trace to the other side. */
  readonly headers: Readonly<Record<string, string>>;
  /** @param status of HTTP, or 0 when no answer came. */
  ended(status: number): void;
}

/**
 * The port through which registries are watched. Implementations return at once and do not throw.
 * Every method does nothing unless overridden.
 */
export class RegistryObserver {
  /** Called where a request is asked for, before it waits for its place; `undefined`: nobody wants to follow it. */
  follow(_request: RequestContext): RequestFollower | undefined {
    return undefined;
  }
  requestFinished(_request: FinishedRequest): void {}
  requestRetried(_registry: string): void {}
  throttled(_registry: string, _seconds: number): void {}
}
