import type { Digest } from '../oci/digest.ts';
import type { RepositoryName } from '../oci/reference.ts';
import type { ListedRepository } from '../inventory/repository-lister.ts';
import { readSecondary, type RepositoryReading } from '../inventory/repository-reader.ts';
import type { ReadFailure, RepositoryReport } from '../planning/cycle-report.ts';
import { countChanges, findForeignWrites } from '../planning/foreign-writes.ts';
import { planRepairs, type PlanWithRepairs } from '../planning/plan-repairs.ts';
import { diffTagMaps, type TagDifference } from '../planning/diff-tag-maps.ts';
import type { SettledRepository } from '../planning/remember-repository.ts';
import { judgeRepositoryOutcome, totalRepository } from '../planning/report-totals.ts';
import type { RepositoryMemory, VerifiedDepth } from '../planning/repository-memory.ts';
import { planRepository } from '../planning/repository-plan.ts';
import { stepPlanned } from '../planning/step.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';
import { failedEntries } from './failed-entries.ts';
import { ignoredSteps } from './ignored-steps.ts';
import type { OrphanJudgement } from './orphan-judgement.ts';
import type { OrphanQuestion } from './orphan-question.ts';
import type { PrimaryReading } from './primary-reading.ts';
import { readFailureOf } from './read-failure.ts';
import { RepositoryCopies } from './repository-copies.ts';
import { RepositoryOrphans } from './repository-orphans.ts';
import { RepositoryRecorder, UNREAD } from './repository-recorder.ts';
import { StepLedger } from './step-ledger.ts';
import { verifyTags, type InSyncTag } from './verify-tags.ts';

/** What both sides hold, once both could be read. */
interface Compared {
  readonly primary: RepositoryReading;
  readonly secondary: RepositoryReading;
  readonly differences: readonly TagDifference[];
  readonly plan: PlanWithRepairs;
}

/** One repository of one link on one secondary, through one cycle: compare, copy, delete, write down, report. */
export class RepositoryCycle {
  readonly #context: LinkContext;
  readonly #secondary: SecondaryContext;
  readonly #repository: ListedRepository;
  readonly #secondaryRepository: RepositoryName;
  readonly #copies: RepositoryCopies;
  readonly #ledger: StepLedger;
  readonly #recorder: RepositoryRecorder;
  readonly #orphans: RepositoryOrphans;
  #memory: RepositoryMemory | undefined;
  #compared: Compared | undefined;
  #failure: ReadFailure | null = null;
  #inSync = 0;

