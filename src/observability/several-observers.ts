import type { CycleReport, RepositoryReport } from '../planning/cycle-report.ts';
import type { StepOutcome } from '../planning/step.ts';
import { CycleObserver, type LinkName } from '../reconciliation/cycle-observer.ts';

/** Tells several observers of cycles what happens, one after the other. */
export class SeveralObservers extends CycleObserver {
  readonly #observers: readonly CycleObserver[];

  constructor(observers: readonly CycleObserver[]) {
    super();
    this.#observers = observers;
  }

  override cycleStarted(cycle: Parameters<CycleObserver['cycleStarted']>[0]): void {
    for (const observer of this.#observers) observer.cycleStarted(cycle);
  }

  override linkStarted(link: LinkName, repositories: number): void {
    for (const observer of this.#observers) observer.linkStarted(link, repositories);
  }

  override repositoryPlanned(link: LinkName, repository: string, steps: number): void {
    for (const observer of this.#observers) observer.repositoryPlanned(link, repository, steps);
  }

  override stepFinished(link: LinkName, repository: string, step: StepOutcome): void {
    for (const observer of this.#observers) observer.stepFinished(link, repository, step);
  }

  override tagReplicated(link: LinkName, repository: string, seconds: number): void {
    for (const observer of this.#observers) observer.tagReplicated(link, repository, seconds);
  }

  override bytesCopied(link: LinkName, bytes: number): void {
    for (const observer of this.#observers) observer.bytesCopied(link, bytes);
  }

  override tagsVerified(...[link, repository, tags]: Parameters<CycleObserver['tagsVerified']>): void {
    for (const observer of this.#observers) observer.tagsVerified(link, repository, tags);
  }

  override foreignWrite(...[link, repository, tag]: Parameters<CycleObserver['foreignWrite']>): void {
    for (const observer of this.#observers) observer.foreignWrite(link, repository, tag);
  }

  override siblingLost(...[link, repository, loss]: Parameters<CycleObserver['siblingLost']>): void {
    for (const observer of this.#observers) observer.siblingLost(link, repository, loss);
  }

  override unannouncedChange(link: LinkName, repository: string, changes: number): void {
    for (const observer of this.#observers) observer.unannouncedChange(link, repository, changes);
  }

  override repositoryFinished(link: LinkName, report: RepositoryReport): void {
    for (const observer of this.#observers) observer.repositoryFinished(link, report);
  }

  override cycleFinished(report: CycleReport): void {
    for (const observer of this.#observers) observer.cycleFinished(report);
  }
}
