import type { Logger } from 'pino';
import type { CycleReport, RepositoryReport } from '../../planning/cycle-report.ts';
import type { StepOutcome } from '../../planning/step.ts';
import { CycleObserver, type LinkName } from '../../reconciliation/cycle-observer.ts';

/** A line for every step, for every repository that failed, and for every (link, secondary) of a cycle that ended. */
export class CycleLog extends CycleObserver {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    super();
    this.#logger = logger;
  }

  override stepFinished(link: LinkName, repository: string, step: StepOutcome): void {
    const { kind, tag, primaryDigest, secondaryDigest, outcome, reason, message } = step;
    const level = levelOf(step);
    const cause = reason === null ? {} : { reason, cause: message };
    const fields = { ...link, repository, tag, kind, outcome, ...cause, primaryDigest, secondaryDigest };
    this.#logger[level](fields, `${kind} ${outcome}`);
  }

  override foreignWrite(
    link: LinkName,
    repository: string,
    write: Parameters<CycleObserver['foreignWrite']>[2],
  ): void {
    this.#logger.warn({ ...link, repository, ...write }, 'somebody else writes to the secondary');
  }

  override siblingLost(
    link: LinkName,
    repository: string,
    { deletedTag, sibling, digest, healedFrom }: Parameters<CycleObserver['siblingLost']>[2],
  ): void {
    this.#logger.error(
      { ...link, repository, deletedTag, sibling, digest, healedFrom },
      'a deletion took another tag with it: deletions on this secondary are stopped until an operator lets them go on',
    );
  }

  override unannouncedChange(link: LinkName, repository: string, changes: number): void {
    this.#logger.info({ ...link, repository, changes }, 'no event told of a change of the primary');
  }

  override repositoryFinished(link: LinkName, { primaryRepository, failure }: RepositoryReport): void {
    if (failure === null) return;
    const { side, reason, message } = failure;
    this.#logger.warn(
      { ...link, repository: primaryRepository, side, reason, cause: message },
      'a repository could not be read',
    );
  }

  override cycleFinished({ cycleId, command, startedAt, finishedAt, links }: CycleReport): void {
    const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
    for (const { link, secondary, outcome, totals, failure } of links) {
      const cause =
        failure === null ? {} : { side: failure.side, reason: failure.reason, cause: failure.message };
      const level = outcome === 'failed' || outcome === 'partial' ? 'warn' : 'info';
      this.#logger[level](
        { cycle: cycleId, command, link, secondary, outcome, seconds, ...cause, ...totals },
        'a cycle ended',
      );
    }
  }
}

/** A tag that the policy leaves alone is the same in every cycle, and what was cut off comes again: no news. */
function levelOf({ outcome, reason }: StepOutcome): 'debug' | 'info' | 'warn' {
  if (outcome === 'skipped' || reason === 'CANCELLED') return 'debug';
  return outcome === 'failed' ? 'warn' : 'info';
}
