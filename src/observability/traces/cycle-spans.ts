import { SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { CycleTracer, type CyclePart } from '../../reconciliation/cycle-tracer.ts';
import type { TracingMeans } from './tracing-means.ts';

const SPAN_NAME: Readonly<Record<CyclePart['kind'], string>> = {
  listing: 'list repositories',
  primary: 'read primary',
  repository: 'repository',
  deletions: 'delete orphans',
};

/** A span for every part of a cycle, right below the cycle. */
export class CycleSpans extends CycleTracer {
  readonly #means: TracingMeans;

  constructor(means: TracingMeans) {
    super();
    this.#means = means;
  }

  override async run<Result>(part: CyclePart, work: () => Promise<Result>): Promise<Result> {
    const { tracer, contexts, identifiers } = this.#means;
    const cycle = identifiers.contextOf(part.cycleId);
    const span = tracer.startSpan(SPAN_NAME[part.kind], { attributes: attributesOf(part) }, cycle);
    try {
      return await contexts.with(trace.setSpan(cycle, span), work);
    } catch (error) {
      // Its text may repeat what a registry said.
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }
}

function attributesOf(part: CyclePart): Attributes {
  return {
    'geo_reconciler.cycle': part.cycleId,
    'geo_reconciler.link': part.link,
    ...('repository' in part ? { 'geo_reconciler.repository': part.repository } : {}),
    ...('secondary' in part ? { 'geo_reconciler.secondary': part.secondary } : {}),
  };
}
