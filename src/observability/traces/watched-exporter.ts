import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingLog } from './tracing-parts.ts';

type Export = Parameters<SpanExporter['export']>;

/**
 * Says once that a collector takes no traces, and once that it does again. What it answers is not repeated: it knows the headers that it
 * is sent.
 */
export class WatchedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #endpoint: string;
  readonly #log: TracingLog;
  #isTaken = true;

  constructor(exporter: SpanExporter, endpoint: string, log: TracingLog) {
    this.#exporter = exporter;
    this.#endpoint = endpoint;
    this.#log = log;
  }

  export(spans: Export[0], done: Export[1]): void {
    this.#exporter.export(spans, (result) => {
      if (result.error === undefined) this.#taken();
      else this.#refused(codeOf(result.error));
      done(result);
    });
  }

  /** The process ends before the collector has answered. */
  giveUp(): void {
    this.#refused('TIMEOUT');
  }

  async shutdown(): Promise<void> {
    await this.#exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  #taken(): void {
    if (!this.#isTaken) this.#log.info({ endpoint: this.#endpoint }, 'traces are taken again');
    this.#isTaken = true;
  }

  #refused(code: string): void {
    if (this.#isTaken)
      this.#log.warn(
        { endpoint: this.#endpoint, code },
        'traces are not taken and are dropped; cycles go on',
      );
    this.#isTaken = false;
  }
}

/** `ECONNREFUSED` and the like, or a status of HTTP. */
function codeOf(error: Error): string {
  if ('code' in error && (typeof error.code === 'string' || typeof error.code === 'number'))
    return String(error.code);
  return 'TIMEOUT';
}
