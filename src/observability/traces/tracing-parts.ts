import type { Clock } from '../../time/clock.ts';

/** Whom to tell that traces do not arrive, or arrive again. */
export type TracingLog = Readonly<
  Record<'warn' | 'info', (fields: Readonly<Record<string, unknown>>, message: string) => void>
>;

export interface TracingParts {
  /** Of this program. */
  readonly version: string;
  readonly clock: Clock;
  readonly log: TracingLog;
}
