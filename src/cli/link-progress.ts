import type { CycleCommand, RepositoryReport } from '../planning/cycle-report.ts';
import type { StepOutcome } from '../planning/step.ts';
import { formatBytes, formatRate } from './format-bytes.ts';
import { RateMeter } from './rate-meter.ts';
import { textCell } from './text-cell.ts';

/** From this width on a line has room for a long bar and all its words. */
const WIDE = 100;
const SHORT_BAR = 10;
const LONG_BAR = 24;
const GAP = '  ';
/** Fewer characters of a repository name than these say nothing. */
const SHORTEST_NAME = 8;

interface RunningRepository {
  readonly steps: number;
  finished: number;
}

/** How far one link has come on one secondary, and the line that says so. */
export class LinkProgress {
  readonly #label: string;
  readonly #command: CycleCommand;
  readonly #rate = new RateMeter();
  readonly #running = new Map<string, RunningRepository>();
  readonly #finished = new Set<string>();
  #repositories: number | null = null;
  #tags = 0;
  #failed = 0;
  #bytes = 0;
  #ended = false;

  constructor(label: string, command: CycleCommand) {
    this.#label = label;
    this.#command = command;
  }

  started(repositories: number): void {
    this.#repositories = repositories;
  }

  planned(repository: string, steps: number): void {
    this.#running.set(repository, { steps, finished: 0 });
  }

  stepFinished(repository: string, step: StepOutcome): void {
    const running = this.#running.get(repository);
    if (running !== undefined) running.finished += 1;
    if (step.outcome === 'failed') this.#failed += 1;
    else if (COUNTED[this.#command].has(`${step.outcome} ${step.kind}`)) this.#tags += 1;
  }

  copied(bytes: number, nowSeconds: number): void {
    this.#bytes += bytes;
    this.#rate.add(bytes, nowSeconds);
  }

  finished(report: RepositoryReport): void {
    this.#running.delete(report.primaryRepository);
    this.#finished.add(report.primaryRepository);
    if (report.failure !== null) this.#failed += 1;
    // A tag that verifies makes no step: only the report of its repository counts it.
    if (this.#command === 'verify') this.#tags += report.totals.inSync;
  }

  ended(): void {
    this.#ended = true;
    this.#running.clear();
  }

  /** The line of the link, at most `width` characters and without colours. */
  line(width: number, nowSeconds: number): string {
    const label = this.#shortLabel(Math.floor(width / 3));
    if (this.#repositories === null) {
      return textCell(`${label}${GAP}${this.#ended ? 'not started' : 'reading the registries …'}`, width);
    }
    const layout = width < WIDE ? 'narrow' : 'wide';
    // Whole words or none, the most important first: half a number is a wrong number.
    const words = [
      drawBar(this.#fraction(), layout === 'wide' ? LONG_BAR : SHORT_BAR),
      ...this.#words(this.#repositories, nowSeconds, layout),
    ];
    let line = label;
    for (const word of words) {
      if (line.length + GAP.length + word.length > width) return textCell(line, width);
      line += `${GAP}${word}`;
    }
    return `${line}${this.#current(width - line.length - GAP.length)}`;
  }

  #shortLabel(longest: number): string {
    return textCell(this.#label.trimEnd(), longest).padEnd(Math.min(longest, this.#label.length));
  }

  #words(total: number, nowSeconds: number, layout: 'narrow' | 'wide'): string[] {
    const rate = formatRate(this.#rate.bytesPerSecond(nowSeconds));
    return [
      `${Math.min(this.#finished.size, total)}/${total} ${layout === 'wide' ? 'repositories' : 'repos'}`,
      ...(this.#failed > 0 ? [`${this.#failed} failed`] : []),
      `${this.#tags} ${TAGS_ARE[this.#command]}`,
      ...(this.#bytes > 0 ? [formatBytes(this.#bytes)] : []),
      ...(this.#bytes > 0 && !this.#ended ? [rate] : []),
    ];
  }

  /** Repositories that are through, and the part of the running ones that is. */
  #fraction(): number {
    const total = this.#repositories ?? 0;
    if (total === 0) return 1;
    const running = [...this.#running.values()].reduce(
      (sum, { steps, finished }) => sum + (steps === 0 ? 0 : Math.min(1, finished / steps)),
      0,
    );
    return Math.min(1, (this.#finished.size + running) / total);
  }

  /** The repository that was begun last, its beginning cut where room is short: the end of a name tells more. */
  #current(room: number): string {
    const name = [...this.#running.keys()].at(-1);
    if (name === undefined || room < SHORTEST_NAME) return '';
    // By characters and not by code units: half a surrogate pair is not for a terminal.
    const shown = Array.from(textCell(name));
    return GAP + (shown.length > room ? `…${shown.slice(shown.length - room + 1).join('')}` : shown.join(''));
  }
}

/** Steps that count as tags a command got through; those of `verify` are the failed ones. */
const COUNTED: Record<CycleCommand, ReadonlySet<string>> = {
  sync: new Set(['done copy-tag', 'done move-tag']),
  plan: new Set(['planned copy-tag', 'planned move-tag', 'planned delete-orphan-tag']),
  verify: new Set(),
};

const TAGS_ARE: Record<CycleCommand, string> = { sync: 'copied', plan: 'to change', verify: 'verified' };

function drawBar(fraction: number, size: number): string {
  const complete = Math.round(fraction * size);
  return `[${'#'.repeat(complete)}${'.'.repeat(size - complete)}]`;
}
