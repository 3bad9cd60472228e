import { spawn } from 'node:child_process';
import type { Stream } from 'node:stream';
import { residentBytesBelow } from './process-tree.ts';

/** A program with its arguments. */
export type CommandLine = readonly [program: string, ...args: readonly string[]];

/** The cost of one command, from its start to its end. */
export interface CommandCost {
  readonly wallSeconds: number;
  /** User and system time of the process and all its descendants. */
  readonly cpuSeconds: number;
  /** Largest sum of resident memory of the process tree that was seen. */
  readonly peakBytes: number;
}

class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** Often enough to see a peak of a second, seldom enough to cost less than a hundredth of a core. */
const SAMPLE_MILLISECONDS = 25;

/** The shell's own `times` tells the CPU time of everything that the command started and waited for (POSIX 2.14). */
const SHELL = '"$@" >&2; code=$?; times >&3; exit "$code"';

/** Runs a command and measures it. @throws {CommandFailed} with its last words when it does not end with 0. */
export async function measureCommand(command: CommandLine): Promise<CommandCost> {
  const startedAt = performance.now();
  const shell = spawn('/bin/sh', ['-c', SHELL, 'sh', ...command], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const output = collect(shell.stderr);
  const times = collect(shell.stdio[3]);
  let peakBytes = 0;
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytesBelow(shell.pid ?? 0));
  }, SAMPLE_MILLISECONDS);
  const code = await new Promise<number | null>((resolve, reject) => {
    shell.once('error', reject).once('close', resolve);
  }).finally(() => clearInterval(sampler));
  const wallSeconds = (performance.now() - startedAt) / 1000;
  if (code !== 0) throw new CommandFailed(`it ended with ${code}: ${lastLineOf(output())}`);
  return { wallSeconds, cpuSeconds: cpuSecondsOf(times()), peakBytes };
}

function lastLineOf(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

/** Keeps the end of a stream. */
function collect(stream: Stream | null | undefined): () => string {
  let text = '';
  stream?.on('data', (chunk: Buffer) => (text = (text + chunk.toString('utf8')).slice(-20_000)));
  return () => text;
}

/** The second line of `times`: user and system time of the children, such as `1m2.50s 0m3.25s`. */
function cpuSecondsOf(times: string): number {
  const children = times.split('\n')[1] ?? '';
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}
