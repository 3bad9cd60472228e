import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { findOnPath, runCommand } from '../registries/run-command.ts';
import { bareEnvironment, PROGRAM } from './command-line.ts';

/** Why there is no terminal to test in; undefined where there is one. */
export async function whyNoTerminal(): Promise<string | undefined> {
  return (await findOnPath('tmux')) === undefined ? 'there is no tmux on PATH' : undefined;
}

const POLL_SECONDS = 0.05;
const COMMAND_TIMEOUT_SECONDS = 10;

export interface TerminalSettings {
  /** For the socket of a server of its own. */
  readonly directory: string;
  readonly columns: number;
  readonly rows: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A real terminal, as far as a program can tell: a window of a tmux server that nobody else uses. */
export class TerminalWindow {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Runs the program in a new window; `[exit N]` stands at its end when it is through. */
  static async run(args: readonly string[], settings: TerminalSettings): Promise<TerminalWindow> {
    // A server of its own each time: the last one may still be ending.
    const window = new TerminalWindow(join(settings.directory, `tmux-${randomBytes(4).toString('hex')}`));
    const words = [PROGRAM, ...args].map((word) => `'${word}'`).join(' ');
    // The shell outlives Ctrl-C and stays, so that the screen does; the server ends when it is told to.
    const script = `trap : INT; ${words}; echo "[exit $?]"; exec sleep 600`;
    const size = ['-x', String(settings.columns), '-y', String(settings.rows)];
    await window.#tmux(['new-session', '-d', ...size, script], settings.environment);
    return window;
  }

  /** The text on the screen. */
  async screen(): Promise<string> {
    return await this.#tmux(['capture-pane', '-p']);
  }

  /** The screen with the escape sequences that would paint it. */
  async paintedScreen(): Promise<string> {
    return await this.#tmux(['capture-pane', '-p', '-e']);
  }

  /** The screen when it first matches. Waits without a limit of its own: what never comes runs the test into jest's. */
  async screenWith(pattern: RegExp): Promise<string> {
    for (;;) {
      const screen = await this.screen();
      if (pattern.test(screen)) return screen;
      await sleep(POLL_SECONDS * 1000);
    }
  }

  /** Presses a key, such as `C-c`. */
  async press(key: string): Promise<void> {
    await this.#tmux(['send-keys', key]);
  }

  async close(): Promise<void> {
    await this.#tmux(['kill-server']).catch(() => undefined);
  }

  async #tmux(args: readonly string[], environment?: TerminalSettings['environment']): Promise<string> {
    // No configuration file of the user's, and UTF-8 whatever the locale of the machine.
    const all = ['-S', this.#socket, '-f', '/dev/null', '-u', ...args];
    const result = await runCommand('tmux', all, {
      env: { TERM: 'screen-256color', SHELL: '/bin/sh', ...bareEnvironment(environment) },
      timeoutSeconds: COMMAND_TIMEOUT_SECONDS,
    });
    if (result.exitCode !== 0) throw new Error(`tmux ${args[0] ?? ''}: ${result.stderr}`);
    return result.stdout;
  }
}
