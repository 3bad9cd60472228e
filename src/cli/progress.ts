import { CycleObserver } from '../reconciliation/cycle-observer.ts';
import type { OutputStream } from './style.ts';

/** Where progress is written: the standard error stream, or a stand-in. */
export interface ProgressStream extends NodeJS.WritableStream, OutputStream {
  /** Height in lines; only a terminal has one. */
  readonly rows?: number | undefined;
}

/** An observer that shows a cycle while it runs. */
export abstract class Progress extends CycleObserver {
  /**
   * Ends the display and leaves the terminal as it was; harmless to call twice. A cycle that finishes closes it by itself,
   * one that throws or is interrupted does not.
   */
  abstract close(): void;
}
