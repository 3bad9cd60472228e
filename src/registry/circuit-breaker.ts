import type { FailureCode } from '../oci/failure-code.ts';
import type { Clock } from '../time/clock.ts';
import { RegistryError, type RequestContext } from './registry-error.ts';

/** Requests in a row, each repeated as often as it may be, that a registry leaves without an answer before it counts as away. */
const MOST_FAILURES = 5;

/** Longer than the pauses between the attempts of one request, short enough that a restarted registry misses little of a cycle. */
const PAUSE_SECONDS = 30;

/** What says that the registry, not the content, is the trouble. */
const AWAY: ReadonlySet<FailureCode> = new Set<FailureCode>(['NETWORK', 'TIMEOUT', 'TLS', 'SERVER_ERROR']);

type Circuit =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly untilSeconds: number; readonly cause: RegistryError }
  | { readonly kind: 'probing'; readonly cause: RegistryError };

/**
 * Spares one cycle the waiting for a registry that is away: after some failures in a row every request fails at once, with the
 * reason of the last one that was sent. After a pause one question decides whether the registry is back.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  #circuit: Circuit = { kind: 'closed', failures: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Lets a request go, or fails it for the reason the registry is away for.
   *
   * @param probe asks whether the registry is back; it throws when not.
   * @throws {RegistryError}
   */
  async admit(request: RequestContext, probe: () => Promise<unknown>): Promise<void> {
    const circuit = this.#circuit;
    if (circuit.kind === 'closed') return;
    const isTime = circuit.kind === 'open' && this.#clock.monotonicSeconds() >= circuit.untilSeconds;
    if (!isTime) throw refusal(request, circuit.cause);
    this.#circuit = { kind: 'probing', cause: circuit.cause };
    try {
      await probe();
      this.#circuit = { kind: 'closed', failures: 0 };
    } catch (error) {
      this.#open(error instanceof RegistryError ? error : circuit.cause);
      throw refusal(request, circuit.cause);
    }
  }

  /** Any answer shows that the registry is there. */
  answered(): void {
    if (this.#circuit.kind === 'closed') this.#circuit = { kind: 'closed', failures: 0 };
  }

  failed(error: RegistryError): void {
    if (this.#circuit.kind !== 'closed') return;
    if (!isAway(error)) {
      if (error.status !== undefined) this.answered();
      return;
    }
    const failures = this.#circuit.failures + 1;
    if (failures >= MOST_FAILURES) this.#open(error);
    else this.#circuit = { kind: 'closed', failures };
  }

  #open(cause: RegistryError): void {
    this.#circuit = { kind: 'open', cause, untilSeconds: this.#clock.monotonicSeconds() + PAUSE_SECONDS };
  }
}

/** An upload that breaks without an answer may have broken on the side that it is read from. */
function isAway({ code, status, request }: RegistryError): boolean {
  if (status === undefined && request.operation === 'upload-put') return false;
  return AWAY.has(code) && (status === undefined || status >= 500 || code === 'TIMEOUT');
}

/** Carries no status and no absence: nothing may be concluded from a request that was not sent. */
function refusal(request: RequestContext, cause: RegistryError): RegistryError {
  return new RegistryError({
    code: cause.code,
    request,
    detail: `not sent, ${request.registry} failed ${MOST_FAILURES} requests in a row: ${cause.detail}`,
    cause,
  });
}
