import type { Logger } from 'pino';
import { RegistryObserver, type FinishedRequest } from '../../registry/registry-observer.ts';

/** Every request to a registry at level `trace`, and every repetition at `debug`: for whoever looks for a defect. */
export class RegistryLog extends RegistryObserver {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    super();
    this.#logger = logger;
  }

  override requestFinished(request: FinishedRequest): void {
    this.#logger.trace(request, 'a registry was asked');
  }

  override requestRetried(registry: string): void {
    this.#logger.debug({ registry }, 'a request is sent again');
  }
}
