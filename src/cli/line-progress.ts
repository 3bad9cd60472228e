import type { CycleReport, RepositoryReport } from '../planning/cycle-report.ts';
import type { StepOutcome } from '../planning/step.ts';
import type { LinkName } from '../reconciliation/cycle-observer.ts';
import type { Clock } from '../time/clock.ts';
import { Progress, type ProgressStream } from './progress.ts';
import { safeJsonLine } from './safe-json.ts';

/** One line of JSON per event, for pipes, files and log collectors. */
export class LineProgress extends Progress {
  readonly #stream: ProgressStream;
  readonly #clock: Clock;

  constructor(stream: ProgressStream, clock: Clock) {
    super();
    this.#stream = stream;
    this.#clock = clock;
  }

  override cycleStarted(cycle: {
    readonly cycleId: string;
    readonly command: string;
    readonly links: readonly LinkName[];
  }): void {
    const links = cycle.links.map(nameOf);
    this.#write('cycle-started', { cycleId: cycle.cycleId, command: cycle.command, links });
  }

  override linkStarted(link: LinkName, repositories: number): void {
    this.#write('link-started', { ...nameOf(link), repositories });
  }

  override repositoryPlanned(link: LinkName, repository: string, steps: number): void {
    this.#write('repository-planned', { ...nameOf(link), repository, steps });
  }

  override stepFinished(link: LinkName, repository: string, step: StepOutcome): void {
    const { kind, tag, outcome, reason } = step;
    this.#write('step', { ...nameOf(link), repository, kind, tag, outcome, reason });
  }

  override repositoryFinished(link: LinkName, report: RepositoryReport): void {
    this.#write('repository-finished', {
      ...nameOf(link),
      repository: report.primaryRepository,
      outcome: report.outcome,
      reason: report.failure?.reason ?? null,
      bytesCopied: report.totals.bytesCopied,
    });
  }

  override cycleFinished(report: CycleReport): void {
    this.#write('cycle-finished', {
      cycleId: report.cycleId,
      command: report.command,
      outcome: report.outcome,
    });
  }

  override close(): void {
    // Nothing to end: every line stands for itself.
  }

  #write(event: string, fields: Readonly<Record<string, unknown>>): void {
    this.#stream.write(`${safeJsonLine({ time: this.#clock.now().toISOString(), event, ...fields })}\n`);
  }
}

function nameOf({ link, secondary }: LinkName): LinkName {
  return { link, secondary };
}
