import type { Tracer } from '@opentelemetry/api';
import type { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { CycleIdentifiers } from './cycle-identifiers.ts';

/** What spans are made with. */
export interface TracingMeans {
  readonly tracer: Tracer;
  /** Knows what the code that asks is part of. */
  readonly contexts: AsyncLocalStorageContextManager;
  readonly identifiers: CycleIdentifiers;
}
