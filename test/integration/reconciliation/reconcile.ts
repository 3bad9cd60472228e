import { adHocConfiguration, type AdHocOptions } from '../../../src/config/ad-hoc-configuration.ts';
import type { Configuration } from '../../../src/config/configuration.ts';
import type { CycleReport } from '../../../src/planning/cycle-report.ts';
import type { StepOutcome } from '../../../src/planning/step.ts';
import { CycleObserver } from '../../../src/reconciliation/cycle-observer.ts';
import type { CycleWork } from '../../../src/reconciliation/cycle-request.ts';
import { Reconciler } from '../../../src/reconciliation/reconciler.ts';
import { RegistryConnections } from '../../../src/reconciliation/registry-connections.ts';
import { RegistryObserver } from '../../../src/registry/registry-observer.ts';
import { MemoryStateStore } from '../../../src/state/memory-state.store.ts';
import type { StateStore } from '../../../src/state/state-store.ts';
import type { Clock } from '../../../src/time/clock.ts';
import { SystemClock } from '../../../src/time/system-clock.ts';

export interface Reconciliation {
  readonly options: Partial<AdHocOptions> & Pick<AdHocOptions, 'primary' | 'secondary'>;
  readonly work?: CycleWork;
  /** Kept by the caller where one cycle builds on another. */
  readonly store?: StateStore;
  /** Default: that of the system. */
  readonly clock?: Clock;
  /** Changes what the flags of an ad-hoc link cannot say. */
  readonly change?: (configuration: Configuration) => Configuration;
}

class SilentObserver extends CycleObserver {}

/** Runs one cycle in this process, over real sockets, with state in memory. */
export async function reconcile({
  options,
  work,
  store,
  change,
  clock = new SystemClock(),
}: Reconciliation): Promise<CycleReport> {
  const configuration = adHocConfiguration(
    { repository: [], tag: [], platform: [], deleteOrphans: false, deleteFallback: 'none', ...options },
    { HOME: '/nonexistent' },
  );
  const { links } = change === undefined ? configuration : change(configuration);
  const connections = new RegistryConnections(clock, new RegistryObserver());
  try {
    const reconciler = new Reconciler({
      connections,
      store: store ?? new MemoryStateStore(clock),
      clock,
      observer: new SilentObserver(),
    });
    return await reconciler.run({ work: work ?? { command: 'sync' }, links });
  } finally {
    connections.close();
  }
}

/** The steps of all repositories of one secondary, as `kind tag outcome reason`; ignored tags left out. */
export function stepLines(report: CycleReport, secondary = 0): string[] {
  return stepsOf(report, secondary)
    .filter(({ kind }) => kind !== 'skip-tag')
    .map(({ kind, tag, outcome, reason }) =>
      [kind, tag, outcome, ...(reason === null ? [] : [reason])].join(' '),
    );
}

export function stepsOf(report: CycleReport, secondary = 0): readonly StepOutcome[] {
  return report.links[secondary]?.repositories.flatMap(({ steps }) => steps) ?? [];
}
