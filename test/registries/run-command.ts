import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface CommandResult {
  /** null where a signal ended the command, the time limit's included. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment; default this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly timeoutSeconds: number;
}

/** From the polite signal to the other one; a compiler that was told to stop needs a moment to remove its files. */
const GRACE_SECONDS = 5;

/**
 * Runs a program to its end and gives back what it printed. Never rejects for an exit code; rejects where the
 * program cannot be started. At the time limit the program is interrupted, then killed.
 */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const interrupt = setTimeout(() => child.kill('SIGINT'), options.timeoutSeconds * 1000);
  const kill = setTimeout(
    () => {
      child.kill('SIGKILL');
      // Grandchildren may still hold the pipes, and `close` waits for those.
      child.stdout.destroy();
      child.stderr.destroy();
    },
    (options.timeoutSeconds + GRACE_SECONDS) * 1000,
  );
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { exitCode, stdout: textOf(stdout), stderr: textOf(stderr) };
  } finally {
    clearTimeout(interrupt);
    clearTimeout(kill);
  }
}

/** The full path of a program on PATH, or undefined where no directory has an executable of that name. */
export async function findOnPath(name: string): Promise<string | undefined> {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    if (directory === '') continue;
    const candidate = join(directory, name);
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}

/** The end of a command's complaint on one line, short enough for a reason in a message. */
export function complaintOf(result: CommandResult): string {
  const text = result.stderr.trim() === '' ? result.stdout : result.stderr;
  const lines = text.trim().split('\n').slice(-3);
  const outcome = result.exitCode === null ? 'was killed' : `ended with ${result.exitCode}`;
  // 400 characters hold three lines of apt or go; the sum of four reasons must still be readable.
  return `${outcome}: ${lines.join(' / ').slice(0, 400)}`;
}

function textOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}
