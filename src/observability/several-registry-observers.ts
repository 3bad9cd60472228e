import type { RequestContext } from '../registry/registry-error.ts';
import {
  RegistryObserver,
  type FinishedRequest,
  type RequestFollower,
} from '../registry/registry-observer.ts';

/** Tells several observers of registries what happens, one after the other. One of them at most follows requests: the first that does. */
export class SeveralRegistryObservers extends RegistryObserver {
  readonly #observers: readonly RegistryObserver[];

  constructor(observers: readonly RegistryObserver[]) {
    super();
    this.#observers = observers;
  }

  override follow(request: RequestContext): RequestFollower | undefined {
    for (const observer of this.#observers) {
      const follower = observer.follow(request);
      if (follower !== undefined) return follower;
    }
    return undefined;
  }

  override requestFinished(request: FinishedRequest): void {
    for (const observer of this.#observers) observer.requestFinished(request);
  }

  override requestRetried(registry: string): void {
    for (const observer of this.#observers) observer.requestRetried(registry);
  }

  override throttled(registry: string, seconds: number): void {
    for (const observer of this.#observers) observer.throttled(registry, seconds);
  }
}
