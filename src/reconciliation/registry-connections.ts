import type { RegistryConfiguration } from '../config/configuration.ts';
import { RegistryConnection } from '../registry/registry-connection.ts';
import type { RegistryObserver } from '../registry/registry-observer.ts';
import { DEFAULT_PATIENCE, type Patience } from '../registry/transport/watchdog.ts';
import type { Clock } from '../time/clock.ts';

/** One connection per registry, shared by all links and cycles of the process, so that limits hold for all of them together. */
export class RegistryConnections {
  readonly #clock: Clock;
  readonly #observer: RegistryObserver;
  readonly #patience: Patience;
  readonly #byName = new Map<string, RegistryConnection>();

  constructor(clock: Clock, observer: RegistryObserver, patience: Patience = DEFAULT_PATIENCE) {
    this.#clock = clock;
    this.#observer = observer;
    this.#patience = patience;
  }

  of(registry: RegistryConfiguration): RegistryConnection {
    const open = this.#byName.get(registry.name);
    if (open?.configuration === registry) return open;
    open?.close();
    const connection = new RegistryConnection(registry, this.#clock, this.#observer, this.#patience);
    this.#byName.set(registry.name, connection);
    return connection;
  }

  close(): void {
    for (const connection of this.#byName.values()) connection.close();
    this.#byName.clear();
  }
}
