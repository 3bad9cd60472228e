import type { Configuration } from '../config/configuration.ts';
import { tracingSettingsOf } from '../config/tracing-settings.ts';
import { SeveralObservers } from '../observability/several-observers.ts';
import { openTracing } from '../observability/traces/open-tracing.ts';
import type { Tracing } from '../observability/traces/tracing.ts';
import type { CycleReport } from '../planning/cycle-report.ts';
import type { CycleWork } from '../reconciliation/cycle-request.ts';
import { Reconciler } from '../reconciliation/reconciler.ts';
import { RegistryConnections } from '../reconciliation/registry-connections.ts';
import { openState } from '../state/open-state.ts';
import { SystemClock } from '../time/system-clock.ts';
import { chooseProgress } from './choose-progress.ts';
import { EXIT_CODE, exitCodeOf } from './exit-code.ts';
import { approvalPlaceOf } from './held-plans.ts';
import { onInterrupt } from './interrupt.ts';
import { renderReport } from './render-report.ts';
import { renderReportDocument, type IgnoredTags } from './report-document.ts';
import { styleFor } from './style.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

/** For what is printed to be written; a process that left nothing open is gone before. */
const LAST_MILLISECONDS = 500;

export interface CycleView {
  readonly output: 'text' | 'json';
  readonly ignored: IgnoredTags;
  /** Of an ad-hoc link nothing waits for anybody: there is no service that knows it. */
  readonly links: 'configured' | 'ad-hoc';
}

/**
 * Runs one cycle in the foreground: progress to standard error, the result to standard output.
 *
 * @throws {StateError} before any request.
 */
export async function runCycle(
  configuration: Configuration,
  work: CycleWork,
  view: CycleView,
  terminal: Terminal,
): Promise<number> {
  const clock = new SystemClock();
  const log = (message: string): void => void terminal.err.write(`${message}\n`);
  const state = await openState(
    configuration.database,
    work.command === 'sync' ? 'read-write' : 'read-only',
    log,
  );
  const tracing = await openTracing(tracingSettingsOf(terminal.environment), {
    version: VERSION,
    clock,
    log: { warn: (_fields, message) => log(message), info: (_fields, message) => log(message) },
  });
  const connections = new RegistryConnections(clock, tracing.registries);
  const progress = chooseProgress(terminal.err, clock, terminal.environment);
  const interrupt = onInterrupt(terminal);
  try {
    const reconciler = new Reconciler({
      connections,
      store: state.store,
      clock,
      observer: new SeveralObservers([progress, tracing.cycles]),
      tracer: tracing.tracer,
    });
    const report = await reconciler.run({ work, links: configuration.links }, interrupt.signal);
    progress.close();
    terminal.out.write(
      view.output === 'json'
        ? renderReportDocument(report, view.ignored)
        : renderText(report, view, configuration, terminal),
    );
    return interrupt.signal.aborted ? EXIT_CODE.interrupted : exitCodeOf(report);
  } finally {
    interrupt.dispose();
    progress.close();
    connections.close();
    await state.close();
    await endTracing(tracing);
  }
}

/** A collector that does not answer is left with its socket open, and nobody waits for it. */
async function endTracing(tracing: Tracing): Promise<void> {
  if ((await tracing.close()) === 'abandoned') setTimeout(() => process.exit(), LAST_MILLISECONDS).unref();
}

function renderText(
  report: CycleReport,
  { ignored, links }: CycleView,
  { server }: Configuration,
  { out, environment }: Terminal,
): string {
  return renderReport(report, {
    style: styleFor(out, environment),
    columns: out.columns ?? null,
    ignored,
    approvals: links === 'configured' ? approvalPlaceOf(server) : undefined,
  });
}
