import { readEnvironment, type Environment } from '../config/environment.ts';
import type { ProgressStream } from './progress.ts';

/** The outside of a command: result to `out`, progress and complaints to `err`. Tests bring their own. */
export interface Terminal {
  readonly out: ProgressStream & { readonly columns?: number | undefined };
  readonly err: ProgressStream;
  readonly environment: Environment;
}

export function processTerminal(): Terminal {
  return { out: process.stdout, err: process.stderr, environment: readEnvironment() };
}
