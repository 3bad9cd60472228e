import { EXIT_CODE } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export interface Interrupt {
  readonly signal: AbortSignal;
  dispose(): void;
}

/** npm passes a Ctrl-C on that the terminal has delivered already: within this time two are one. */
const SAME_INTERRUPT_MILLISECONDS = 500;

/** Turns the first Ctrl-C (or SIGTERM) into a clean end, the second into an immediate one. */
export function onInterrupt(terminal: Terminal): Interrupt {
  const controller = new AbortController();
  let interruptedAt = -Infinity;
  const stop = (): void => {
    const now = performance.now();
    if (now - interruptedAt < SAME_INTERRUPT_MILLISECONDS) return;
    if (controller.signal.aborted) process.exit(EXIT_CODE.interrupted);
    interruptedAt = now;
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
