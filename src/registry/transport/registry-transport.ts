import type { Readable } from 'node:stream';
import type { Secret } from '../../config/secret.ts';
import type { Clock } from '../../time/clock.ts';
import type { FailureCode } from '../../oci/failure-code.ts';
import { AuthorizationRefused } from '../auth/authorization-refused.ts';
import type { Authorizer } from '../auth/authorizer.ts';
import type { TokenScope } from '../auth/token-scope.ts';
import { errorOfAnswer } from '../classify-answer.ts';
import { RegistryError, type RequestContext } from '../registry-error.ts';
import type { RegistryObserver, RequestFollower } from '../registry-observer.ts';
import type { RequestMeter } from '../request-meter.ts';
import type { HttpAgents } from './http-agents.ts';
import { sendHttp, type Answer, type HttpRequest } from './http-sender.ts';
import { isRedirectStatus, judgeRedirect, type Credentials } from './redirect-policy.ts';
import type { RequestGate, Slot } from './request-gate.ts';
import { parseRetryAfterSeconds } from './retry-after.ts';
import { decideRetry, DEFAULT_RETRY_LIMITS, isTransient, type AttemptFailure } from './retry-policy.ts';
import { toTransportFailure, type TransportFailure } from './transport-failure.ts';
import { unlessAborted } from './unless-aborted.ts';
import type { Patience } from './watchdog.ts';

/** A body that can be opened again when a request must be repeated. */
export interface StreamedBody {
  readonly sizeBytes: number;
  open(): Promise<Readable>;
}

/** One request in the terms of the registry API. */
export interface Exchange {
  readonly request: RequestContext;
  readonly method: HttpRequest['method'];
  readonly url: URL;
  readonly scope: TokenScope;
  readonly meter: RequestMeter;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | StreamedBody | undefined;
  readonly answer?: HttpRequest['answer'] | undefined;
  /** Most bytes of an answer that is read into memory; 64 KiB unless said. */
  readonly limitBytes?: number | undefined;
  /** The code of an answer above that limit; `MALFORMED_RESPONSE` unless said. */
  readonly tooLarge?: FailureCode | undefined;
  /** `once`: its effect is not known after a failure, so the caller looks before it asks again. */
  readonly repeatability?: 'repeatable' | 'once' | undefined;
  /** A place that the caller holds already. */
  readonly slot?: Slot | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Statuses besides 2xx that the caller wants as an answer instead of an error. */
  readonly accept?: readonly number[] | undefined;
}

/** An exchange, and who follows it. */
interface Followed extends Exchange {
  readonly follower?: RequestFollower | undefined;
}

export interface TransportOptions {
  readonly origin: URL;
  readonly agents: HttpAgents;
  /** For other origins that a redirect leads to: same trust, no client certificate. */
  readonly foreignAgents: HttpAgents;
  readonly gate: RequestGate;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly observer: RegistryObserver;
  readonly patience: Patience;
}

const DEFAULT_LIMIT_BYTES = 64 * 1024;

/** A refused token is replaced once; the second refusal is an answer. */
const MOST_AUTHORIZATIONS = 2;

type Attempt =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'broken'; readonly failure: TransportFailure };

/**
 * Brings requests to one registry: waits for a place, adds authorization, follows redirects of reads by policy, and repeats
 * what a repetition may mend.
 */
