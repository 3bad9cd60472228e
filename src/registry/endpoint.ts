import type { FailureCode } from '../oci/failure-code.ts';
import type { RepositoryName } from '../oci/reference.ts';
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

/** One registry as one cycle uses it: shared connection, own request count, own cancellation. */
export class Endpoint {
  readonly connection: RegistryConnection;
  readonly meter: RequestMeter;
  readonly signal: AbortSignal | undefined;

  constructor(connection: RegistryConnection, meter: RequestMeter, signal?: AbortSignal) {
    this.connection = connection;
    this.meter = meter;
    this.signal = signal;
  }

  get registry(): string {
    return this.connection.name;
  }

  /** `path` is below the origin and made of validated names only. */
  url(path: string): URL {
    return new URL(path, this.connection.transport.origin);
  }

  /** @throws {RegistryError} */
  send(url: URL, details: ExchangeDetails): Promise<Answer> {
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
