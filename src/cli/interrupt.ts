import { EXIT_CODE } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export interface Interrupt {
  readonly signal: AbortSignal;
  dispose(): void;
}

/** Turns the first Ctrl-C (or SIGTERM) into a clean end, the second into an immediate one. */
export function onInterrupt(terminal: Terminal): Interrupt {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_CODE.interrupted);
    terminal.err.write(
      '\nInterrupted: ending what is under way; what is done stays done. Again to end at once.\n',
    );
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
    },
  };
}
