import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach } from '@jest/globals';

import { parseReport, type ReportDocument } from './report-document.ts';

/** The program as a user calls it; the variable names another build of it, such as one that was packed and installed. */
export const PROGRAM =
  process.env.GEO_RECONCILER_UNDER_TEST ?? join(import.meta.dirname, '../../bin/geo-reconciler');

export interface CommandSettings {
  /** Added to a bare environment: PATH, and a HOME that does not exist, so that nobody's `docker login` counts. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: the root directory, where no configuration file lies about. */
  readonly workingDirectory?: string;
}

export interface CommandResult {
  /** null where a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A result with its document, for `--output json`. */
export interface ReportedResult extends CommandResult {
  readonly report: ReportDocument;
}

/** One line of the progress that a pipe gets. */
export interface ProgressLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A command under way. */
export interface RunningCommand {
  /** Resolves to the first line of standard error that contains the text; rejects when the command ends without one. */
  lineWith(text: string): Promise<string>;
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void;
  readonly processId: number;
  readonly ended: Promise<CommandResult>;
}

/** Commands that have not ended; what a failed test leaves behind would keep the test run alive. */
const underWay = new Set<ChildProcess>();

afterEach(() => {
  for (const child of underWay) child.kill('SIGKILL');
});

/** Runs the program to its end. */
export async function runCommandLine(
  args: readonly string[],
  settings: CommandSettings = {},
): Promise<CommandResult> {
  return await startCommandLine(args, settings).ended;
}

/** Runs a cycle with `--output json`, and checks every field of what it prints. */
export async function runForReport(
  args: readonly string[],
  settings: CommandSettings = {},
): Promise<ReportedResult> {
  const result = await runCommandLine([...args, '--output', 'json'], settings);
  return { ...result, report: parseReport(result) };
}

/** Starts the program with standard output and standard error as pipes. */
export function startCommandLine(args: readonly string[], settings: CommandSettings = {}): RunningCommand {
  const child = spawn(PROGRAM, args, {
    cwd: settings.workingDirectory ?? '/',
    env: bareEnvironment(settings.environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  underWay.add(child);
  child.once('close', () => underWay.delete(child));
  const stdout: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    for (const watcher of watchers) watcher();
  });
  const ended = endOf(child).then((exitCode) => ({
    exitCode,
    stdout: Buffer.concat(stdout).toString('utf8'),
    stderr: lines.map((line) => `${line}\n`).join(''),
  }));
  return {
    ended,
    processId: child.pid ?? 0,
    signal: (name) => void child.kill(name),
    lineWith: async (text) => {
      const seen = new Promise<string>((resolve) => {
        const look = (): void => {
          const line = lines.find((candidate) => candidate.includes(text));
          if (line !== undefined) resolve(line);
        };
        watchers.add(look);
        look();
      });
      const missed = ended.then((result): never => {
        throw new Error(`ended with ${result.exitCode} without "${text}":\n${result.stderr}${result.stdout}`);
      });
      // Whichever loses the race is nobody's failure.
      missed.catch(() => undefined);
      return await Promise.race([seen, missed]);
    },
  };
}

/** The progress that a command wrote to a pipe; lines that are no JSON are left out. */
export function progressLines(stderr: string): ProgressLine[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as ProgressLine);
}

export function bareEnvironment(added: CommandSettings['environment'] = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: '/nonexistent', ...added };
}

/** After `close`: the pipes have been read to their end. */
async function endOf(child: ChildProcess): Promise<number | null> {
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
