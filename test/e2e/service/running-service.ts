import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { bareEnvironment, PROGRAM } from '../command-line.ts';

/** One line of the service's log. */
export interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A `serve` process as an operator runs it. */
export class RunningService {
  readonly name: string;
  readonly lines: LogLine[] = [];
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  readonly ended: Promise<number | null>;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    if (child.stderr === null) throw new Error('standard error is no pipe');
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.lines.push(lineOf(line));
      for (const watcher of this.#watchers) watcher();
    });
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
  }

  static start(
    name: string,
    file: string,
    settings: { readonly environment?: Record<string, string>; readonly workingDirectory: string },
  ): RunningService {
    const child = spawn(PROGRAM, ['serve', '--config', file], {
      cwd: settings.workingDirectory,
      env: bareEnvironment(settings.environment),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return new RunningService(name, child);
  }

  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGHUP'): void {
    this.#child.kill(name);
  }

  /** The first line, from `after` on, that passes; rejects when the process ends or the time is over without one. */
  async line(
    test: (line: LogLine) => boolean,
    { after = 0, seconds = 60 }: { readonly after?: number; readonly seconds?: number } = {},
  ): Promise<LogLine> {
    const seen = new Promise<LogLine>((resolve) => {
      const look = (): void => {
        const found = this.lines.slice(after).find(test);
        if (found === undefined) return;
        this.#watchers.delete(look);
        resolve(found);
      };
      this.#watchers.add(look);
      look();
    });
    const missed = this.ended.then((code): never => {
      throw new Error(`${this.name} ended with ${code}:\n${this.#tail()}`);
    });
    const late = new AbortController();
    const patience = new Promise<never>((_, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${this.name} did not say it within ${seconds} s:\n${this.#tail()}`));
      }, seconds * 1000);
      late.signal.addEventListener('abort', () => clearTimeout(timer));
    });
    missed.catch(() => undefined);
    patience.catch(() => undefined);
    try {
      return await Promise.race([seen, missed, patience]);
    } finally {
      late.abort();
    }
  }

  /** Its address, once it listens. */
  async url(): Promise<string> {
    return String((await this.line(({ msg }) => msg === 'the service listens')).url);
  }

  /** Ends it if it still runs. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.signal('SIGTERM');
    await this.ended;
  }

  #tail(): string {
    return this.lines
      .slice(-20)
      .map((line) => JSON.stringify(line))
      .join('\n');
  }
}

function lineOf(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { level: 'none', time: '', msg: text };
  }
}
