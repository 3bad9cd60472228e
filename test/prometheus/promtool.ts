import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { WorkDirectory } from '../e2e/work-directory.ts';
import { runCommand } from '../registries/run-command.ts';
import type { PrometheusPrograms } from './prometheus-programs.ts';

export interface PromtoolResult {
  readonly exitCode: number | null;
  /** All that was printed. */
  readonly text: string;
}

/** A few dozen rules over a day of samples are evaluated in two seconds. */
const TIMEOUT_SECONDS = 60;

/** Runs `promtool <args>`; paths in the arguments are absolute, or below the directory. */
export async function runPromtool(
  { promtool }: PrometheusPrograms,
  args: readonly string[],
  directory?: string,
): Promise<PromtoolResult> {
  const { exitCode, stdout, stderr } = await runCommand(promtool, args, {
    timeoutSeconds: TIMEOUT_SECONDS,
    ...(directory === undefined ? {} : { cwd: directory }),
  });
  return { exitCode, text: `${stdout}${stderr}` };
}

/** What `promtool check metrics` has to say about a page of metrics; nothing where it is as Prometheus likes it. */
export async function lintMetrics(programs: PrometheusPrograms, page: string): Promise<readonly string[]> {
  const directory = await WorkDirectory.create();
  try {
    const file = join(directory.path, 'page');
    await writeFile(file, page);
    // It reads standard input only.
    const result = await runCommand(
      '/bin/sh',
      ['-c', '"$1" check metrics <"$2"', 'sh', programs.promtool, file],
      {
        timeoutSeconds: TIMEOUT_SECONDS,
      },
    );
    return `${result.stdout}${result.stderr}`.split('\n').filter((line) => line !== '');
  } finally {
    await directory.remove();
  }
}
