import type { CycleReport, LinkReport } from '../../planning/cycle-report.ts';
import type { StepOutcome } from '../../planning/step.ts';
import { CycleObserver, type LinkName } from '../../reconciliation/cycle-observer.ts';
import type { ServiceMetrics } from './service-metrics.ts';

/** Counts what cycles do, while they do it. */
export class CycleMetrics extends CycleObserver {
  readonly #metrics: ServiceMetrics;

  constructor(metrics: ServiceMetrics) {
    super();
    this.#metrics = metrics;
  }

  override stepFinished({ link, secondary }: LinkName, _repository: string, step: StepOutcome): void {
    const { kind, outcome } = step;
    const reason = step.reason ?? 'none';
    this.#metrics.steps.inc({ link, secondary, kind, outcome, reason });
    const isRefusal = outcome === 'held' || outcome === 'skipped' || outcome === 'failed';
    if (kind === 'delete-orphan-tag' && isRefusal)
      this.#metrics.deletionsRefused.inc({ link, secondary, reason });
  }

  override tagReplicated({ link, secondary }: LinkName, _repository: string, seconds: number): void {
    this.#metrics.tagReplication.observe({ link, secondary }, seconds);
  }

  override bytesCopied({ link, secondary }: LinkName, bytes: number): void {
    this.#metrics.copiedBytes.inc({ link, secondary }, bytes);
  }

  override tagsVerified(
    { link, secondary }: LinkName,
    _repository: string,
    { good, bad }: { readonly good: number; readonly bad: number },
  ): void {
    const { verification } = this.#metrics;
    verification.inc({ link, secondary, result: 'ok' }, good);
    verification.inc({ link, secondary, result: 'failed' }, bad);
  }

  override foreignWrite({ link, secondary }: LinkName): void {
    this.#metrics.foreignWrites.inc({ link, secondary });
  }

  override unannouncedChange({ link, secondary }: LinkName, _repository: string, changes: number): void {
    this.#metrics.unannouncedChanges.inc({ link, secondary }, changes);
  }

  override cycleFinished({ command, startedAt, finishedAt, links }: CycleReport): void {
    const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
    for (const report of links) {
      if (command === 'sync') this.#countSync(report, seconds);
    }
  }

  #countSync({ link, secondary, outcome, totals }: LinkReport, seconds: number): void {
    const { cycleDuration, blobs } = this.#metrics;
    cycleDuration.observe({ link, secondary, outcome }, seconds);
    blobs.inc({ link, secondary, result: 'copied' }, totals.blobsCopied);
    blobs.inc({ link, secondary, result: 'mounted' }, totals.blobsMounted);
    blobs.inc({ link, secondary, result: 'present' }, totals.blobsPresent);
  }
}
