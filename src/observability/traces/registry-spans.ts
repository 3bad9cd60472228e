import { SpanKind, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import type { RequestContext } from '../../registry/registry-error.ts';
import {
  RegistryObserver,
  type FollowedExchange,
  type RequestFollower,
} from '../../registry/registry-observer.ts';
import type { TracingMeans } from './tracing-means.ts';

/**
 * A span for everything that goes to a registry in a cycle, from its sending to the head of its answer: the body of a blob comes after,
 * and is in the time of its upload. Never an address, a query or a header.
 */
export class RegistrySpans extends RegistryObserver {
  readonly #means: TracingMeans;

  constructor(means: TracingMeans) {
    super();
    this.#means = means;
  }

  /** Requests outside of a cycle are not traced: nothing would hold them together. */
  override follow(request: RequestContext): RequestFollower | undefined {
    const context = this.#means.contexts.active();
    if (trace.getSpan(context)?.isRecording() !== true) return undefined;
    let attempts = 0;
    return {
      sent: (method, to) => {
        attempts += 1;
        return followed(this.#begin(request, context, { method, to, attempt: attempts }), to);
      },
    };
  }

  #begin(
    { registry, operation, repository }: RequestContext,
    context: Context,
    {
      method,
      to,
      attempt,
    }: { readonly method: string; readonly to: 'own' | 'foreign'; readonly attempt: number },
  ): Span {
    const attributes = {
      'geo_reconciler.registry': registry,
      'geo_reconciler.operation': operation,
      'geo_reconciler.attempt': attempt,
      'geo_reconciler.redirected': to === 'foreign',
      'http.request.method': method,
      ...(repository === undefined ? {} : { 'geo_reconciler.repository': repository }),
    };
    return this.#means.tracer.startSpan(
      `${operation} ${registry}`,
      { kind: SpanKind.CLIENT, attributes },
      context,
    );
  }
}

/** W3C Trace Context; object stores behind a registry are not told. */
function followed(span: Span, to: 'own' | 'foreign'): FollowedExchange {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const flags = traceFlags.toString(16).padStart(2, '0');
  return {
    headers: to === 'own' ? { traceparent: `00-${traceId}-${spanId}-${flags}` } : {},
    ended: (status) => {
      if (status > 0) span.setAttribute('http.response.status_code', status);
      // 401 and 404 are answers of every day: a challenge, and a tag that is to be copied.
      if (status === 0 || status === 429 || status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}
