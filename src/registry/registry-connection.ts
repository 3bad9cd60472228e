import type { RegistryConfiguration } from '../config/configuration.ts';
import type { Clock } from '../time/clock.ts';
import { Authorizer } from './auth/authorizer.ts';
import { credentialSourceOf } from './auth/credential-source.ts';
import type { RegistryObserver } from './registry-observer.ts';
import { ByteRate } from './transport/byte-rate.ts';
import { closeAgents, createAgents, type HttpAgents } from './transport/http-agents.ts';
import { RegistryTransport } from './transport/registry-transport.ts';
import { RequestGate } from './transport/request-gate.ts';
import { DEFAULT_PATIENCE, type Patience } from './transport/watchdog.ts';

/**
 * What is shared by everything that talks to one registry for as long as the process lives: sockets, limits, tokens.
 * Clients of single cycles are made from it.
 */
export class RegistryConnection {
  readonly name: string;
  readonly configuration: RegistryConfiguration;
  readonly transport: RegistryTransport;
  readonly clock: Clock;
  readonly byteRate: ByteRate | undefined;
  readonly #agents: readonly HttpAgents[];
  readonly #closing = new AbortController();

  constructor(
    configuration: RegistryConfiguration,
    clock: Clock,
    observer: RegistryObserver,
    patience: Patience = DEFAULT_PATIENCE,
  ) {
    const { name, url, tls, limits, allowPlainHttp } = configuration;
    this.name = name;
    this.configuration = configuration;
    this.clock = clock;
    const agents = createAgents(limits.concurrency, {
      ca: tls.caPem,
      certificate: tls.certificatePem,
      key: tls.keyPem?.reveal(),
    });
    const foreignAgents = createAgents(limits.concurrency, { ca: tls.caPem });
    this.#agents = [agents, foreignAgents];
    const authorizer = new Authorizer({
      registryOrigin: url,
      plainHttp: allowPlainHttp ? 'allowed' : 'loopback-only',
      credentials: credentialSourceOf(configuration),
      agents: foreignAgents,
      clock,
      patience,
      closing: this.#closing.signal,
    });
    const gate = new RequestGate(limits, clock);
    this.transport = new RegistryTransport({
      origin: url,
      agents,
      foreignAgents,
      gate,
      authorizer,
      clock,
      observer,
      patience,
    });
    this.byteRate =
      limits.bytesPerSecond === undefined ? undefined : new ByteRate(limits.bytesPerSecond, clock);
  }

  close(): void {
    this.#closing.abort();
    this.#agents.forEach(closeAgents);
  }
}
