import { spawn, type ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** `leave` ends at once and leaves the database to its fate. */
export type HolderTask = 'hold' | 'write' | 'stop' | 'leave';

const PROGRAM = join(import.meta.dirname, 'database-holder.ts');

/** A running `database-holder.ts`, with what it printed so far. */
export class HolderProcess {
  readonly lines: string[] = [];
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(directory: string, task: HolderTask, wrapper: readonly string[] = []) {
    const node = [
      '--disable-warning=ExperimentalWarning',
      '--disable-proto=delete',
      PROGRAM,
      directory,
      task,
    ];
    const [program = '', ...parameters] = [...wrapper, process.execPath, ...node];
    const env = { ...process.env, NODE_OPTIONS: '', HOME: '/tmp' };
    const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'inherit'], env });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.lines.push(line));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve(status));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits until it has printed a line that matches, or has ended. */
  async printed(pattern: RegExp): Promise<string | undefined> {
    const state = { ended: false };
    void this.ended.finally(() => (state.ended = true));
    for (;;) {
      // In this order: what is printed before the end is there when the end is.
      const hasEnded = state.ended;
      const line = this.lines.find((candidate) => pattern.test(candidate));
      if (line !== undefined || hasEnded) return line;
      await sleep(10);
    }
  }

  /** Ends it at once, as the kernel does when memory runs out. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

interface RunningProcess {
  readonly pid: number;
  readonly commandLine: string;
}

/** Processes of PostgreSQL that run on a directory, the watchdog's included. */
async function processesOn(directory: string): Promise<RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const processes = await Promise.all(
    pids.map(async (pid) => ({
      pid,
      commandLine: await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
    })),
  );
  return processes.filter(({ commandLine }) => commandLine.includes(join(directory, 'postgres', 'cluster')));
}

/** Their command lines. */
export async function postgresProcesses(directory: string): Promise<string[]> {
  return (await processesOn(directory)).map(({ commandLine }) => commandLine);
}

/** Resolves when none is left; rejects after ten seconds. */
export async function untilNoPostgres(directory: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await postgresProcesses(directory)).length === 0) return;
    await sleep(50);
  }
  throw new Error(`still running: ${(await postgresProcesses(directory)).join('; ')}`);
}

/** Kills the shells that would stop PostgreSQL when its owner is gone. */
export async function killWatchdogs(directory: string): Promise<void> {
  for (;;) {
    const shells = (await processesOn(directory)).filter(({ commandLine }) =>
      commandLine.startsWith('/bin/sh'),
    );
    if (shells.length === 0) return;
    // Frozen first: one that sees the other go would still do its work.
    for (const { pid } of shells) signalNow(pid, 'SIGSTOP');
    for (const { pid } of shells) signalNow(pid, 'SIGKILL');
    await sleep(10);
  }
}

function signalNow(pid: number, signal: 'SIGSTOP' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It was gone first.
  }
}
