import type { CycleObserver } from '../reconciliation/cycle-observer.ts';
import type { SecondaryOutcome } from '../reconciliation/link-session.ts';
import type { LiveConfiguration } from '../config/live-configuration.ts';
import type { NotificationEventStore } from '../state/notification-event.store.ts';
import type { ClaimedRun } from '../state/repository-run.store.ts';
import type { Clock } from '../time/clock.ts';
import { errorFields, type ServiceLog } from './service-log.ts';

export interface UnannouncedChangesParts {
  readonly configuration: LiveConfiguration;
  readonly events: NotificationEventStore;
  readonly observer: CycleObserver;
  readonly clock: Clock;
  readonly log: ServiceLog;
}

/** A run may be faster than the event of what it found; a registry that could not deliver tries again after seconds. */
export const LATE_EVENT_SECONDS = 10;

/**
 * Tells of changes of the primary that a run found and no event announced: neither before the run, nor while it went on, nor shortly
 * after. Not exact: an event of another change of the repository counts as well, and what a process that ends has not judged is lost.
 */
export class UnannouncedChanges {
  readonly #parts: UnannouncedChangesParts;
  readonly #waiting = new Set<Promise<void>>();
  readonly #end = new AbortController();

  constructor(parts: UnannouncedChangesParts) {
    this.#parts = parts;
  }

  /** Takes what a run has found; the judgement comes later. */
  consider(run: ClaimedRun, outcomes: readonly SecondaryOutcome[]): void {
    const { configuration } = this.#parts;
    const primary = configuration.link(run.cycle.link)?.primary;
    if (primary === undefined || run.announced === 'by-event' || run.cycle.work.command !== 'sync') return;
    const hooks = configuration.hooksOf(primary);
    const changed = outcomes.filter(({ changes }) => changes > 0);
    if (hooks.length === 0 || changed.length === 0 || this.#end.signal.aborted) return;
    const judgement = this.#judge(run, hooks, changed)
      .catch((error: unknown) => this.#logFailure(run, error))
      .finally(() => this.#waiting.delete(judgement));
    this.#waiting.add(judgement);
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#waiting);
  }

  async #judge(
    { cycle, repository, beganAt }: ClaimedRun,
    hooks: readonly string[],
    changed: readonly SecondaryOutcome[],
  ): Promise<void> {
    const { events, observer, clock } = this.#parts;
    await clock.sleep(LATE_EVENT_SECONDS, this.#end.signal).catch(() => undefined);
    if (this.#end.signal.aborted || (await events.hasAnnounced(hooks, repository.name, beganAt))) return;
    for (const { secondary, changes } of changed)
      observer.unannouncedChange(
        { cycleId: cycle.id, link: cycle.link, secondary },
        repository.name,
        changes,
      );
  }

  #logFailure({ cycle, repository }: ClaimedRun, error: unknown): void {
    const fields = { link: cycle.link, repository: repository.name, ...errorFields(error) };
    this.#parts.log.debug(fields, 'whether an event told of a change could not be found out');
  }
}