  constructor(
    context: LinkContext,
    secondary: SecondaryContext,
    repository: ListedRepository,
    secondaryRepository: RepositoryName,
  ) {
    this.#context = context;
    this.#secondary = secondary;
    this.#repository = repository;
    this.#secondaryRepository = secondaryRepository;
    this.#recorder = new RepositoryRecorder(context, {
      ...secondary.name,
      primaryRepository: repository.name,
      secondaryRepository,
    });
    this.#ledger = new StepLedger(context, { secondary: secondary.name, repository: repository.name });
    const of = { primaryRepository: repository.name, secondaryRepository };
    this.#copies = new RepositoryCopies(context, secondary, of, this.#ledger);
    this.#orphans = new RepositoryOrphans(
      { context, secondary, copies: this.#copies, ledger: this.#ledger },
      of,
    );
  }

  /**
   * Brings back what is remembered, and tells what was made of the primary's digests before: an unchanged index need not be
   * filtered again.
   */
  async recall(): Promise<ReadonlyMap<Digest, Digest>> {
    const { work, policyHash, verifications } = this.#context;
    if (work.command !== 'verify' || verifications === 'recorded') this.#memory = await this.#recorder.load();
    const made = new Map<Digest, Digest>();
    if (this.#memory?.repository.policyHash !== policyHash) return made;
    for (const { state, primaryDigest, lastAppliedDigest } of this.#memory.tags.values()) {
      if (state === 'in_sync' && primaryDigest !== null && lastAppliedDigest !== null) {
        made.set(primaryDigest, lastAppliedDigest);
      }
    }
    return made;
  }

  /** Reads the secondary, compares, and does everything but deletions. */
  async compareAndCopy(primary: PrimaryReading): Promise<void> {
    if (this.#context.work.command === 'sync') await this.#closeDeletions();
    this.#compared = await this.#compare(primary);
    if (this.#compared === undefined) return;
    this.#ledger.compared(this.#memory);
    const { plan, differences } = this.#compared;
    const { observer, work } = this.#context;
    this.#inSync = plan.inSync;
    if (work.command === 'sync') this.#tellForeignWrites(differences);
    const tasks = work.command === 'verify' ? [] : await this.#copies.plan(this.#compared);
    const planned = tasks.flatMap(({ copy, referrers }) => [...referrers, ...(copy ? [copy] : [])]);
    observer.repositoryPlanned(
      this.#secondary.name,
      this.#repository.name,
      planned.length + plan.orphans.length,
    );
    if (work.command === 'verify') return this.#verify(differences);
    plan.failures.forEach((step) => this.#ledger.end(step));
    failedEntries(this.#compared.primary).forEach((step) => this.#ledger.end(step));
    if (work.command === 'plan') planned.forEach((step) => this.#ledger.end(stepPlanned(step)));
    else await this.#copies.copy(tasks, plan.repairs);
  }

  /** Tags of the primary that changed since the repository was last looked at. */
  get changes(): number {
    if (this.#compared === undefined || this.#context.extent === 'some-tags') return 0;
    return countChanges(this.#memory, this.#compared.differences, this.#context.policyHash);
  }

  /** Tags that do not pull from the secondary although it has them: equal digests, and something bad below. */
  get doubts(): number {
    return this.#ledger.steps.filter(({ kind, outcome }) => kind === 'verify-tag' && outcome === 'failed')
      .length;
  }

  /** Whether a decision about orphans is still open; the rest of the cycle need not wait for a repository without. */
  get hasOrphans(): boolean {
    return (
      this.#compared !== undefined &&
      this.#context.work.command !== 'verify' &&
      this.#context.extent === 'whole' &&
      this.#compared.plan.orphans.length > 0
    );
  }

  /** The gate's word on every orphan, given how many deletions the whole cycle wants. @throws {StateError} */
  async judgeOrphans(wantedByCycle: number): Promise<OrphanJudgement> {
    return await this.#orphans.judge(this.#orphanQuestion(), wantedByCycle);
  }

  /** Carries the verdicts out, one tag after the other. */
  async settleOrphans(judgement: OrphanJudgement): Promise<void> {
    await this.#orphans.settle(this.#orphanQuestion(), judgement);
  }

  /** Writes down what was found and done, and reports it. */
  async finish(): Promise<RepositoryReport> {
    const { observer, work } = this.#context;
    if (work.command === 'sync') {
      // First the plan: what is remembered of orphans says that there may be one to settle.
      if (this.#compared !== undefined && this.#context.extent === 'whole')
        await this.#orphans.settlePlan(this.#memory, this.hasOrphans ? 'some' : 'none');
      await this.#recorder.recordCycle(this.#memory, this.#settled());
    }
    if (work.command === 'verify') await this.#recordVerification(work.depth);
    const report = this.report();
    observer.repositoryFinished(this.#secondary.name, report);
    return report;
  }

  /** What became of the repository so far; nothing is written down. */
  report(): RepositoryReport {
    const outside = this.#compared === undefined ? [] : ignoredSteps(this.#compared);
    const steps = [...this.#ledger.steps, ...outside];
    const ignored = steps.length - this.#ledger.steps.length;
    return {
      primaryRepository: this.#repository.name,
      secondaryRepository: this.#secondaryRepository,
      outcome: judgeRepositoryOutcome(this.#ledger.steps, this.#failure, this.#inSync),
      failure: this.#failure,
      totals: totalRepository(this.#ledger.steps, this.#failure, {
        inSync: this.#inSync,
        ignored,
        transfer: this.#copies.tally.totals,
      }),
      steps,
    };
  }

  /** What there is to write down: what both sides came to, or why they could not be compared. */
  #settled(): SettledRepository | ReadFailure {
    if (this.#compared === undefined) return this.#failure ?? UNREAD;
    const { primary, secondary, plan } = this.#compared;
    return {
      outcome: judgeRepositoryOutcome(this.#ledger.steps, this.#failure, this.#inSync),
      expected: primary.tags,
      actual: secondary.tags,
      steps: this.#ledger.steps,
      repaired: plan.repairs,
    };
  }

  async #recordVerification(depth: VerifiedDepth): Promise<void> {
    const { observer, verifications } = this.#context;
    if (this.#compared === undefined || verifications === 'unrecorded') return;
    const { differences } = this.#compared;
    const bad = new Set(
      this.#ledger.steps.filter(({ outcome }) => outcome === 'failed').map(({ tag }) => tag),
    );
    await this.#recorder.recordVerification(this.#memory, { depth, differences, bad });
    const counts = { depth, good: this.#inSync, bad: bad.size };
    observer.tagsVerified(this.#secondary.name, this.#repository.name, counts);
  }

  async #compare(primary: PrimaryReading): Promise<Compared | undefined> {
    if (!('tags' in primary)) {
      this.#failure = primary;
      return undefined;
    }
    if (this.#context.extent === 'whole') this.#context.catalog.saw(this.#repository.name, primary.tags.size);
    try {
      const filter = this.#context.link.policy.tags;
      const selection = primary.selection;
      const secondary = await readSecondary(this.#secondary.client, this.#secondaryRepository, {
        filter,
        primary: selection,
      });
      const differences = diffTagMaps(primary.tags, secondary.tags);
      return { primary, secondary, differences, plan: this.#plan(primary, differences) };
    } catch (error) {
      this.#failure = readFailureOf(error, 'secondary');
      return undefined;
    }
  }

  #plan(primary: RepositoryReading, differences: readonly TagDifference[]): PlanWithRepairs {
    const { work, extent } = this.#context;
    const plan = planRepository(differences);
    const doubted = [...(this.#memory?.tags.values() ?? [])].filter(({ doubtedAt }) => doubtedAt !== null);
    const question = {
      mode: work.command === 'sync' ? (work.mode ?? 'diff') : 'diff',
      doubted: new Set(work.command === 'verify' ? [] : doubted.map(({ tag }) => tag)),
      expected: primary.tags,
    };
    // Whoever asks for some tags has not asked what else may go.
    const orphans = extent === 'whole' ? plan.orphans : [];
    return planRepairs({ ...plan, orphans }, differences, question);
  }

  #tellForeignWrites(differences: readonly TagDifference[]): void {
    const { history, observer } = this.#context;
    const writes = history === 'interrupted' ? [] : findForeignWrites(this.#memory, differences);
    writes.forEach((write) => observer.foreignWrite(this.#secondary.name, this.#repository.name, write));
  }

  /** Ends deletions of this repository that a process before this one began. */
  async #closeDeletions(): Promise<void> {
    const { store } = this.#context;
    const { name, deleter } = this.#secondary;
    const open = await store.unfinishedDeletions(name.link, name.secondary, this.#secondaryRepository);
    for (const deletion of open) await deleter.close(deletion, () => Promise.resolve(undefined));
  }

  async #verify(differences: readonly TagDifference[]): Promise<void> {
    const { verifier } = this.#secondary;
    const { content } = this.#context;
    const verify = async (difference: InSyncTag): Promise<void> => {
      if (verifier === undefined) return;
      const { leftOut } = await content.prepare(this.#repository.name, difference.primaryDigest);
      await verifier.verify(this.#secondaryRepository, difference.secondaryDigest, leftOut);
    };
    const failed = await verifyTags(differences, verify);
    failed.forEach((step) => this.#ledger.end(step));
    const equal = new Set(
      differences.filter(({ kind }) => kind === 'in-sync').map(({ tag }) => tag as string),
    );
    this.#inSync -= failed.filter(({ tag }) => equal.has(tag)).length;
  }

  #orphanQuestion(): OrphanQuestion | undefined {
    if (this.#compared === undefined) return undefined;
    const { primary, secondary, plan } = this.#compared;
    return {
      context: this.#context,
      secondary: this.#secondary,
      primaryRepository: this.#repository.name,
      secondaryRepository: this.#secondaryRepository,
      namedBy: this.#repository.namedBy,
      primaryTags: primary.tags,
      secondaryTags: secondary.tags,
      plan,
      memory: this.#memory,
      copies: this.#copiesEnded(),
      copyAgain: (tag, justSeen) => this.#copies.copyAgain(primary, tag, justSeen),
    };
  }

  #copiesEnded(): OrphanQuestion['copies'] {
    if (this.#ledger.steps.some((step) => step.outcome === 'failed' && step.kind !== 'delete-orphan-tag'))
      return 'some-failed';
    return this.#context.work.command === 'plan' ? 'not-run' : 'all-done';
  }
}
