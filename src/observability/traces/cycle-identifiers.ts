import {
  ROOT_CONTEXT,
  SpanKind,
  trace,
  TraceFlags,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';
import {
  RandomIdGenerator,
  SamplingDecision,
  type IdGenerator,
  type Sampler,
} from '@opentelemetry/sdk-trace';

/**
 * Makes the id of a cycle the id of its trace, and its second half that of its span. So every process that works on a cycle can hang
 * its spans below it, whichever of them writes the cycle's own span in the end, and who has a line of the log has the trace.
 */
export class CycleIdentifiers implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  readonly #sampler: Sampler;
  #next: SpanContext | undefined;

  constructor(sampler: Sampler) {
    this.#sampler = sampler;
  }

  /** The context below which everything of a cycle belongs. */
  contextOf(cycleId: string): Context {
    return trace.setSpanContext(ROOT_CONTEXT, this.#spanContextOf(cycleId));
  }

  /** Has the spans that are begun at once in `begin` be those of the cycle itself. */
  asCycle<Made>(cycleId: string, begin: () => Made): Made {
    this.#next = this.#spanContextOf(cycleId);
    try {
      return begin();
    } finally {
      this.#next = undefined;
    }
  }

  readonly generateTraceId = (): string => this.#next?.traceId ?? this.#random.generateTraceId();

  readonly generateSpanId = (): string => this.#next?.spanId ?? this.#random.generateSpanId();

  #spanContextOf(cycleId: string): SpanContext {
    const traceId = cycleId.replaceAll('-', '').toLowerCase();
    const { decision } = this.#sampler.shouldSample(
      ROOT_CONTEXT,
      traceId,
      'cycle',
      SpanKind.INTERNAL,
      {},
      [],
    );
    return {
      traceId,
      spanId: traceId.slice(16),
      traceFlags: decision === SamplingDecision.RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE,
      isRemote: true,
    };
  }
}
