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
    let running = true;
    void this.ended.finally(() => (running = false));
    for (;;) {
      const line = this.lines.find((candidate) => pattern.test(candidate));
      if (line !== undefined || !running) return line;
      await sleep(10);
    }
  }

  /** Ends it at once, as the kernel does when memory runs out. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

/** Command lines of the processes of PostgreSQL that run on a directory, the watchdog's included. */
export async function postgresProcesses(directory: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commandLines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return commandLines.filter((line) => line.includes(join(directory, 'postgres', 'cluster')));
}

/** Resolves when none is left; rejects after ten seconds. */
export async function untilNoPostgres(directory: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await postgresProcesses(directory)).length === 0) return;
    await sleep(50);
  }
  throw new Error(`still running: ${(await postgresProcesses(directory)).join('; ')}`);
}
