import picocolors from 'picocolors';
import type { Environment } from '../config/environment.ts';

type Paint = (text: string) => string;

/** How a word is set off on a terminal; every function returns its text unchanged where colour is not wanted. */
export interface Style {
  readonly good: Paint;
  readonly warning: Paint;
  readonly bad: Paint;
  readonly faint: Paint;
  readonly strong: Paint;
}

/** What is asked of an output stream to decide how to write to it. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  /** Width in characters; only a terminal has one. */
  readonly columns?: number | undefined;
}

/** Whether an output is to be coloured; see `styleFor`. */
export function takesColors(stream: OutputStream, environment: Environment): boolean {
  const refused = (environment.NO_COLOR ?? '') !== '' || environment.TERM === 'dumb';
  return stream.isTTY === true && !refused;
}

/**
 * Colours for a terminal, none for a pipe, a file, a dumb terminal or a user who set `NO_COLOR` to anything but nothing.
 *
 * @see https://no-color.org
 */
export function styleFor(stream: OutputStream, environment: Environment): Style {
  const colors = picocolors.createColors(takesColors(stream, environment));
  return {
    good: colors.green,
    warning: colors.yellow,
    bad: colors.red,
    faint: colors.dim,
    strong: colors.bold,
  };
}
