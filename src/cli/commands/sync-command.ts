import { linksOf, loadSelection } from '../load-selection.ts';
import { runCycle } from '../run-cycle.ts';
import type { SelectionOptions } from '../selection-options.ts';
import type { Terminal } from '../terminal.ts';

/** `geo-reconciler sync`: one cycle in the foreground. */
export async function runSync(options: SelectionOptions, terminal: Terminal): Promise<number> {
  const configuration = loadSelection(options, terminal);
  return await runCycle(
    configuration,
    { command: 'sync' },
    { output: options.output, ignored: 'hidden', links: linksOf(options) },
    terminal,
  );
}
