import { readEnvironment, type Environment } from '../config/environment.ts';
import type { ProgressStream } from './progress.ts';

/** The outside of a command: result to `out`, progress and complaints to `err`. Tests bring their own. */
export interface Terminal {
  readonly out: ProgressStream & { readonly columns?: number | undefined };
  readonly err: ProgressStream;
  readonly environment: Environment;
}

export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', outliveItsReader);
  return { out: process.stdout, err: process.stderr, environment: readEnvironment() };
}

/** A reader that has seen enough (`| head`) does not end a cycle, and the exit code stays that of the cycle. */
function outliveItsReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
