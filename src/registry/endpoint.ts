import type { FailureCode } from '../oci/failure-code.ts';
import type { RepositoryName } from '../oci/reference.ts';
import { PING_SCOPE } from './auth/token-scope.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { RegistryConnection } from './registry-connection.ts';
import { RegistryError, type RegistryOperation, type RequestContext } from './registry-error.ts';
import type { RequestMeter } from './request-meter.ts';
import type { Answer } from './transport/http-sender.ts';
import type { Exchange } from './transport/registry-transport.ts';

/** What an exchange says besides where it goes. */
export type ExchangeDetails = Omit<Exchange, 'url' | 'meter' | 'signal' | 'request'> & {
  readonly operation: RegistryOperation;
  readonly repository?: RepositoryName | undefined;
  readonly reference?: string | undefined;
};

export interface EndpointOptions {
  readonly signal?: AbortSignal | undefined;
  /** Without one every request is sent, whatever the earlier ones met. */
  readonly breaker?: CircuitBreaker | undefined;
}

/** One registry as one cycle uses it: shared connection, own request count, own cancellation. */
export class Endpoint {
  readonly connection: RegistryConnection;
  readonly meter: RequestMeter;
  readonly signal: AbortSignal | undefined;
  readonly #breaker: CircuitBreaker | undefined;

  constructor(
    connection: RegistryConnection,
    meter: RequestMeter,
    { signal, breaker }: EndpointOptions = {},
  ) {
    this.connection = connection;
    this.meter = meter;
    this.signal = signal;
    this.#breaker = breaker;
  }

  get registry(): string {
    return this.connection.name;
  }

  /** `path` is below the origin and made of validated names only. */
  url(path: string): URL {
    return new URL(path, this.connection.transport.origin);
  }

  /** @throws {RegistryError} */
  async send(url: URL, details: ExchangeDetails): Promise<Answer> {
    const breaker = this.#breaker;
    if (breaker === undefined) return await this.#send(url, details);
    const { operation, repository, reference } = details;
    const request = { registry: this.registry, operation, repository, reference };
    await breaker.admit(request, () => this.#send(this.url('/v2/'), PING));
    try {
      const answer = await this.#send(url, details);
      breaker.answered();
      return answer;
    } catch (error) {
      if (error instanceof RegistryError) breaker.failed(error);
      throw error;
    }
  }

  #send(url: URL, details: ExchangeDetails): Promise<Answer> {
    const { operation, repository, reference, ...exchange } = details;
    const request: RequestContext = { registry: this.registry, operation, repository, reference };
    return this.connection.transport.send({
      ...exchange,
      request,
      url,
      meter: this.meter,
      signal: this.signal,
    });
  }

  /** An error of our own making about an answer that came. */
  error(code: FailureCode, request: Omit<RequestContext, 'registry'>, detail: string): RegistryError {
    return new RegistryError({ code, request: { registry: this.registry, ...request }, detail });
  }
}

/** Asks whether the registry is back; once, because the next pause asks again. */
const PING: ExchangeDetails = {
  operation: 'ping',
  method: 'GET',
  scope: PING_SCOPE,
  repeatability: 'once',
  accept: [404],
};
