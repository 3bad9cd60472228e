import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { CycleReport, RepositoryReport } from '../../planning/cycle-report.ts';
import type { StepOutcome } from '../../planning/step.ts';
import { CycleObserver, type WorkingLink } from '../../reconciliation/cycle-observer.ts';
import type { TracingMeans } from './tracing-means.ts';

/** Writes into the spans of a cycle what became of its parts, and the span of the cycle itself when it has ended. */
export class CycleSpanObserver extends CycleObserver {
  readonly #means: TracingMeans;

  constructor(means: TracingMeans) {
    super();
    this.#means = means;
  }

  override stepFinished(_link: WorkingLink, _repository: string, step: StepOutcome): void {
    if (step.outcome !== 'failed') return;
    const { kind, tag, reason } = step;
    this.#current?.addEvent('step failed', {
      'geo_reconciler.step': kind,
      'geo_reconciler.tag': tag,
      'geo_reconciler.reason': reason ?? 'none',
    });
  }

  override repositoryFinished(_link: WorkingLink, { outcome, failure }: RepositoryReport): void {
    const span = this.#current;
    span?.setAttribute('geo_reconciler.outcome', outcome);
    if (failure !== null) span?.setAttribute('geo_reconciler.reason', failure.reason);
    if (isBad(outcome)) span?.setStatus({ code: SpanStatusCode.ERROR });
  }

  override cycleFinished({ cycleId, command, startedAt, finishedAt, outcome, links }: CycleReport): void {
    const { tracer, identifiers } = this.#means;
    const attributes = {
      'geo_reconciler.cycle': cycleId,
      'geo_reconciler.command': command,
      'geo_reconciler.outcome': outcome,
      'geo_reconciler.links': [...new Set(links.map(({ link }) => link))],
      'geo_reconciler.secondaries': [...new Set(links.map(({ secondary }) => secondary))],
    };
    const span = identifiers.asCycle(cycleId, () =>
      tracer.startSpan(command, { root: true, attributes, startTime: new Date(startedAt) }),
    );
    if (isBad(outcome)) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(new Date(finishedAt));
  }

  get #current() {
    return trace.getSpan(this.#means.contexts.active());
  }
}

function isBad(outcome: string): boolean {
  return outcome === 'failed' || outcome === 'partial';
}
