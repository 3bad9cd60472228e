import type { VerificationDepth } from '../../config/configuration.ts';
import { linksOf, loadSelection } from '../load-selection.ts';
import { runCycle } from '../run-cycle.ts';
import type { SelectionOptions } from '../selection-options.ts';
import type { Terminal } from '../terminal.ts';

/** `geo-reconciler verify`: is every tag of the primary pullable from the secondaries? */
export async function runVerify(
  options: SelectionOptions & { readonly depth?: VerificationDepth },
  terminal: Terminal,
): Promise<number> {
  const configuration = loadSelection(options, terminal);
  const work = { command: 'verify', depth: options.depth ?? 'graph' } as const;
  return await runCycle(
    configuration,
    work,
    { output: options.output, ignored: 'hidden', links: linksOf(options) },
    terminal,
  );
}
