import type { RegistryConfiguration } from '../../../src/config/configuration.ts';
import { Secret } from '../../../src/config/secret.ts';
import { parseRepositoryName, parseTag, type RepositoryName, type Tag } from '../../../src/oci/reference.ts';
import { RegistryClient } from '../../../src/registry/registry-client.ts';
import { RegistryConnection } from '../../../src/registry/registry-connection.ts';
import type { RegistryObserver } from '../../../src/registry/registry-observer.ts';
import { RegistryObserver as SilentObserver } from '../../../src/registry/registry-observer.ts';
import type { Patience } from '../../../src/registry/transport/watchdog.ts';
import type { Clock } from '../../../src/time/clock.ts';
import { FakeRegistry, type FakeRegistryOptions } from '../../fakes/fake-registry.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What a test says of a connection; everything else is anonymous, in clear, and without limits. */
export interface BenchConnection extends Partial<Omit<RegistryConfiguration, 'origin' | 'url'>> {
  readonly clock?: Clock;
  readonly observer?: RegistryObserver;
  readonly patience?: Patience;
  readonly signal?: AbortSignal;
}

export const APP: RepositoryName = parseRepositoryName('team/app');
export const BASE: RepositoryName = parseRepositoryName('team/base');
export const V1: Tag = parseTag('v1');

/** The fakes and connections of one test: opened here, closed together. */
export class RegistryBench {
  readonly #registries: FakeRegistry[] = [];
  readonly #connections: RegistryConnection[] = [];

  async start(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
    const registry = await FakeRegistry.start(options);
    this.#registries.push(registry);
    return registry;
  }

  connection(url: string, options: BenchConnection = {}): RegistryConnection {
    const {
      clock = new VirtualClock(),
      observer = new SilentObserver(),
      patience,
      signal: _signal,
      ...configuration
    } = options;
    const complete: RegistryConfiguration = {
      name: 'eu',
      origin: new URL(url).origin,
      url: new URL(url),
      credentials: { kind: 'anonymous' },
      tls: { files: {} },
      allowPlainHttp: false,
      limits: { concurrency: 16 },
      ...configuration,
    };
    const connection = new RegistryConnection(complete, clock, observer, patience);
    this.#connections.push(connection);
    return connection;
  }

  /** A client on a connection of its own. */
  client(registry: Pick<FakeRegistry, 'url'>, options: BenchConnection = {}): RegistryClient {
    return new RegistryClient(this.connection(registry.url, options), options.signal);
  }

  /** Ends everything, and gives back the defects of the fakes, of which there must be none. */
  async close(): Promise<readonly unknown[]> {
    for (const connection of this.#connections.splice(0)) connection.close();
    const registries = this.#registries.splice(0);
    for (const registry of registries) await registry.stop();
    return registries.flatMap(({ defects }) => defects);
  }
}

export const USER = 'sync';
export const PASSWORD = 'canary-7c1e-password';

export const BASIC_CREDENTIALS = {
  kind: 'basic',
  username: USER,
  password: new Secret(PASSWORD),
} as const satisfies RegistryConfiguration['credentials'];