export class RegistryTransport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  get origin(): URL {
    return this.#options.origin;
  }

  get gate(): RequestGate {
    return this.#options.gate;
  }

  /**
   * Sends a request until it is answered for good.
   *
   * @throws {RegistryError}
   */
  async send(asked: Exchange): Promise<Answer> {
    const { clock, observer } = this.#options;
    const follower = observer.follow(asked.request);
    const exchange: Followed = follower === undefined ? asked : { ...asked, follower };
    const startedAt = clock.monotonicSeconds();
    for (let attempts = 1; ; attempts += 1) {
      const attempt = await this.#attempt(exchange);
      if (attempt.kind === 'answered' && !isTransient({ kind: 'status', status: attempt.answer.status })) {
        return this.#settle(exchange, attempt.answer);
      }
      const retryAfterSeconds = this.#retryAfter(attempt);
      const decision = decideRetry(
        {
          failure: failureOf(attempt),
          repeatability: exchange.repeatability ?? 'repeatable',
          attempts,
          elapsedSeconds: clock.monotonicSeconds() - startedAt,
          retryAfterSeconds,
          random: Math.random(),
        },
        DEFAULT_RETRY_LIMITS,
      );
      if (decision.kind === 'give-up') throw errorOf(exchange, attempt);
      observer.requestRetried(exchange.request.registry);
      await clock.sleep(decision.delaySeconds, exchange.signal).catch(() => {
        throw cancelled(exchange.request);
      });
    }
  }

  /** One rate limit answer slows every request to this host down, not only the one that got it. */
  #retryAfter(attempt: Attempt): number | undefined {
    if (attempt.kind === 'broken') return undefined;
    const { status, headers } = attempt.answer;
    const seconds = parseRetryAfterSeconds(
      headers.get('retry-after') ?? headers.get('x-retry-after'),
      this.#options.clock.now(),
    );
    if (seconds === undefined || (status !== 429 && status !== 503)) return seconds;
    this.#options.gate.pauseFor(seconds);
    return seconds;
  }

  #settle(exchange: Exchange, answer: Answer): Answer {
    const { status } = answer;
    if ((status >= 200 && status < 300) || exchange.accept?.includes(status)) return answer;
    throw errorOfAnswer(exchange.request, answer);
  }

  async #attempt(exchange: Followed): Promise<Attempt> {
    try {
      const task = (): Promise<Answer> => this.#authorized(exchange);
      const answer = exchange.slot === undefined ? await this.gate.run(task) : await task();
      return { kind: 'answered', answer };
    } catch (error) {
      if (error instanceof RegistryError) throw error;
      if (exchange.signal?.aborted) throw cancelled(exchange.request);
      if (error instanceof AuthorizationRefused) {
        throw new RegistryError({
          code: error.code,
          request: exchange.request,
          detail: error.message,
          ...(error.code === 'UNAUTHORIZED' ? { status: 401 } : {}),
        });
      }
      return { kind: 'broken', failure: toTransportFailure(error) };
    }
  }

  async #authorized(exchange: Followed): Promise<Answer> {
    const { authorizer } = this.#options;
    for (let authorizations = 0; ; authorizations += 1) {
      const header = await unlessAborted(authorizer.headerFor(exchange.scope), exchange.signal);
      const answer = await this.#followed(exchange, header);
      if (
        answer.status !== 401 ||
        answer.url.origin !== this.origin.origin ||
        authorizations === MOST_AUTHORIZATIONS
      )
        return answer;
      const challenge = answer.headers.get('www-authenticate');
      await unlessAborted(authorizer.challenged(challenge, exchange.scope, header), exchange.signal);
    }
  }

  async #followed(exchange: Followed, header: Secret | undefined): Promise<Answer> {
    let url = exchange.url;
    let credentials: Credentials = url.origin === this.origin.origin ? 'kept' : 'dropped';
    for (let hops = 0; ; hops += 1) {
      const answer = await this.#exchange(exchange, {
        url,
        header: credentials === 'kept' ? header : undefined,
      });
      if (!isRedirectStatus(answer.status)) return answer;
      const decision = judgeRedirect({
        method: exchange.method,
        from: url,
        location: answer.headers.get('location'),
        hops,
        credentials,
        registryOrigin: this.origin,
      });
      if (decision.kind === 'refused') {
        throw new RegistryError({
          code: 'MALFORMED_RESPONSE',
          request: exchange.request,
          status: answer.status,
          detail: decision.message,
        });
      }
      ({ url, credentials } = decision);
    }
  }

  async #exchange(exchange: Followed, hop: { url: URL; header: Secret | undefined }): Promise<Answer> {
    const { clock, observer, agents, foreignAgents, patience } = this.#options;
    const { registry, operation } = exchange.request;
    const isOwn = hop.url.origin === this.origin.origin;
    if (isOwn) await this.#pass(exchange);
    const request = await toHttpRequest(exchange, hop);
    const followed = exchange.follower?.sent(exchange.method, isOwn ? 'own' : 'foreign');
    const headers = { ...request.headers, ...followed?.headers };
    const startedAt = clock.monotonicSeconds();
    const report = (status: number): void => {
      followed?.ended(status);
      const durationSeconds = clock.monotonicSeconds() - startedAt;
      observer.requestFinished({ registry, operation, status, durationSeconds });
    };
    exchange.meter.count();
    try {
      const answer = await sendHttp({ ...request, headers, patience }, isOwn ? agents : foreignAgents);
      report(answer.status);
      return answer;
    } catch (error) {
      report(0);
      throw error;
    }
  }

  /** Every attempt counts against the limits of the host, whoever holds a place for it. */
  async #pass({ request, signal }: Exchange): Promise<void> {
    const waitedSeconds = await this.gate.pass(signal);
    if (waitedSeconds > 0) this.#options.observer.throttled(request.registry, waitedSeconds);
  }
}

async function toHttpRequest(
  exchange: Exchange,
  { url, header }: { url: URL; header: Secret | undefined },
): Promise<HttpRequest> {
  const { body } = exchange;
  const isStream = body !== undefined && 'open' in body;
  const length = isStream ? body.sizeBytes : body?.length;
  const writes = exchange.method === 'PUT' || exchange.method === 'POST';
  return {
    method: exchange.method,
    url,
    headers: {
      ...exchange.headers,
      ...(writes ? { 'Content-Length': String(length ?? 0) } : {}),
      ...(header === undefined ? {} : { Authorization: header.reveal() }),
    },
    body: isStream ? await body.open() : body,
    answer: exchange.answer ?? 'buffered',
    limitBytes: exchange.limitBytes ?? DEFAULT_LIMIT_BYTES,
    signal: exchange.signal,
    nameFailure: (failure) => errorOfFailure(exchange, failure),
  };
}

function failureOf(attempt: Attempt): AttemptFailure {
  return attempt.kind === 'answered'
    ? { kind: 'status', status: attempt.answer.status }
    : { kind: 'socket', code: attempt.failure.networkCode };
}

function errorOf(exchange: Exchange, attempt: Attempt): RegistryError {
  return attempt.kind === 'answered'
    ? errorOfAnswer(exchange.request, attempt.answer)
    : errorOfFailure(exchange, attempt.failure);
}

function errorOfFailure(
  { request, tooLarge = 'MALFORMED_RESPONSE' }: Exchange,
  failure: TransportFailure,
): RegistryError {
  const { code, message } = failure;
  return new RegistryError({
    code: code === 'TOO_LARGE' ? tooLarge : code,
    request,
    detail: message,
    cause: failure,
  });
}

function cancelled(request: RequestContext): RegistryError {
  return new RegistryError({ code: 'CANCELLED', request, detail: 'cancelled' });
}
