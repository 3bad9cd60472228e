import type { CycleReport, RepositoryReport } from '../planning/cycle-report.ts';
import type { StepOutcome } from '../planning/step.ts';

/** One direction of replication, as progress and metrics name it. */
export interface LinkName {
  readonly link: string;
  readonly secondary: string;
}

/**
 * The port through which a cycle tells what it does, while it does it. Implementations must return at once and must not
 * throw: they watch, they take no part. Every method does nothing unless overridden.
 */
export abstract class CycleObserver {
  cycleStarted(_cycle: {
    readonly cycleId: string;
    readonly command: string;
    readonly links: readonly LinkName[];
  }): void {}
  /** The repositories of a link are known; `repositories` is their number. */
  linkStarted(_link: LinkName, _repositories: number): void {}
  /** Both sides are compared; `steps` is how many will be tried. */
  repositoryPlanned(_link: LinkName, _repository: string, _steps: number): void {}
  stepFinished(_link: LinkName, _repository: string, _step: StepOutcome): void {}
  /** Blob bytes that went over the wire to the secondary since the last call. */
  bytesCopied(_link: LinkName, _bytes: number): void {}
  repositoryFinished(_link: LinkName, _report: RepositoryReport): void {}
  cycleFinished(_report: CycleReport): void {}
}
