import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { Interruption } from './interruption.ts';

/** The root of the clone, where a user types the commands that are shown. */
const CLONE = fileURLToPath(new URL('../..', import.meta.url));

const PROGRAM = 'bin/geo-reconciler';

/** Fits a terminal of 80 columns, a prompt or an indentation before it. */
const LINE_WIDTH = 74;

/** A command line as it is shown and as it can be copied: odd arguments are quoted, long lines go on below. */
export function commandLineOf(args: readonly string[]): string {
  const lines: string[] = [];
  for (const part of partsOf(args)) {
    const line = lines.at(-1);
    if (line === undefined || line.length + part.length >= LINE_WIDTH) lines.push(part);
    else lines[lines.length - 1] = `${line} ${part}`;
  }
  return lines.join(' \\\n    ');
}

/** The program with its command, and each flag with its value. */
function partsOf(args: readonly string[]): readonly string[] {
  const parts: string[] = [PROGRAM];
  for (const arg of args) {
    const word = /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;
    if (arg.startsWith('--')) parts.push(word);
    else parts[parts.length - 1] = `${parts.at(-1) ?? ''} ${word}`;
  }
  return parts;
}

/**
 * Runs the real command on this terminal and gives its exit code. It has a session of its own, so that Ctrl-C reaches it
 * once, from here, and not again from the terminal.
 */
export async function runCommandLine(args: readonly string[], interruption: Interruption): Promise<number> {
  const child = spawn(PROGRAM, args, { cwd: CLONE, stdio: 'inherit', detached: true });
  const forget = interruption.onPress((signal) => child.kill(signal));
  // Nothing is left behind, however this process ends.
  const end = (): void => void child.kill('SIGTERM');
  process.once('exit', end);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode) => resolve(exitCode ?? 130));
    });
  } finally {
    forget();
    process.off('exit', end);
  }
}
