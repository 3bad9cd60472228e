import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';

type ProcessSignal = 'TERM' | 'KILL' | 'STOP' | 'CONT';

/** A child that cannot outlive this process, not even after `kill -9` of it. */
export interface SupervisedProcess {
  readonly processId: number;
  isRunning(): boolean;
  signal(name: ProcessSignal): void;
  /** Resolves when the child is gone and reaped. */
  exited(): Promise<void>;
}

export interface SupervisedCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  /** Removed where this process dies without having stopped the child; '' removes nothing. */
  readonly scratchDirectory: string;
}

/**
 * The shell holds the other end of a pipe from us: each line is a signal to pass on, and the end of the pipe (we are
 * gone, however) means kill and clean up. Signals go through the shell because it is the child's parent: a number
 * that it has not yet reaped cannot belong to another process.
 */
const supervisor = `
scratch=$1
shift
exec 3<&0 4>&1 </dev/null >&2
"$@" 3<&- 4>&- &
child=$!
echo "$child" >&4
exec 4>&-
(
  while read -r name <&3; do kill -s "$name" "$child"; done
  trap '' TERM
  kill -s KILL "$child"
  [ -z "$scratch" ] || rm -rf -- "$scratch" || rm -rf -- "$scratch"
) 2>/dev/null &
guard=$!
exec 3<&-
wait "$child"
status=$?
kill "$guard" 2>/dev/null
exit "$status"
`;

/** Starts a program under the shell above; its output goes to the end of the log file. */
export async function superviseProcess(command: SupervisedCommand): Promise<SupervisedProcess> {
  const log = openSync(command.logFile, 'a');
  const args = ['-c', supervisor, 'sh', command.scratchDirectory, command.file, ...command.args];
  const shell = spawn('/bin/sh', args, {
    env: command.env,
    stdio: ['pipe', 'pipe', log],
    // A session of its own: Ctrl-C in a terminal is for us to answer, and the registry is to stay until we stop it.
    detached: true,
  });
  closeSync(log);
  const { stdin, stdout } = shell;
  if (stdin === null || stdout === null) throw new Error('a pipe that was asked for is there');
  // Writing to a shell that has just ended is no error: the child is gone, as wanted.
  stdin.on('error', () => undefined);
  let running = true;
  const exited = new Promise<void>((resolve) => {
    shell.once('exit', () => {
      running = false;
      stdin.destroy();
      resolve();
    });
  });
  const line = await new Promise<Buffer>((resolve, reject) => {
    shell.once('error', reject);
    stdout.once('data', resolve);
  });
  stdout.destroy();
  // A forgotten stop must not keep a test run alive; when we end, the pipe ends, and so does the child.
  shell.unref();
  if (stdin instanceof Socket) stdin.unref();
  return {
    processId: Number(line.toString()),
    isRunning: () => running,
    signal: (name) => {
      if (running) stdin.write(`${name}\n`);
    },
    exited: async () => {
      if (running) shell.ref();
      await exited;
    },
  };
}
