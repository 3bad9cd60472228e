import { CycleObserver } from '../../reconciliation/cycle-observer.ts';
import { CycleTracer } from '../../reconciliation/cycle-tracer.ts';
import { RegistryObserver } from '../../registry/registry-observer.ts';

/** What watches the stages of a cycle in order to trace it, as long as the process lives. */
export interface Tracing {
  readonly tracer: CycleTracer;
  readonly cycles: CycleObserver;
  readonly registries: RegistryObserver;
  /**
   * Sends what is left, for two seconds at most. `abandoned`: some of it was not taken, and sockets may be open.
   */
  close(): Promise<'sent' | 'abandoned'>;
}

class Unwatched extends CycleObserver {}

/** No traces: nothing is loaded, and nothing is kept. */
export const NO_TRACING: Tracing = {
  tracer: new CycleTracer(),
  cycles: new Unwatched(),
  registries: new RegistryObserver(),
  close: () => Promise.resolve('sent'),
};
