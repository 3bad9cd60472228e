import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface ToolRun {
  readonly stdout: string;
  /** Everything that the tool wrote, where it did not end well; empty where it did. */
  readonly complaint: string;
}

/** Runs the program of an installed package (a path below `node_modules`) with this Node, in the given directory. */
export async function runTool(
  root: string,
  program: string,
  parameters: readonly string[],
  directory = root,
): Promise<ToolRun> {
  const child = spawn(process.execPath, [`${root}/node_modules/${program}`, ...parameters], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const ending = `${stdout}${stderr}\nended with ${child.exitCode ?? child.signalCode ?? 'nothing'}`;
  return { stdout, complaint: child.exitCode === 0 ? '' : ending };
}
