import cliProgress, { type MultiBar } from 'cli-progress';
import type { CycleCommand, RepositoryReport } from '../planning/cycle-report.ts';
import type { StepOutcome } from '../planning/step.ts';
import type { LinkName } from '../reconciliation/cycle-observer.ts';
import type { Clock } from '../time/clock.ts';
import { LinkProgress } from './link-progress.ts';
import { Progress, type ProgressStream } from './progress.ts';
import { textCell } from './text-cell.ts';

/** Smooth to the eye, and nothing against the cost of a copy. */
const FRAMES_PER_SECOND = 8;
/** Height of a terminal that does not know its own (`0` in some containers). */
const DEFAULT_ROWS = 24;
/** A longer name of a link would leave no room for what it does. */
const LONGEST_LABEL = 30;

/** One bar per link and secondary, redrawn in place: for a terminal only. */
export class LiveProgress extends Progress {
  readonly #stream: ProgressStream;
  readonly #clock: Clock;
  #links = new Map<string, LinkProgress>();
  #bars: MultiBar | null = null;

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
    this.close();
    if (cycle.links.length === 0) return;
    const labels = cycle.links.map((link) => labelOf(link, cycle.links));
    const width = Math.max(...labels.map((label) => label.length));
    this.#links = new Map(
      cycle.links.map((link, index) => [
        keyOf(link),
        new LinkProgress((labels[index] ?? '').padEnd(width), commandOf(cycle.command)),
      ]),
    );
    this.#draw();
  }

  override linkStarted(link: LinkName, repositories: number): void {
    this.#links.get(keyOf(link))?.started(repositories);
  }

  override repositoryPlanned(link: LinkName, repository: string, steps: number): void {
    this.#links.get(keyOf(link))?.planned(repository, steps);
  }

  override stepFinished(link: LinkName, repository: string, step: StepOutcome): void {
    this.#links.get(keyOf(link))?.stepFinished(repository, step);
  }

  override bytesCopied(link: LinkName, bytes: number): void {
    this.#links.get(keyOf(link))?.copied(bytes, this.#clock.monotonicSeconds());
  }

  override repositoryFinished(link: LinkName, report: RepositoryReport): void {
    this.#links.get(keyOf(link))?.finished(report);
  }

  override cycleFinished(): void {
    this.close();
  }

  override close(): void {
    for (const link of this.#links.values()) link.ended();
    if (this.#bars === null) return;
    this.#bars.stop();
    this.#bars = null;
    // Sets the last state of the bars off from the result below it.
    this.#stream.write('\n');
  }

  #draw(): void {
    this.#bars = new cliProgress.MultiBar({
      stream: this.#stream,
      fps: FRAMES_PER_SECOND,
      // Lines are cut to the width here. Switching the terminal's own wrapping off would outlive a killed process.
      linewrap: true,
      // Signals belong to the command: it ends the cycle and then closes the display.
      gracefulExit: false,
    });
    const links = [...this.#links.values()];
    // Bars above the upper edge of a terminal cannot be redrawn; one line stays for the cursor, one for the rest.
    const rows = this.#stream.rows === undefined || this.#stream.rows <= 0 ? DEFAULT_ROWS : this.#stream.rows;
    const most = Math.max(1, rows - 2);
    for (const link of links.slice(0, most)) {
      this.#addLine((width) => link.line(width, this.#clock.monotonicSeconds()));
    }
    const rest = links.length - most;
    if (rest > 0) this.#addLine((width) => textCell(`… and ${rest} more`, width));
  }

  #addLine(line: (width: number) => string): void {
    // The last column stays free: a full line makes some terminals wrap before the next one.
    this.#bars?.create(1, 0, {}, { format: (_options, { maxWidth }) => line(Math.max(1, maxWidth - 1)) });
  }
}

/** The name of the link, with the secondary where the link has several. */
function labelOf({ link, secondary }: LinkName, links: readonly LinkName[]): string {
  const several = links.filter((other) => other.link === link).length > 1;
  return textCell(several ? `${link} → ${secondary}` : link, LONGEST_LABEL);
}

function keyOf({ link, secondary }: LinkName): string {
  return JSON.stringify([link, secondary]);
}

/** What is not a plan or a verification copies. */
function commandOf(text: string): CycleCommand {
  return text === 'plan' || text === 'verify' ? text : 'sync';
}
