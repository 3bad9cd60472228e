import type { Logger } from 'pino';
import type { CycleReport, RepositoryReport } from '../../planning/cycle-report.ts';
import type { StepOutcome } from '../../planning/step.ts';
import { CycleObserver, type WorkingLink } from '../../reconciliation/cycle-observer.ts';

/**
 * Lines above `debug` about the steps and repositories of one cycle on one secondary: enough to see what is wrong, few enough to find it.
 * What is left out is told in one line per repository.
 */
const MOST_LINES = 100;

type Level = 'debug' | 'info' | 'warn';

/** What the log has told of a cycle on one secondary. */
interface Told {
  readonly cycleId: string;
  lines: number;
  /** Repositories of which lines were left out. */
  readonly shortened: Set<string>;
}

/** A line for every step, for every repository that failed, and for every (link, secondary) of a cycle that ended. */
export class CycleLog extends CycleObserver {
  readonly #logger: Logger;
  readonly #told = new Map<string, Told>();

  constructor(logger: Logger) {
    super();
    this.#logger = logger;
  }

  override cycleStarted({ cycleId, command, links }: Parameters<CycleObserver['cycleStarted']>[0]): void {
    for (const { link, secondary } of links)
      this.#logger.debug({ cycle: cycleId, command, link, secondary }, 'a cycle begins');
  }

  override stepFinished(link: WorkingLink, repository: string, step: StepOutcome): void {
    const { kind, tag, primaryDigest, secondaryDigest, outcome, reason, message } = step;
    const cause = reason === null ? {} : { reason, cause: message };
    const fields = {
      ...nameOf(link),
      repository,
      tag,
      kind,
      outcome,
      ...cause,
      primaryDigest,
      secondaryDigest,
    };
    this.#logger[this.#within(link, repository, levelOf(step))](fields, `${kind} ${outcome}`);
  }

  override foreignWrite(
    link: WorkingLink,
    repository: string,
    write: Parameters<CycleObserver['foreignWrite']>[2],
  ): void {
    const level = this.#within(link, repository, 'warn');
    this.#logger[level]({ ...nameOf(link), repository, ...write }, 'somebody else writes to the secondary');
  }

  override siblingLost(
    link: WorkingLink,
    repository: string,
    { deletedTag, sibling, digest, healedFrom }: Parameters<CycleObserver['siblingLost']>[2],
  ): void {
    this.#logger.error(
      { ...nameOf(link), repository, deletedTag, sibling, digest, healedFrom },
      'a deletion took another tag with it: deletions on this secondary are stopped until an operator lets them go on',
    );
  }

  override unannouncedChange(link: WorkingLink, repository: string, changes: number): void {
    this.#logger.info({ ...nameOf(link), repository, changes }, 'no event told of a change of the primary');
  }

  override repositoryFinished(link: WorkingLink, report: RepositoryReport): void {
    const { primaryRepository: repository, failure } = report;
    if (failure !== null) {
      const { side, reason, message } = failure;
      const level = this.#within(link, repository, 'warn');
      this.#logger[level](
        { ...nameOf(link), repository, side, reason, cause: message },
        'a repository could not be read',
      );
    } else if (this.#told.get(keyOf(link))?.shortened.delete(repository) === true)
      this.#sumUp(link, repository, report);
  }

  override cycleFinished({ cycleId, command, startedAt, finishedAt, links }: CycleReport): void {
    const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
    for (const { link, secondary, outcome, totals, failure } of links) {
      const cause =
        failure === null ? {} : { side: failure.side, reason: failure.reason, cause: failure.message };
      const level = isBad(outcome) ? 'warn' : 'info';
      this.#logger[level](
        { cycle: cycleId, command, link, secondary, outcome, seconds, ...cause, ...totals },
        'a cycle ended',
      );
    }
  }

  /** The level of a line, where there is still room for it in this cycle. */
  #within(link: WorkingLink, repository: string, level: Level): Level {
    if (level === 'debug') return level;
    const told = this.#toldOf(link);
    told.lines += 1;
    if (told.lines <= MOST_LINES) return level;
    told.shortened.add(repository);
    if (told.lines === MOST_LINES + 1)
      this.#logger.info(
        { ...nameOf(link), lines: MOST_LINES },
        'the cycle has more to tell: its other steps are at level debug, and each repository is summed up',
      );
    return 'debug';
  }

  #toldOf(link: WorkingLink): Told {
    const key = keyOf(link);
    const known = this.#told.get(key);
    if (known?.cycleId === link.cycleId) return known;
    const told: Told = { cycleId: link.cycleId, lines: 0, shortened: new Set() };
    this.#told.set(key, told);
    return told;
  }

  #sumUp(link: WorkingLink, repository: string, { outcome, totals, steps }: RepositoryReport): void {
    const { copied, moved, deleted, held, failed, inSync } = totals;
    const reasons: Record<string, number> = {};
    for (const { outcome: ended, reason } of steps) {
      if (ended === 'failed' || ended === 'held')
        reasons[String(reason)] = (reasons[String(reason)] ?? 0) + 1;
    }
    this.#logger[isBad(outcome) ? 'warn' : 'info'](
      { ...nameOf(link), repository, outcome, copied, moved, deleted, held, failed, inSync, reasons },
      'a repository was gone through',
    );
  }
}

/** As lines have it: the cycle first, under the name that every line has it under. */
function nameOf({ cycleId, link, secondary }: WorkingLink): Readonly<Record<string, string>> {
  return { cycle: cycleId, link, secondary };
}

function keyOf({ link, secondary }: WorkingLink): string {
  return `${link}\n${secondary}`;
}

function isBad(outcome: string): boolean {
  return outcome === 'failed' || outcome === 'partial';
}

/** A tag that the policy leaves alone is the same in every cycle, and what was cut off comes again: no news. */
function levelOf({ outcome, reason }: StepOutcome): Level {
  if (outcome === 'skipped' || reason === 'CANCELLED') return 'debug';
  return outcome === 'failed' ? 'warn' : 'info';
}
