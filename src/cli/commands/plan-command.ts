import { linksOf, loadSelection } from '../load-selection.ts';
import { runCycle } from '../run-cycle.ts';
import type { SelectionOptions } from '../selection-options.ts';
import type { Terminal } from '../terminal.ts';

/** `geo-reconciler plan`: what sync would do, by the same code, with nothing written anywhere. */
export async function runPlan(
  options: SelectionOptions & { readonly showIgnored?: true },
  terminal: Terminal,
): Promise<number> {
  const configuration = loadSelection(options, terminal);
  const ignored = options.showIgnored ? 'shown' : 'hidden';
  const view = { output: options.output, ignored, links: linksOf(options) } as const;
  return await runCycle(configuration, { command: 'plan' }, view, terminal);
}
