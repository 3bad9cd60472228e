import type { Digest } from '../oci/digest.ts';
import type { RepositoryName, Tag } from '../oci/reference.ts';
import type { CopyContext } from '../execution/copy-context.ts';
import type { CopyTask } from '../execution/executor.ts';
import { TransferTally } from '../execution/transfer-tally.ts';
import type { ListedRepository } from '../inventory/repository-lister.ts';
import { readSecondary, type RepositoryReading } from '../inventory/repository-reader.ts';
import type { ReadFailure, RepositoryReport } from '../planning/cycle-report.ts';
import type { GateVerdict } from '../planning/deletion-gate.ts';
import { countChanges, findForeignWrites } from '../planning/foreign-writes.ts';
import { planRepairs, type PlanWithRepairs } from '../planning/plan-repairs.ts';
import { diffTagMaps, type TagDifference } from '../planning/diff-tag-maps.ts';
import type { SettledRepository } from '../planning/remember-repository.ts';
import { judgeRepositoryOutcome, totalRepository } from '../planning/report-totals.ts';
import type { RepositoryMemory, VerifiedDepth } from '../planning/repository-memory.ts';
import { planRepository } from '../planning/repository-plan.ts';
import { stepEnded, stepPlanned, type PlanStep } from '../planning/step.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { LinkContext, SecondaryContext } from './link-context.ts';
import { failedEntries } from './failed-entries.ts';
import { ignoredSteps } from './ignored-steps.ts';
import { judgeOrphans, surroundingsOf, type OrphanQuestion } from './orphan-question.ts';
import type { PrimaryReading } from './primary-reading.ts';
import { readFailureOf } from './read-failure.ts';
import { findMissingReferrers } from './missing-referrers.ts';
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
  readonly #tally: TransferTally;
  readonly #ledger: StepLedger;
  readonly #recorder: RepositoryRecorder;
  #memory: RepositoryMemory | undefined;
  #compared: Compared | undefined;
  #failure: ReadFailure | null = null;
  #inSync = 0;
  /** What is remembered once the differences are written down, which goes on beside the copies. */
  #noted: Promise<RepositoryMemory | undefined> | undefined;

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
    this.#tally = new TransferTally((bytes) => context.observer.bytesCopied(secondary.name, bytes));
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
    this.#compared = await this.#compare(primary);
    if (this.#compared === undefined) return;
    this.#ledger.compared(this.#memory);
    const { plan, differences } = this.#compared;
    const { observer, work } = this.#context;
    this.#inSync = plan.inSync;
    if (work.command === 'sync') this.#noted = this.#note(differences);
    const tasks = work.command === 'verify' ? [] : await this.#planTasks(this.#compared);
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
    else await this.#copy(tasks, plan.repairs);
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

  /** The gate's word on every orphan, given how many deletions the whole cycle wants. */
  async judgeOrphans(wantedByCycle: number): Promise<ReadonlyMap<Tag, GateVerdict>> {
    const question = this.#orphanQuestion();
    if (question === undefined) return new Map();
    try {
      return await judgeOrphans(question, wantedByCycle);
    } catch (error) {
      // Every other failure of a registry is evidence, and the gate has judged it.
      if (error instanceof RegistryError && error.code === 'CANCELLED') return new Map();
      throw error;
    }
  }

  /** Carries the verdicts out, one tag after the other. */
  async settleOrphans(verdicts: ReadonlyMap<Tag, GateVerdict>): Promise<void> {
    const question = this.#orphanQuestion();
    if (question === undefined) return;
    for (const step of question.plan.orphans) {
      const verdict = verdicts.get(step.tag);
      if (verdict === undefined)
        this.#ledger.end(
          stepEnded(step, 'failed', 'CANCELLED', 'cancelled before the gate gave its verdict'),
        );
      else if (verdict.kind !== 'allowed')
        this.#ledger.end(stepEnded(step, verdict.kind, verdict.reason, verdict.message));
      else if (this.#context.work.command === 'plan') this.#ledger.end(stepPlanned(step));
      else this.#ledger.end(await this.#secondary.deleter.deleteTag(step, surroundingsOf(step, question)));
    }
  }

  /** Writes down what was found and done, and reports it. */
  async finish(): Promise<RepositoryReport> {
    const { observer, work } = this.#context;
    const noted = (await this.#noted) ?? this.#memory;
    if (work.command === 'sync') await this.#recorder.recordCycle(noted, this.#settled());
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
        transfer: this.#tally.totals,
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

  #note(differences: readonly TagDifference[]): Promise<RepositoryMemory | undefined> {
    const { history, observer } = this.#context;
    const writes = history === 'interrupted' ? [] : findForeignWrites(this.#memory, differences);
    writes.forEach((write) => observer.foreignWrite(this.#secondary.name, this.#repository.name, write));
    return this.#recorder.noteDifferences(this.#memory, differences);
  }

  /** Tags to copy, each with the referrers that must be there first, and tags in sync that lack some. */
  async #planTasks({ plan, differences }: Compared): Promise<readonly CopyTask[]> {
    const missing = await this.#findMissingReferrers(differences);
    const copies = plan.copies.map((copy) => ({ copy, referrers: missing.get(copy.tag) ?? [] }));
    const copied = new Set(plan.copies.map(({ tag }) => tag));
    const rest = [...missing].filter(([tag]) => !copied.has(tag));
    return [...copies, ...rest.map(([, referrers]) => ({ copy: undefined, referrers }))];
  }

  async #findMissingReferrers(
    differences: readonly TagDifference[],
  ): Promise<ReadonlyMap<Tag, readonly PlanStep[]>> {
    if (this.#context.link.policy.referrers === 'none') return new Map();
    const { byTag, failures } = await findMissingReferrers(
      differences,
      { primaryRepository: this.#repository.name, secondaryRepository: this.#secondaryRepository },
      { link: this.#context, secondary: this.#secondary },
    );
    failures.forEach((step) => this.#ledger.end(step));
    return byTag;
  }

  async #copy(tasks: readonly CopyTask[], repairs: ReadonlySet<Tag>): Promise<void> {
    const isRepair = ({ copy }: CopyTask): boolean => copy !== undefined && repairs.has(copy.tag);
    const plain = tasks.filter((task) => !isRepair(task));
    await this.#walk(plain, 'trusting');
    await this.#walk(tasks.filter(isRepair), 'repairing');
  }

  async #walk(tasks: readonly CopyTask[], walk: CopyContext['walk']): Promise<void> {
    const outcomes = await this.#secondary.executor.copy(
      tasks,
      {
        primaryRepository: this.#repository.name,
        secondaryRepository: this.#secondaryRepository,
        tally: this.#tally,
        walk,
        prepare: ({ primaryDigest }) => this.#context.content.prepare(this.#repository.name, primaryDigest),
      },
      (step) => this.#ledger.tell(step),
    );
    this.#ledger.keep(outcomes);
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
      primaryTags: primary.tags,
      secondaryTags: secondary.tags,
      plan,
      memory: this.#memory,
      copies: this.#copiesEnded(),
    };
  }

  #copiesEnded(): OrphanQuestion['copies'] {
    if (this.#ledger.steps.some((step) => step.outcome === 'failed' && step.kind !== 'delete-orphan-tag'))
      return 'some-failed';
    return this.#context.work.command === 'plan' ? 'not-run' : 'all-done';
  }
}
