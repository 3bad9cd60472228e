import { ConfigurationError } from '../config/configuration-error.ts';
import { EXIT_CODE } from './exit-code.ts';
import { styleFor } from './style.ts';
import type { Terminal } from './terminal.ts';
import { textCell } from './text-cell.ts';

/**
 * Says why a command could not run, and gives its exit code. Nothing was sent to a registry when one of these is thrown, but for a
 * defect of this program, which keeps its stack.
 */
export function describeFailure(error: unknown, terminal: Terminal): number {
  const style = styleFor(terminal.err, terminal.environment);
  const say = (text: string): void => {
    terminal.err.write(`${text}\n`);
  };
  if (error instanceof ConfigurationError) {
    say(
      style.bad(
        style.strong(
          error.problems.length === 1
            ? 'The configuration has a problem:'
            : `The configuration has ${error.problems.length} problems:`,
        ),
      ),
    );
    for (const line of error.message.split('\n')) say(`  ${textCell(line)}`);
    return EXIT_CODE.usage;
  }
  if (isStateError(error)) {
    say(`${style.bad(style.strong('The state cannot be had:'))} ${error.message}`);
    return EXIT_CODE.usage;
  }
  say(
    `${style.bad(style.strong('This is a defect of geo-reconciler, please report it:'))} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return EXIT_CODE.failed;
}

/** By name: importing the class would load the whole database layer for `--help`. */
function isStateError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'StateError';
}
